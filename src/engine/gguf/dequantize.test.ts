import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isVitrineError } from '../../base/index.ts';
import { DEQUANTIZED_TYPES, dequantize } from './dequantize.ts';
import { TENSOR_TYPES, type TensorTypeName } from './tensor-types.ts';

interface Oracle {
  madeBy: Record<string, unknown>;
  /** Type name -> id, block elements, block bytes. */
  sizes: Record<string, [number, number, number]>;
  cases: { type: TensorTypeName; blocks: string; expected: string }[];
}

/** Answers of the Python package gguf; test/oracle/gguf/dequantize.py makes them. */
const oracle: Oracle = JSON.parse(
  readFileSync(new URL('../../../test/oracle/gguf/dequantize.json', import.meta.url), 'utf8'),
);

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

test('the table of tensor types equals that of the Python package gguf', () => {
  const ours = Object.entries(TENSOR_TYPES).map(([name, type]) => [
    name,
    [type.id, type.blockElements, type.blockBytes],
  ]);
  assert.deepEqual(Object.fromEntries(ours), oracle.sizes);
});

test('the oracle has a case for every type that can be dequantised', () => {
  assert.deepEqual(oracle.cases.map((each) => each.type).sort(), [...DEQUANTIZED_TYPES].sort());
});

for (const { type, blocks, expected } of oracle.cases) {
  test(`${type} blocks become the same bits as in the Python package gguf`, () => {
    const expectedBits = new Uint32Array(bytesOf(expected).buffer);
    const out = new Float32Array(expectedBits.length);
    dequantize(type, bytesOf(blocks), out);
    const bits = new Uint32Array(out.buffer);
    for (let i = 0; i < out.length; i += 1) {
      const came = Number.isNaN(out[i]) ? 0x7fc00000 : bits[i];
      assert.equal(came.toString(16), expectedBits[i].toString(16), `element ${i}`);
    }
  });
}

test('bytes at an odd position in their buffer give the same values', () => {
  const { type, blocks } = oracle.cases[0];
  const aligned = bytesOf(blocks);
  const odd = new Uint8Array(aligned.length + 1).subarray(1);
  odd.set(aligned);
  const expected = new Float32Array(aligned.length / 4);
  const came = new Float32Array(aligned.length / 4);
  dequantize(type, aligned, expected);
  dequantize(type, odd, came);
  assert.deepEqual(new Uint32Array(came.buffer), new Uint32Array(expected.buffer));
});

test('a type that cannot be computed is refused by name', () => {
  assert.throws(
    () => dequantize('IQ2_XXS', new Uint8Array(66), new Float32Array(256)),
    (error) => isVitrineError(error, 'unsupported-tensor-type') && /IQ2_XXS/.test(error.message),
  );
});

test('bytes that are no whole blocks, or an output of another size, are a wrong program', () => {
  assert.throws(() => dequantize('Q4_0', new Uint8Array(17), new Float32Array(32)), /whole blocks/);
  assert.throws(() => dequantize('Q4_0', new Uint8Array(18), new Float32Array(31)), /one element/);
});
