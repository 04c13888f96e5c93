/** Digests of all witnesses -> a table, and whether all agree. */
import { createHash } from 'node:crypto';
import type { Digests } from './witness.ts';

export const SETS = ['kernels', 'forward', 'sampler', 'functions'] as const;
export type SetName = (typeof SETS)[number];

export interface Witness {
  name: string;
  /** What it can compute; Wasmtime runs the modules, not TypeScript. */
  sets: readonly SetName[];
  /** Digests, or why there are none. */
  outcome: Digests | Error;
}

export interface Verdict {
  lines: string[];
  isGood: boolean;
}

/** Hex digits of a hash in the table. */
const SHOWN = 12;

/**
 * @param witnesses  the first is what the others are compared with
 */
export function summarise(witnesses: readonly Witness[]): Verdict {
  const [first] = witnesses;
  const problems: string[] = [];
  const width = Math.max(...witnesses.map(({ name }) => name.length));
  const row = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map((cell) => cell.padEnd(SHOWN + 1))].join('  ').trimEnd();
  const lines = [row('witness', SETS)];
  for (const { name, sets, outcome } of witnesses) {
    if (outcome instanceof Error) {
      lines.push(row(name, ['missing']));
      problems.push(`${name} is missing: ${outcome.message}`);
      continue;
    }
    const cells = SETS.map((set) => {
      if (!sets.includes(set)) return '-';
      if (first.outcome instanceof Error) return `${setHash(outcome[set])}`;
      const wrong = differences(first.outcome[set], outcome[set]);
      if (wrong.length === 0) return setHash(outcome[set]);
      problems.push(`${name}: ${set} differs from ${first.name} in ${wrong.join(', ')}`);
      return `${setHash(outcome[set])}!`;
    });
    lines.push(row(name, cells));
  }
  return { lines: [...lines, ...problems], isGood: problems.length === 0 };
}

type Cases = Record<string, string> | undefined;

/** Names of the cases that are not in both, or not the same; a set without cases is one. */
export function differences(wanted: Cases, found: Cases): string[] {
  const names = [...new Set([...Object.keys(wanted ?? {}), ...Object.keys(found ?? {})])];
  if (names.length === 0) return ['everything: no case was computed'];
  return names.filter((name) => wanted?.[name] !== found?.[name]);
}

/** Of all cases of a set, by name. */
function setHash(cases: Cases): string {
  const entries = Object.entries(cases ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(entries)).digest('hex').slice(0, SHOWN);
}
