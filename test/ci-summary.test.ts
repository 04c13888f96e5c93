/** The closing line of .ci/run, held against what Node's test runner really prints. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { countTests, type Step, summarise } from '../scripts/ci-summary.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrine-summary-'));
after(() => rmSync(folder, { recursive: true }));

/** Output and exit code of a real run over a file with `body`. */
function run(name: string, body: string, reporter = 'spec'): { log: string; exitCode: number } {
  const path = join(folder, `${name}.test.mjs`);
  writeFileSync(path, `import { test } from 'node:test';\n${body}`);
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ['--test', `--test-reporter=${reporter}`, path];
  const result = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  return { log: result.stdout + result.stderr, exitCode: result.status ?? -1 };
}

const TWO_PASS_ONE_FAILS = `
test('a', () => {});
test('b', () => {});
test('c', () => { throw new Error('no'); });
`;
const ONE_PASSES = "test('a', () => {});";

function step(name: string, kind: Step['kind'], exitCode: number, log = ''): Step {
  return { name, kind, exitCode, seconds: 1, log };
}

for (const reporter of ['spec', 'tap']) {
  test(`tests are counted from the real output of the ${reporter} reporter`, () => {
    const { log, exitCode } = run('three', TWO_PASS_ONE_FAILS, reporter);
    assert.equal(exitCode, 1);
    assert.deepEqual(countTests(log), { passed: 2, failed: 1, skipped: 0 });
  });
}

test('colours do not hide the counts, and other lines are not taken for counts', () => {
  const log = '\u001b[34mℹ pass 3\u001b[39m\nℹ fail 1\n  ℹ pass 9\nall 7 pass 8\nℹ cancelled 2\n';
  assert.deepEqual(countTests(log), { passed: 3, failed: 3, skipped: 0 });
});

test('the closing line sums all runs', () => {
  const { log } = run('one', ONE_PASSES);
  const { lines, isGood } = summarise([
    step('lint', 'check', 0, 'Checked 3 files.'),
    step('test', 'tests', 0, log),
    step('test-full', 'tests', 0, log + log),
  ]);
  assert.equal(lines.at(-1), '3 passed, 0 failed');
  assert.ok(isGood);
});

test('skipped tests are said', () => {
  const { log } = run('skip', "test('a', () => {}); test('b', { skip: true }, () => {});");
  assert.equal(
    summarise([step('test', 'tests', 0, log)]).lines.at(-1),
    '1 passed, 0 failed, 1 skipped',
  );
});

test('a failing step without a failed test counts as one failure', () => {
  const { lines, isGood } = summarise([
    step('lint', 'check', 1, 'Found 1 warning.'),
    step('test', 'tests', 0, run('one', ONE_PASSES).log),
  ]);
  assert.equal(lines.at(-1), '1 passed, 1 failed');
  assert.ok(!isGood && lines[0].includes('FAILED'));
});

test('a test step that ran no test has failed, whatever its exit code', () => {
  const { lines, isGood } = summarise([
    step('test', 'tests', 0, 'ℹ tests 0\nℹ pass 0\nℹ fail 0\n'),
  ]);
  assert.equal(lines.at(-1), '0 passed, 1 failed');
  assert.ok(!isGood);
});

test('the script prints the closing line last and exits with 1 when something failed', () => {
  const { log, exitCode } = run('three', TWO_PASS_ONE_FAILS);
  writeFileSync(join(folder, 'steps.tsv'), `test\ttests\t${exitCode}\t2\n`);
  writeFileSync(join(folder, 'test.log'), log);
  const script = fileURLToPath(new URL('../scripts/ci-summary.ts', import.meta.url));
  const result = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  assert.equal(result.stdout.trimEnd().split('\n').at(-1), '2 passed, 1 failed');
  assert.equal(result.status, 1);
});
