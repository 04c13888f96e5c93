import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { expF32, roundTiesToEven } from '../kernels/index.ts';
import { fillWeights, VOCABULARY_MAX, WEIGHT_MAX, weightOf } from './weights.ts';

test("weights are the bits of the kernels' exp, rounded: 350,000 values down to -23", () => {
  const words = new Uint32Array(1);
  const floats = new Float32Array(words.buffer);
  let count = 0;
  // From -0 (0x80000000) to -24 in steps of bits.
  for (let word = 0x80000000; word <= 0xc1c00000; word += 3163) {
    words[0] = word;
    const d = floats[0];
    const expected = d < -23 ? 0 : roundTiesToEven(expF32(d) * 2 ** 32);
    assert.equal(weightOf(d), expected, `${d}`);
    count += 1;
  }
  assert.ok(count > 340_000, `${count}`);
});

test('the highest logit weighs 2^32, what lies more than 23 below it nothing', () => {
  assert.equal(weightOf(0), WEIGHT_MAX);
  assert.equal(weightOf(-0), WEIGHT_MAX);
  assert.equal(weightOf(-22.180709777918249), 1);
  assert.equal(weightOf(-23), 0);
  assert.equal(weightOf(-23.000001), 0);
  assert.equal(weightOf(Number.NEGATIVE_INFINITY), 0);
});

test('the sum of the largest vocabulary of equal logits is exact', () => {
  const logits = new Float32Array(VOCABULARY_MAX).fill(1.5);
  const weights = new Float64Array(VOCABULARY_MAX);
  assert.equal(fillWeights(weights, logits, 1.5, 1), 2 ** 52);
  assert.ok(weights.every((weight) => weight === WEIGHT_MAX));
});

test('the weights of a distribution are its probabilities to 2^-23, so that no ratio is off by more', () => {
  const logits = Float32Array.from({ length: 200 }, (_, i) => Math.sin(i * 12.9898) * 8);
  const max = Math.max(...logits);
  const weights = new Float64Array(200);
  fillWeights(weights, logits, max, Math.fround(0.7));
  for (const [i, weight] of weights.entries()) {
    const exact = Math.exp((logits[i] - max) / Math.fround(0.7));
    assert.ok(Math.abs(weight / 2 ** 32 - exact) <= exact * 2 ** -19 + 2 ** -33, `${i}`);
  }
});
