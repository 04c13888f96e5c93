import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { indexPaths, isCommitted } from './committed.ts';

test('what git has in its index is committed, whatever the format; the rest is not', () => {
  const root = mkdtempSync(join(tmpdir(), 'committed-'));
  const git = (...args: string[]) => {
    const made = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    assert.equal(made.status, 0, made.stderr);
    return made.stdout;
  };
  git('init', '--quiet');
  assert.equal(isCommitted(join(root, 'node_modules')), false);
  const files = [
    'a/node_modules/x.js',
    'caf\u00e9/long/name/to/share.js',
    'caf\u00e9/long/name/to/y.js',
  ];
  files.push('package.json', `${'d/'.repeat(150)}z.js`, `${'d/'.repeat(90)}y.js`);
  for (const file of [...files, '.venv/bin/python']) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), file);
  }
  git('add', ...files);
  git('update-index', '--skip-worktree', 'package.json');
  for (const version of ['2', '3', '4']) {
    git('update-index', '--index-version', version);
    const listed = git('ls-files', '-z')
      .split('\0')
      .filter((path) => path !== '');
    assert.deepEqual(indexPaths(readFileSync(join(root, '.git/index'))), listed, version);
    assert.equal(isCommitted(join(root, 'a/node_modules')), true);
    assert.equal(isCommitted(join(root, 'node_modules')), false);
    assert.equal(isCommitted(join(root, '.venv')), false);
  }
  rmSync(root, { recursive: true });
});
