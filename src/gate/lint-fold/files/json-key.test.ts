import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeTopLevelKey } from './json-key.ts';

const CASES: readonly (readonly [string, string])[] = [
  ['{"a": 1, "x": {"x": [1, "}"]}, "b": 2}', '{"a": 1, "b": 2}'],
  ['{"x": 1, "b": 2}', '{"b": 2}'],
  ['{\n\t"a": 1,\n\t"x": "\\"}"\n}\n', '{\n\t"a": 1\n}\n'],
  ['{ "x": [] }', '{}'],
  ['{"a": {"x": 1}}', '{"a": {"x": 1}}'],
  ['\uFEFF{"a": 1,\r\n  "x": null,\r\n  "b": true}', '\uFEFF{"a": 1,\r\n  "b": true}'],
  ['{"\\u0078": 1, "b": 2}', '{"b": 2}'],
  ['[{"x": 1}]', '[{"x": 1}]'],
];

test('a key of the top level goes, every other byte stays', () => {
  for (const [text, expected] of CASES) assert.equal(removeTopLevelKey(text, 'x'), expected);
});

test('for random objects the result parses to the object without the key', () => {
  let seed = 7;
  const random = (n: number) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return seed % n;
  };
  const value = (depth: number): unknown => {
    const kind = random(depth > 2 ? 4 : 6);
    if (kind === 0) return random(1000);
    if (kind === 1) return ['{', '}', '"', '\\', ',', ':x', '[]'][random(7)];
    if (kind === 2) return null;
    if (kind === 3) return true;
    if (kind === 4) return Array.from({ length: random(4) }, () => value(depth + 1));
    return Object.fromEntries(
      Array.from({ length: random(4) }, (_, index) => [
        index === 0 ? 'x' : `k${index}`,
        value(depth + 1),
      ]),
    );
  };
  for (let round = 0; round < 500; round += 1) {
    const object = { a: value(0), x: value(0), b: value(0) };
    const text = JSON.stringify(object, null, [0, 2, '\t'][random(3)]);
    const { x: _x, ...rest } = object;
    assert.deepEqual(JSON.parse(removeTopLevelKey(text, 'x')), rest, text);
  }
});
