import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dequantize } from './dequantize.ts';
import { floatToHalf } from './half.ts';
import { findNonFinite } from './non-finite.ts';
import { TENSOR_TYPES, type TensorType, type TensorTypeName } from './tensor-types.ts';

const TYPES = Object.entries(TENSOR_TYPES) as [TensorTypeName, TensorType][];
const BLOCK_COUNT = 5;

/** Blocks of bytes that are all ones, but for finite scales: the codes must not be looked at. */
function finiteBlocks(type: TensorType): Uint8Array {
  const bytes = new Uint8Array(BLOCK_COUNT * type.blockBytes).fill(0xff);
  for (let block = 0; block < BLOCK_COUNT; block += 1) {
    for (const offset of type.halfScaleOffsets ?? []) {
      putHalf(bytes, block * type.blockBytes + offset, 0xfbff);
    }
  }
  return bytes;
}

function putHalf(bytes: Uint8Array, at: number, half: number): void {
  bytes[at] = half & 255;
  bytes[at + 1] = half >> 8;
}

for (const [name, type] of TYPES.filter(([, type]) => type.halfScaleOffsets)) {
  test(`in ${name} every scale of every block is looked at, and nothing else`, () => {
    assert.equal(findNonFinite(name, finiteBlocks(type)), -1);
    for (const half of [0x7c00, 0xfc00, 0x7e00, 0x7c01]) {
      for (let block = 0; block < BLOCK_COUNT; block += 1) {
        for (const offset of type.halfScaleOffsets ?? []) {
          const bytes = finiteBlocks(type);
          const at = block * type.blockBytes + offset;
          putHalf(bytes, at, half);
          assert.equal(findNonFinite(name, bytes), at);
        }
      }
    }
  });
}

test('the first of several is reported', () => {
  const bytes = finiteBlocks(TENSOR_TYPES.Q4_1);
  putHalf(bytes, 42, 0x7c00);
  putHalf(bytes, 60, 0x7c00);
  assert.equal(findNonFinite('Q4_1', bytes), 42);
});

test('F32, F16 and BF16 are looked at whole, and finite extremes pass', () => {
  const float = (values: number[]) => new Uint8Array(new Float32Array(values).buffer);
  const finite = [0, -0, 3.4028234663852886e38, 1e-45, -1];
  assert.equal(findNonFinite('F32', float(finite)), -1);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    assert.equal(findNonFinite('F32', float([...finite, bad, bad])), 20);
    const half = new Uint8Array(new Uint16Array([...finite, bad].map(floatToHalf)).buffer);
    assert.equal(findNonFinite('F16', half), 4, 'the third is an infinity as a half');
    const upper = float([...finite, bad]).filter((_, i) => (i & 2) !== 0);
    assert.equal(findNonFinite('BF16', upper), 10);
  }
  const halves = new Uint8Array(new Uint16Array([0x7bff, 0xfbff, 0x7c01]).buffer);
  assert.equal(findNonFinite('F16', halves), 4);
});

test('every place among halves is found, at odd positions and at an odd end', () => {
  for (const [type, infinity] of [
    ['F16', 0x7c00],
    ['BF16', 0xff80],
  ] as const) {
    for (let count = 1; count < 50; count += 1) {
      for (let place = 0; place < count; place += 1) {
        // Unaligned on purpose; the sign bits must not disturb.
        const bytes = new Uint8Array(2 * count + 1).subarray(1).fill(0x80);
        assert.equal(findNonFinite(type, bytes), -1);
        putHalf(bytes, 2 * place, infinity);
        assert.equal(findNonFinite(type, bytes), 2 * place);
      }
    }
  }
});

test('in MXFP4 an exponent of all ones is NaN; codes of all ones are none', () => {
  const bytes = new Uint8Array(3 * 17).fill(0xff);
  for (const at of [0, 17, 34]) bytes[at] = 254;
  assert.equal(findNonFinite('MXFP4', bytes), -1);
  bytes[34] = 255;
  assert.equal(findNonFinite('MXFP4', bytes), 34);
});

test('types whose scales are not known here are refused, integers cannot be wrong', () => {
  assert.throws(() => findNonFinite('NVFP4', new Uint8Array(36)), /NVFP4/);
  assert.equal(findNonFinite('I32', new Uint8Array(8).fill(255)), -1);
});

test('what is found is what dequantises to a value that is not finite', () => {
  const bytes = finiteBlocks(TENSOR_TYPES.Q6_K);
  const out = new Float32Array(256 * BLOCK_COUNT);
  dequantize('Q6_K', bytes, out);
  assert.ok(out.every(Number.isFinite));
  putHalf(bytes, 3 * 210 + 208, 0x7c00);
  assert.equal(findNonFinite('Q6_K', bytes), 3 * 210 + 208);
  dequantize('Q6_K', bytes, out);
  const first = out.findIndex((value) => !Number.isFinite(value));
  assert.equal(first, 3 * 256);
});
