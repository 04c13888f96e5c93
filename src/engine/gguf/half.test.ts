import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bfloatToFloat, floatToHalf, halfToFloat } from './half.ts';

/** The definition: sign, exponent, fraction, by powers of two (exact in f64). */
function halfByDefinition(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 31;
  const fraction = half & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

test('all 65536 halves become the number that the definition gives', () => {
  for (let half = 0; half < 65536; half += 1) {
    if (!Object.is(halfToFloat(half), halfByDefinition(half))) {
      assert.fail(`half 0x${half.toString(16)} gave ${halfToFloat(half)}`);
    }
  }
});

test('all 65536 halves survive the way to a number and back', () => {
  for (let half = 0; half < 65536; half += 1) {
    const number = halfToFloat(half);
    const expected = Number.isNaN(number) ? 0x7e00 : half;
    if (floatToHalf(number) !== expected) assert.fail(`half 0x${half.toString(16)}`);
  }
});

/** Numbers between neighbouring halves: just below, at and just above the middle. */
function* numbersBetweenHalves(): Generator<number> {
  const scratch = new Float32Array(1);
  const bits = new Uint32Array(scratch.buffer);
  for (let half = 0; half < 0x7c00; half += 1) {
    const low = halfToFloat(half);
    const high = half === 0x7bff ? 65536 : halfToFloat(half + 1);
    scratch[0] = (low + high) / 2;
    const middle = bits[0];
    for (const offset of [-1, 0, 1]) {
      bits[0] = middle + offset;
      yield scratch[0];
      yield -scratch[0];
    }
  }
}

test('numbers between two halves go to the nearer one, ties to the even one', () => {
  const f16round = (Math as { f16round?: (x: number) => number }).f16round;
  let index = 0;
  for (const number of numbersBetweenHalves()) {
    const half = Math.floor(index / 6);
    const side = Math.floor((index % 6) / 2);
    const magnitude = side === 0 ? half : side === 2 ? half + 1 : half + (half & 1);
    const expected = magnitude | (index % 2 === 1 ? 0x8000 : 0);
    if (floatToHalf(number) !== expected) assert.fail(`${number} gave ${floatToHalf(number)}`);
    if (f16round && !Object.is(halfToFloat(floatToHalf(number)), f16round(number))) {
      assert.fail(`${number} differs from Math.f16round`);
    }
    index += 1;
  }
  assert.equal(index, 0x7c00 * 6);
});

test('overflow goes to infinity and every NaN to the quiet one', () => {
  assert.equal(floatToHalf(65519.996), 0x7bff);
  assert.equal(floatToHalf(65520), 0x7c00);
  assert.equal(floatToHalf(-1e30), 0xfc00);
  assert.equal(floatToHalf(Number.NEGATIVE_INFINITY), 0xfc00);
  assert.equal(floatToHalf(Number.NaN), 0x7e00);
  assert.equal(floatToHalf(-0), 0x8000);
});

test('bfloat16 is the upper half of a float', () => {
  assert.equal(bfloatToFloat(0x3f80), 1);
  assert.equal(bfloatToFloat(0xc049), -3.140625);
  assert.equal(bfloatToFloat(0x0001), 2 ** -133);
  assert.ok(Object.is(bfloatToFloat(0x8000), -0));
  assert.ok(Number.isNaN(bfloatToFloat(0x7fc0)));
});
