import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alignColumns, wrap } from './table.ts';

test('columns are as wide as their widest cell, the last one is not padded', () => {
  const lines = alignColumns([
    ['a', 'bb', 'c'],
    ['aaaa', 'b', 'cc'],
  ]);
  assert.deepEqual(lines, ['a     bb  c', 'aaaa  b   cc']);
});

test('a long last cell goes on below itself', () => {
  const text = 'one two three four five six seven eight nine ten eleven twelve';
  const lines = alignColumns([['flag', text]], 40);
  assert.ok(lines.length > 1);
  assert.ok(lines.every((line) => line.length <= 40));
  assert.ok(lines.slice(1).every((line) => line.startsWith('      ')));
  assert.equal(lines.join(' ').replace(/\s+/g, ' '), `flag ${text}`);
});

test('wrapping loses no word and leaves a long one whole', () => {
  const text = `short ${'x'.repeat(50)} words`;
  assert.deepEqual(wrap(text, 10), ['short', 'x'.repeat(50), 'words']);
  assert.deepEqual(wrap('', 10), ['']);
});
