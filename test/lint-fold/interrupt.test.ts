/** Ctrl-C in the middle of a run: the linter stops, nothing is written, nothing is left behind. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runLintFold } from '../../src/gate/index.ts';
import { makeVenv } from './venv.ts';
import { ENVIRONMENT, makeWorkspace, snapshot } from './workspace.ts';

/** Other runs have their copies in the common folder. */
const TEMPORARY = mkdtempSync(join(tmpdir(), 'interrupt-'));
process.env.TMPDIR = TEMPORARY;
after(() => rmSync(TEMPORARY, { recursive: true }));

const FILES = {
  '.eslintrc.json': '{"extends": "eslint:recommended"}',
  'x.js': 'var a = 1\n',
  'a/.flake8': '[flake8]\nmax-line-length = 100\n',
  'a/m.py': 'x = 1\n',
};

for (const [only, stopAt] of [
  ['eslint', 'reading the configurations'],
  ['eslint', 'checking every setting'],
  ['eslint', 'running the folded'],
  ['python', 'reading the settings'],
  ['python', 'running the tools'],
] as const) {
  test(`${only}: interrupted while ${stopAt}, a write changes nothing`, async () => {
    using workspace = makeWorkspace(undefined, FILES);
    const python = only === 'python' ? await makeVenv() : 'python3';
    const { root } = workspace;
    const before = snapshot(root);
    const controller = new AbortController();
    let stderr = '';
    const code = await runLintFold(['--write', '--only', only, '--python', python], {
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
    const own = readdirSync(TEMPORARY).filter((name) => name.startsWith('vitrine-lint-fold-'));
    assert.deepEqual(own, [], 'no copy is left');
  });
}
