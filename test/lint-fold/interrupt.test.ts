/** Ctrl-C in the middle of a run: the linter stops, nothing is written. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runLintFold } from '../../src/gate/index.ts';
import { ENVIRONMENT, makeWorkspace, snapshot } from './workspace.ts';

for (const stopAt of [
  'reading the configurations',
  'checking every setting',
  'running the folded',
]) {
  test(`interrupted while ${stopAt}, a write changes nothing`, async () => {
    using workspace = makeWorkspace(undefined, {
      '.eslintrc.json': '{"extends": "eslint:recommended"}',
      'x.js': 'var a = 1\n',
    });
    const { root } = workspace;
    const before = snapshot(root);
    const controller = new AbortController();
    let stderr = '';
    const code = await runLintFold(['--write'], {
      cwd: root,
      env: ENVIRONMENT,
      stdout: { write: () => {} },
      stderr: {
        write: (text) => {
          stderr += text;
          if (text.includes(stopAt)) controller.abort();
        },
      },
      signal: controller.signal,
    });
    assert.equal(code, 2);
    assert.match(stderr, /interrupted; nothing was changed\.\n$/);
    assert.deepEqual(snapshot(root), before);
  });
}
