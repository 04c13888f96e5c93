import assert from 'node:assert/strict';
import { test } from 'node:test';
import { coveringPatterns } from './by-path.ts';
import { foldTool } from './fold-tool.ts';
import type { Governed } from './model.ts';

function folder(
  name: string,
  raw: Record<string, unknown>,
  files: readonly string[],
  effective: Record<string, unknown> = raw,
): Governed {
  return { folder: name, files, reading: { source: null, raw, effective } };
}

test('exact: folders that agree with the root are folded, the others say why they stay', () => {
  const fold = foldTool('black', 'exact', [
    folder('', { line_length: 100 }, ['m.py']),
    folder('a', { line_length: 100 }, ['a/m.py']),
    folder('b', { line_length: 80 }, ['b/m.py', 'b/n.py']),
  ]);
  assert.deepEqual(fold.folded, ['', 'a']);
  assert.deepEqual(
    fold.left.map(({ folder: name, reason }) => [name, reason]),
    [['b', 'line-length 80 here, 100 at the root']],
  );
  assert.deepEqual(fold.table, { 'line-length': 100, 'extend-exclude': '^/b/' });
});

test('unify: the value of most files wins, and every folder it changes is listed', () => {
  const fold = foldTool('black', 'unify', [
    folder('', { line_length: 100 }, ['m.py']),
    folder('b', { line_length: 80 }, ['b/m.py', 'b/n.py']),
  ]);
  assert.deepEqual(fold.table, { 'line-length': 80 });
  assert.deepEqual(fold.changes, [
    { tool: 'black', folder: '', option: 'line-length', before: 100, after: 80, files: ['m.py'] },
  ]);
});

test("Flake8's ignores are kept by path: what all ignore at the root, the rest per file", () => {
  const ignore = (name: string, codes: string, files: readonly string[]) =>
    folder(name, { ignore: codes }, files, { ignore: codes.split(',') });
  const fold = foldTool('flake8', 'exact', [
    ignore('', 'E1,E2', ['m.py', 'src/m.py']),
    ignore('a', 'E1,E3', ['a/m.py', 'a/s/m.py']),
  ]);
  assert.deepEqual(fold.table, {
    ignore: ['E1'],
    'per-file-ignores': ['src/*:E2', 'm.py:E2', 'a/*:E3'],
  });
});

test('patterns cover exactly the wanted files', () => {
  const all = ['a/x.py', 'a/y.py', 'b/x.py', 'b/c/x.py', 'b/c/y.py', 'z.py'];
  assert.deepEqual(coveringPatterns(['a/x.py', 'a/y.py', 'b/x.py', 'z.py'], all), {
    folders: ['a'],
    single: ['b/x.py', 'z.py'],
  });
  assert.deepEqual(coveringPatterns(all, all), { folders: [''], single: [] });
});
