import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { logprobsOf } from './logprobs.ts';

/** In f64 with the language's own functions. */
function exactLogprobs(logits: Float32Array): number[] {
  const max = Math.max(...logits);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return Array.from(logits, (logit) => logit - max - Math.log(sum));
}

function someLogits(length: number, spread: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i * 78.233 + 0.5) * spread);
}

test('log-probabilities agree with f64 to 1e-6, for flat and steep distributions', () => {
  for (const spread of [0.01, 1, 10, 80]) {
    const logits = someLogits(1000, spread);
    const exact = exactLogprobs(logits);
    for (const id of [0, 1, 500, 999]) {
      const { logprob } = logprobsOf(logits, id, 0);
      assert.ok(Math.abs(logprob - exact[id]) < 1e-6, `${spread} ${id}: ${logprob} ${exact[id]}`);
    }
  }
});

test('probabilities of the whole vocabulary sum to 1', () => {
  const logits = someLogits(300, 5);
  const { topLogprobs } = logprobsOf(logits, 0, 300);
  assert.equal(topLogprobs.length, 300);
  const sum = topLogprobs.reduce((total, { logprob }) => total + Math.exp(logprob), 0);
  assert.ok(Math.abs(sum - 1) < 1e-6, `${sum}`);
});

test('alternatives fall in logit, equal ones rise in id, and the chosen one is not added', () => {
  const logits = Float32Array.from([1, 3, 2, 3, -1, 3, 2]);
  const { logprob, topLogprobs } = logprobsOf(logits, 4, 4);
  assert.deepEqual(
    topLogprobs.map(({ tokenId }) => tokenId),
    [1, 3, 5, 2],
  );
  assert.ok(logprob < topLogprobs[3].logprob);
  assert.equal(topLogprobs[0].logprob, topLogprobs[2].logprob);
});

test('the order equals that of a full sort on 300 tokens with many ties', () => {
  const logits = Float32Array.from({ length: 300 }, (_, i) => (i * 7919) % 13);
  const sorted = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  for (const count of [0, 1, 2, 20, 299, 300]) {
    const ids = logprobsOf(logits, 0, count).topLogprobs.map(({ tokenId }) => tokenId);
    assert.deepEqual(ids, sorted.slice(0, count));
  }
});

test('tokens of logit -infinity are no alternatives, and have log-probability -infinity', () => {
  const none = Number.NEGATIVE_INFINITY;
  const { logprob, topLogprobs } = logprobsOf(Float32Array.from([none, 2, none, 1]), 0, 4);
  assert.equal(logprob, none);
  assert.deepEqual(
    topLogprobs.map(({ tokenId }) => tokenId),
    [1, 3],
  );
});
