/** `vitrine gate lint-fold` as a process of its own, with a real ESLint. */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { olderNode, runVitrine, VitrineProcess } from '../vitrine-process.ts';
import { makeWorkspace, snapshot } from './workspace.ts';

const FILES = {
  '.eslintrc.json': '{"root": true, "rules": {"no-var": 2}}',
  'a/.eslintrc.json': '{"rules": {"no-var": 0, "semi": 1}}',
  'x.js': 'var x = 1;\n',
  'a/y.js': 'var y = 1\n',
};

const run = (cwd: string, ...words: string[]) =>
  runVitrine(['gate', 'lint-fold', ...words], { cwd, node: olderNode() });

test('dry run, write, and undo give 0, and only a write changes something', async () => {
  using workspace = makeWorkspace(undefined, FILES);
  const { root } = workspace;
  const before = snapshot(root);
  const dry = await run(root, '--diff');
  assert.equal(dry.code, 0, dry.err);
  assert.match(dry.out, /^\+\+\+ .*eslint\.config\.mjs$/m);
  assert.deepEqual(snapshot(root), before);
  const written = await run(root, '--write');
  assert.equal(written.code, 0, written.err);
  assert.ok(existsSync(join(root, 'eslint.config.mjs')));
  assert.ok(!existsSync(join(root, 'a/.eslintrc.json')));
  const undone = await run(root, '--undo');
  assert.equal(undone.code, 0, undone.err);
  assert.deepEqual(snapshot(root), before);
});

test('what is lost is listed with exit code 1', async () => {
  using workspace = makeWorkspace(undefined, {
    ...FILES,
    '.eslintrc.json': '{"root": true, "rules": {"no-var": 2, "valid-jsdoc": 2}}',
  });
  const nine = join(workspace.root, 'node_modules', 'eslint-9');
  const { code, out } = await run(workspace.root, '--eslint-after', nine);
  assert.equal(code, 1);
  assert.match(out, /valid-jsdoc/);
});

test('Ctrl-C in the middle of a write gives 130 and changes nothing', async () => {
  using workspace = makeWorkspace(undefined, FILES);
  const before = snapshot(workspace.root);
  const started = new VitrineProcess(['gate', 'lint-fold', '--write'], { cwd: workspace.root });
  await started.until(({ err }) => err !== '', 'the first sign of progress');
  started.child.kill('SIGINT');
  const { code, err } = await started.ended;
  assert.equal(code, 130);
  assert.match(err, /interrupted; nothing was changed\.\n$/);
  assert.deepEqual(snapshot(workspace.root), before);
});
