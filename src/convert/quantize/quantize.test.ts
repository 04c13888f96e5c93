/** Rows of every type, byte for byte as llama-quantize writes them (test/oracle/convert). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { dequantize, tensorBytes } from '../../engine/gguf/index.ts';
import { QUANTIZED_TYPES, type QuantizedType, quantize } from './index.ts';
import { chooseType, MIXTURE_NAMES, mixtureNamed } from './mixtures.ts';

const oracle = JSON.parse(
  readFileSync(new URL('../../../test/oracle/convert/quantize.json', import.meta.url), 'utf8'),
) as { values: string; types: Record<string, string> };

const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
const values = new Float32Array(bytesOf(oracle.values).buffer);

function quantized(type: QuantizedType): Uint8Array {
  const bytes = new Uint8Array(tensorBytes(type, values.length));
  quantize(type, values, bytes);
  return bytes;
}

for (const type of QUANTIZED_TYPES) {
  test(`${type}: the bytes are those of the reference`, () => {
    const wanted = type === 'F32' ? oracle.values : oracle.types[type];
    assert.deepEqual(quantized(type), bytesOf(wanted));
  });
}

test('more bits restore more', () => {
  const errorOf = (type: QuantizedType): number => {
    const restored = new Float32Array(values.length);
    dequantize(type, quantized(type), restored);
    return restored.reduce((sum, value, i) => sum + (value - values[i]) ** 2, 0);
  };
  const order: QuantizedType[] = ['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K', 'Q6_K', 'Q8_0', 'F16', 'F32'];
  const errors = order.map(errorOf);
  for (let i = 1; i < errors.length; i += 1) assert.ok(errors[i] < errors[i - 1], order[i]);
});

const SHAPE = { architecture: 'llama', layers: 32, heads: 32, kvHeads: 8, isTied: false };

test('a mixture gives what is sensitive more bits', () => {
  const typeOf = (mixture: string, name: string, changes = {}, columns = 4096) =>
    chooseType(mixtureNamed(mixture), name, columns, { ...SHAPE, ...changes }).type;
  assert.equal(typeOf('Q4_K_M', 'output.weight'), 'Q6_K');
  assert.equal(typeOf('Q4_K_M', 'token_embd.weight'), 'Q4_K');
  assert.equal(typeOf('Q4_K_M', 'token_embd.weight', { isTied: true }), 'Q6_K');
  assert.equal(typeOf('Q4_K_M', 'blk.0.attn_v.weight'), 'Q6_K');
  assert.equal(typeOf('Q4_K_M', 'blk.4.attn_v.weight'), 'Q4_K');
  assert.equal(typeOf('Q4_K_M', 'blk.6.ffn_down.weight'), 'Q6_K');
  assert.equal(typeOf('Q4_K_S', 'blk.3.attn_v.weight'), 'Q5_K');
  assert.equal(typeOf('q4_k', 'blk.3.ffn_up.weight'), 'Q4_K');
  assert.equal(typeOf('Q8_0', 'output.weight'), 'Q8_0');
  assert.equal(typeOf('Q3_K_M', 'blk.9.attn_v.weight', { layers: 80, heads: 64 }), 'Q5_K');
});

test('columns that do not fill blocks of 256 get a type of 32, or F16', () => {
  const chosen = (columns: number) =>
    chooseType(mixtureNamed('Q4_K_S'), 'blk.9.ffn_up.weight', columns, SHAPE);
  assert.deepEqual(chosen(288), { type: 'Q5_0', instead: 'Q4_K' });
  assert.deepEqual(chosen(100), { type: 'F16', instead: 'Q4_K' });
});

test('an unknown type is answered with those that there are', () => {
  assert.throws(() => mixtureNamed('Q9_X'), {
    code: 'unknown-type',
    message: new RegExp(`"Q9_X"; expected one of ${MIXTURE_NAMES.join(', ')}`),
  });
});
