/** ESLint's own command line, for what lint-fold's report is held against. */
import assert from 'node:assert/strict';
import { join, relative } from 'node:path';
import { run, SUITE } from './workspace.ts';

export interface CliRun {
  readonly errors: number;
  readonly warnings: number;
  /** `file line:column rule severity`, sorted. */
  readonly messages: readonly string[];
  readonly files: readonly string[];
}

interface CliResult {
  readonly filePath: string;
  readonly errorCount: number;
  readonly warningCount: number;
  readonly messages: readonly {
    readonly ruleId: string | null;
    readonly severity: number;
    readonly line?: number;
    readonly column?: number;
  }[];
}

/** `system` legacy adds what ESLint 9 needs to read `.eslintrc`. */
export async function runCli(
  eslint: string,
  system: 'legacy' | 'flat',
  root: string,
  args: readonly string[],
): Promise<CliRun> {
  const told = await cli(eslint, system, root, ['-f', 'json', ...args]);
  const results = JSON.parse(told.stdout) as CliResult[];
  const sum = (key: 'errorCount' | 'warningCount') =>
    results.reduce((total, result) => total + result[key], 0);
  return {
    errors: sum('errorCount'),
    warnings: sum('warningCount'),
    files: results.map(({ filePath }) => relative(root, filePath)).sort(),
    messages: results
      .flatMap(({ filePath, messages }) =>
        messages.map(
          ({ line, column, ruleId, severity }) =>
            `${relative(root, filePath)} ${line}:${column} ${ruleId} ${severity}`,
        ),
      )
      .sort(),
  };
}

/** The last line that ESLint prints for people: [errors, warnings]. */
export async function printedCounts(
  eslint: string,
  system: 'legacy' | 'flat',
  root: string,
  args: readonly string[],
): Promise<[number, number]> {
  const { stdout } = await cli(eslint, system, root, ['-f', 'stylish', ...args]);
  const line = /✖ \d+ problems? \((\d+) errors?, (\d+) warnings?\)/.exec(stdout);
  return [Number(line?.[1] ?? 0), Number(line?.[2] ?? 0)];
}

async function cli(eslint: string, system: string, root: string, args: readonly string[]) {
  const bin = join(SUITE, 'node_modules', eslint, 'bin/eslint.js');
  const env = { ESLINT_USE_FLAT_CONFIG: system === 'legacy' ? 'false' : 'true', NO_COLOR: '1' };
  const told = await run(process.execPath, [bin, ...args], root, env);
  assert.ok(told.code === 0 || told.code === 1, `eslint exit ${told.code}: ${told.stderr}`);
  return told;
}

export type Rules = Record<string, Record<string, [number, ...unknown[]]> | null>;

export async function effectiveRules(
  eslint: string,
  system: 'legacy' | 'flat',
  root: string,
  files: readonly string[],
): Promise<Rules> {
  const args = [join(SUITE, 'effective.mjs'), join(SUITE, 'node_modules', eslint), system, root];
  const told = await run(process.execPath, [...args, JSON.stringify(files)], root);
  assert.equal(told.code, 0, told.stderr);
  return JSON.parse(told.stdout);
}

/** Severities by rule, and options too when both sides are of one version. */
export function sameRules(a: Rules[string], b: Rules[string], withOptions: boolean): string[] {
  const rules = new Set([...Object.keys(a ?? {}), ...Object.keys(b ?? {})]);
  const view = (value: [number, ...unknown[]] | undefined) =>
    JSON.stringify(withOptions ? value : value?.[0]);
  return [...rules].filter((rule) => view(a?.[rule]) !== view(b?.[rule])).sort();
}
