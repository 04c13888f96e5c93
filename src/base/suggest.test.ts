import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { editDistance, nearest } from './suggest.ts';

test('the distance is that of Levenshtein', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'ab', 1],
    ['abc', 'xabc', 1],
    ['ab', 'ba', 2],
    ['kitten', 'sitting', 3],
    ['saturday', 'sunday', 3],
  ];
  for (const [a, b, expected] of cases) {
    assert.equal(editDistance(a, b), expected, `${a} ${b}`);
    assert.equal(editDistance(b, a), expected, `${b} ${a}`);
  }
});

/** By its definition, exponential. */
function slowDistance(a: string, b: string): number {
  if (a === '' || b === '') return a.length + b.length;
  const [x, y] = [a.slice(1), b.slice(1)];
  if (a[0] === b[0]) return slowDistance(x, y);
  return 1 + Math.min(slowDistance(x, y), slowDistance(x, b), slowDistance(a, y));
}

test('it equals its recursive definition on all words of up to 4 letters of two', () => {
  const words = [''];
  for (const word of words) if (word.length < 4) words.push(`${word}a`, `${word}b`);
  assert.equal(words.length, 31);
  for (const a of words) {
    for (const b of words) assert.equal(editDistance(a, b), slowDistance(a, b), `${a} ${b}`);
  }
});

test('words whose lengths differ by the limit or more are not compared: the limit comes back', () => {
  assert.equal(editDistance('a', 'abcd', 3), 3);
  assert.equal(editDistance('a', 'abc', 3), 2);
});

const FLAGS = ['port', 'host', 'model', 'threads', 'context'];

test('the nearest known word is suggested, whatever the case', () => {
  assert.equal(nearest('prot', FLAGS), 'port');
  assert.equal(nearest('MODLE', FLAGS), 'model');
  assert.equal(nearest('thread', FLAGS), 'threads');
  assert.equal(nearest('contxt', FLAGS), 'context');
  assert.equal(nearest('host', FLAGS), 'host');
});

test('nothing is suggested when nothing is near', () => {
  assert.equal(nearest('temperature', FLAGS), undefined);
  assert.equal(nearest('x', ['context']), undefined);
  assert.equal(nearest('port', []), undefined);
});

test('of equally near words the first wins', () => {
  assert.equal(nearest('bat', ['cat', 'hat']), 'cat');
});

test('the only word that begins as given is suggested when none is near', () => {
  assert.equal(
    nearest('smollm2', ['smollm2-135m', 'vitrine-tiny', 'smollm2-135m']),
    'smollm2-135m',
  );
  assert.equal(nearest('smollm2', ['smollm2-135m', 'smollm2-360m']), undefined);
  assert.equal(nearest('sm', ['smollm2-135m']), undefined);
});
