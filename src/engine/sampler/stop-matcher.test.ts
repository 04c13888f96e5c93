import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { isVitrineError } from '../../base/index.ts';
import { Random } from '../kernels/index.ts';
import { STOP_SEQUENCE_LENGTH_MAX, STOP_SEQUENCES_MAX, StopMatcher } from './stop-matcher.ts';

/** Pushes pieces until a match or the end -> what was emitted, and what was met. */
function run(sequences: readonly string[], pieces: readonly string[]) {
  const matcher = new StopMatcher(sequences);
  const emitted: string[] = [];
  for (const piece of pieces) {
    const { text, stopSequence } = matcher.push(piece);
    emitted.push(text);
    if (stopSequence !== undefined) return { emitted, text: emitted.join(''), stopSequence };
  }
  emitted.push(matcher.end());
  return { emitted, text: emitted.join(''), stopSequence: undefined };
}

test('text without a stop sequence passes whole and at once where it can', () => {
  assert.deepEqual(run(['END'], ['Hello ', 'world']).emitted, ['Hello ', 'world', '']);
  assert.deepEqual(run([], ['Hello ', 'END']).emitted, ['Hello ', 'END', '']);
});

test('a sequence across pieces is found, and none of its text comes out', () => {
  const result = run(['<stop>'], ['abc<', 'st', 'op', '> and more']);
  assert.deepEqual(result.emitted, ['abc', '', '', '']);
  assert.equal(result.stopSequence, '<stop>');
});

test('text that was held back comes out when it turns out to be none', () => {
  assert.deepEqual(run(['<stop>'], ['a<st', 'ay>', '<sto']).emitted, ['a', '<stay>', '', '<sto']);
});

test('held text shrinks to the part that may still become a sequence', () => {
  // "aab": after "aa" and another "a" the first a is free.
  assert.deepEqual(run(['aab'], ['aa', 'a', 'a', 'b']).emitted, ['', 'a', 'a', '']);
});

test('the match that is complete first wins, of those the longest', () => {
  assert.deepEqual(run(['cd', 'abcde'], ['abcde']).stopSequence, 'cd');
  assert.deepEqual(run(['cd', 'abcd'], ['xabcd']), {
    ...{ emitted: ['x'], text: 'x', stopSequence: 'abcd' },
  });
  assert.equal(run(['b', 'ab'], ['a', 'b']).stopSequence, 'ab');
});

test('characters outside the basic plane and duplicates do no harm', () => {
  assert.deepEqual(run(['😀!', '😀!'], ['x😀', '?😀', '!']).emitted, ['x', '😀?', '']);
});

/** On the whole text: the occurrence that ends first, of those that end there the longest. */
function wholeText(sequences: readonly string[], text: string) {
  for (let end = 1; end <= text.length; end += 1) {
    const met = sequences.filter((sequence) => text.slice(0, end).endsWith(sequence));
    met.sort((a, b) => b.length - a.length);
    if (met.length > 0) return { text: text.slice(0, end - met[0].length), stopSequence: met[0] };
  }
  return { text, stopSequence: undefined };
}

test('5000 random texts in random pieces end as the whole text does, and hold back no more than they must', (t) => {
  const seed = Number(process.env.VITRINE_INTERNAL_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed} (VITRINE_INTERNAL_TEST_SEED)`);
  const random = new Random(seed);
  const below = (n: number): number => random.next() % n;
  const word = (max: number): string =>
    Array.from({ length: 1 + below(max) }, () => 'aab'[below(3)]).join('');
  for (let round = 0; round < 5000; round += 1) {
    const sequences = Array.from({ length: 1 + below(4) }, () => word(6));
    const pieces = Array.from({ length: 1 + below(8) }, () => (below(9) === 0 ? '' : word(5)));
    const { text, stopSequence } = run(sequences, pieces);
    const where = `seed ${seed}, round ${round}: ${JSON.stringify({ sequences, pieces })}`;
    assert.deepEqual({ text, stopSequence }, wholeText(sequences, pieces.join('')), where);
    const matcher = new StopMatcher(sequences);
    let [sent, came] = ['', ''];
    for (const piece of pieces) {
      came += piece;
      const step = matcher.push(piece);
      sent += step.text;
      if (step.stopSequence !== undefined) break;
      const held = came.slice(sent.length);
      const mayBecome = held === '' || sequences.some((s) => s.startsWith(held) && s !== held);
      assert.ok(mayBecome, `${where} holds ${held}`);
    }
  }
});

test('the longest sequences, all begun at once, cost a few comparisons a character', () => {
  const length = STOP_SEQUENCE_LENGTH_MAX;
  const sequences = Array.from({ length: STOP_SEQUENCES_MAX }, (_, i) =>
    'a'.repeat(length / 2 - i).padEnd(length, 'x'),
  );
  sequences[0] = `${'a'.repeat(length - 1)}c`;
  const matcher = new StopMatcher(sequences);
  const prepared = matcher.comparisons;
  assert.ok(prepared <= 2 * length * sequences.length, `${prepared} comparisons for the tables`);
  const text = `${'a'.repeat(length - 1)}b`.repeat(2);
  let emitted = '';
  for (const char of text) emitted += matcher.push(char).text;
  assert.equal(emitted + matcher.end(), text);
  const taken = matcher.comparisons - prepared;
  assert.ok(taken <= 2 * text.length * sequences.length, `${taken} comparisons`);
});

test('empty, too many and too long sequences are bad requests, the limits themselves are not', () => {
  const long = 'x'.repeat(STOP_SEQUENCE_LENGTH_MAX);
  const many = Array.from({ length: STOP_SEQUENCES_MAX }, (_, i) => `${i}`);
  new StopMatcher([long]);
  new StopMatcher(many);
  for (const sequences of [[''], [`${long}x`], [...many, 'one more']]) {
    assert.throws(
      () => new StopMatcher(sequences),
      (error) => isVitrineError(error, 'bad-request') && /^expected .*came/.test(error.message),
    );
  }
});

test('nothing may be pushed after a match or after the end', () => {
  const matcher = new StopMatcher(['x']);
  matcher.push('x');
  assert.throws(() => matcher.push('y'), /assertion failed/);
  const ended = new StopMatcher(['x']);
  ended.end();
  assert.throws(() => ended.push('y'), /assertion failed/);
});
