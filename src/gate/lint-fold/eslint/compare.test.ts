import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withRuns } from './compare.ts';
import type { LintRun } from './model.ts';

const run = (...files: string[]): LintRun => ({
  files: Object.fromEntries(files.map((file) => [file, []])),
  errorCount: 0,
  warningCount: 0,
});

test('a file that only one of the two runs lints is not equal, unless the fold removes it', () => {
  const comparison = { equal: ['a.js', 'b.html'], groups: [] };
  const result = withRuns(
    comparison,
    run('a.js', 'b.html', '.eslintrc.js'),
    run('a.js', 'c.html'),
    new Set(['.eslintrc.js']),
  );
  assert.deepEqual(result.equal, ['a.js']);
  assert.deepEqual(
    result.groups.map(({ files, differences: [only] }) => [files, only?.before, only?.after]),
    [
      [['b.html'], 'linted', 'not linted'],
      [['c.html'], 'not linted', 'linted'],
    ],
  );
});
