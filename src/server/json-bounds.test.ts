import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exceededBound, JSON_DEPTH_MAX, JSON_PARTS_MAX } from './json-bounds.ts';

const bound = (text: string) => exceededBound(Buffer.from(text));

test('depth and number of values are bounded exactly', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  assert.equal(bound(nested(JSON_DEPTH_MAX)), undefined);
  assert.match(bound(nested(JSON_DEPTH_MAX + 1)) ?? '', /depth of at most 32/);
  assert.equal(bound(`[${'0,'.repeat(JSON_PARTS_MAX - 1)}0]`), undefined);
  assert.match(bound(`[${'0,'.repeat(JSON_PARTS_MAX)}0]`) ?? '', /at most 500000 values/);
});

test('brackets and commas inside strings do not count, whatever is escaped before them', () => {
  const many = '[{,'.repeat(JSON_PARTS_MAX);
  for (const before of ['', '\\"', '\\\\', '\\\\\\"', 'é\\u0022']) {
    assert.equal(bound(JSON.stringify({ text: before + many })), undefined);
    assert.equal(bound(`["${before}${many}"]`), undefined);
    assert.notEqual(bound(`["${before}",${many}`), undefined);
  }
  assert.equal(bound(`"${many}`), undefined);
  assert.equal(bound(`"${many}\\"`), undefined);
});
