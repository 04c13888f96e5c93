/**
 * Counts what `.ci/run` did. Its folder has `steps.tsv` (name, check or tests, exit code, seconds)
 * and the output of each step in `NAME.log`; the counts come from the closing lines of Node's test
 * runner in there, summed over all runs. A step that failed without a failed test, and a test step
 * that ran no test, count as one failure.
 *
 *   node scripts/ci-summary.ts FOLDER
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Step {
  readonly name: string;
  readonly kind: 'check' | 'tests';
  readonly exitCode: number;
  readonly seconds: number;
  readonly log: string;
}

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** Of all runs in the output of a step. Tests that were cancelled have failed. */
export function countTests(log: string): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const names: Record<string, keyof Counts> = {
    pass: 'passed',
    fail: 'failed',
    cancelled: 'failed',
    skipped: 'skipped',
    todo: 'skipped',
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colours of a terminal
  const plain = log.replace(/\x1b\[[0-9;]*m/g, '');
  for (const [, name, count] of plain.matchAll(/^[ℹ#] (\w+) (\d+)$/gm)) {
    if (name in names) counts[names[name]] += Number(count);
  }
  return counts;
}

/** The table of steps, the closing line, and whether all is well. */
export function summarise(steps: readonly Step[]): { lines: string[]; isGood: boolean } {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  for (const step of steps) {
    const counts = countTests(step.log);
    const remarks: string[] = [];
    if (step.kind === 'tests') remarks.push(`${counts.passed} passed, ${counts.failed} failed`);
    if (step.kind === 'tests' && counts.passed + counts.failed === 0) {
      remarks.push('ran no test');
      counts.failed = 1;
    } else if (step.exitCode !== 0 && counts.failed === 0) {
      counts.failed = 1;
    }
    if (step.exitCode !== 0) remarks.push(`exit code ${step.exitCode}`);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    const verdict = counts.failed === 0 ? 'ok' : 'FAILED';
    const cells = [step.name.padEnd(10), verdict.padEnd(6), `${step.seconds} s`.padStart(7)];
    lines.push(`${cells.join('  ')}  ${remarks.join(', ')}`.trimEnd());
  }
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
  lines.push(`${total.passed} passed, ${total.failed} failed${skipped}`);
  return { lines, isGood: steps.length > 0 && total.failed === 0 };
}

function readSteps(folder: string): Step[] {
  const rows = readFileSync(join(folder, 'steps.tsv'), 'utf8').trim().split('\n');
  return rows.map((row) => {
    const [name, kind, exitCode, seconds] = row.split('\t');
    if (kind !== 'check' && kind !== 'tests') throw new Error(`steps.tsv: unknown kind in ${row}`);
    return {
      name,
      kind,
      exitCode: Number(exitCode),
      seconds: Number(seconds),
      log: readFileSync(join(folder, `${name}.log`), 'utf8'),
    };
  });
}

if (import.meta.main) {
  const { lines, isGood } = summarise(readSteps(process.argv[2]));
  console.log(lines.join('\n'));
  if (!isGood) process.exitCode = 1;
}
