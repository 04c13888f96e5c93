import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { discover } from './discover.ts';
import { lintScripts } from './eslint/scripts.ts';

function makeTree(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(join(tmpdir(), 'discover-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return root;
}

test('every configuration is found once, packages and virtual environments are not entered', () => {
  const root = makeTree({
    '.eslintrc.json': '{}',
    'package.json': '{"eslintConfig": {}}',
    'a/package.json': '{"eslintConfig": {}}',
    'b/package.json': '{"name": "eslintConfig"}',
    'c/package.json': '{"eslintConfig": broken',
    'node_modules/x/.eslintrc': '{}',
    'env/pyvenv.cfg': '',
    'env/lib/setup.cfg': '[flake8]\n',
    'p/setup.cfg': '[flake8]\n',
    'p/m.py': '',
    'x.tsx': '',
  });
  symlinkSync(root, join(root, 'loop'));
  const found = discover(root);
  assert.deepEqual(found.eslintrc, ['.eslintrc.json', 'a/package.json']);
  assert.deepEqual(found.shadowed, ['package.json']);
  assert.deepEqual(found.python, ['p/setup.cfg']);
  assert.deepEqual(found.pythonSources, ['p/m.py']);
  assert.deepEqual(found.scripts, ['x.tsx']);
  rmSync(root, { recursive: true });
});

test('extensions and flags that flat ESLint refuses are read from the lint scripts', () => {
  const root = makeTree({
    'package.json': JSON.stringify({
      scripts: { build: 'tsc --ext', lint: 'eslint --ext .js --ext=.ts,.tsx --no-eslintrc .' },
    }),
  });
  assert.deepEqual(lintScripts(root), {
    extensions: ['js', 'ts', 'tsx'],
    notes: ['package.json: the script "lint" uses --no-eslintrc, --ext; remove by hand'],
  });
  rmSync(root, { recursive: true });
});
