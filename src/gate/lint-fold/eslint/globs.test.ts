import assert from 'node:assert/strict';
import { matchesGlob } from 'node:path';
import { test } from 'node:test';
import { expandBraces, ignoreGlob, overrideGlobs, overrideGlobsFromAbove } from './globs.ts';

const base = (pattern: string) => ({ pattern, matchBase: true });

test('override patterns without a slash match base names below their folder', () => {
  assert.deepEqual(overrideGlobs('', base('*.test.js')), ['**/*.test.js']);
  assert.deepEqual(overrideGlobs('a/b', base('*.test.js')), ['a/b/**/*.test.js']);
  assert.deepEqual(overrideGlobs('a', base('src/**/*.js')), ['a/src/**/*.js']);
  assert.deepEqual(overrideGlobs('a', { pattern: '*.js', matchBase: false }), ['a/*.js']);
  assert.ok(matchesGlob('a/b/c/x.test.js', 'a/b/**/*.test.js'));
});

test('braces that mix base names and paths are taken apart', () => {
  assert.deepEqual(overrideGlobs('', base('{*.spec.js,lib/**}')), ['**/*.spec.js', 'lib/**']);
  assert.deepEqual(overrideGlobs('', base('*.{js,ts}')), ['**/*.{js,ts}']);
  assert.deepEqual(expandBraces('{a,b{c,d}}/{e,f}'), [
    'a/e',
    'a/f',
    'bc/e',
    'bc/f',
    'bd/e',
    'bd/f',
  ]);
  assert.deepEqual(expandBraces('{1..3}/\\{a,b\\}'), ['{1..3}/\\{a,b\\}']);
});

test('folder names are names, not patterns', () => {
  assert.deepEqual(overrideGlobs('app/[id]', base('x/*.js')), ['app/\\[id\\]/x/*.js']);
  assert.deepEqual(overrideGlobs('(g)/{x}', base('*.js')), ['\\(g\\)/\\{x\\}/**/*.js']);
});

test('an override above the root reaches below it only where it can', () => {
  assert.deepEqual(overrideGlobsFromAbove('p/r', base('*.js')), ['**/*.js']);
  assert.deepEqual(overrideGlobsFromAbove('p/r', base('p/r/src/*.js')), ['src/*.js']);
  assert.deepEqual(overrideGlobsFromAbove('p/r', base('other/*.js')), []);
});

test('gitignore lines become flat ignores', () => {
  const table: readonly (readonly [string, string, string | undefined])[] = [
    ['', 'dist', '**/dist'],
    ['', '/dist', 'dist'],
    ['', 'a/b', 'a/b'],
    ['', 'build/', '**/build/'],
    ['', '!keep.js', '!**/keep.js'],
    ['', '# comment', undefined],
    ['', '   ', undefined],
    ['', '\\#file', '**/#file'],
    ['', '*.{js,ts}', '**/*.\\{js,ts\\}'],
    ['', '**/x', '**/x'],
    ['a', 'dist', 'a/**/dist'],
    ['a', '/dist', 'a/dist'],
    ['a', 'x/y', 'a/**/x/y'],
    ['a', '!x', '!a/**/x'],
  ];
  for (const [folder, line, expected] of table)
    assert.equal(ignoreGlob(folder, line), expected, line);
});
