/**
 * Tensor types: blocks dequantised and compared with the Python package gguf (test/oracle/gguf),
 * values quantised as `vitrine convert` does and compared with llama-quantize
 * (test/oracle/convert).
 */
import { readFileSync } from 'node:fs';
import { QUANTIZED_TYPES, quantize } from '../../src/convert/index.ts';
import { dequantize, type TensorTypeName, tensorBytes } from '../../src/engine/gguf/index.ts';
import { WEIGHT_TYPES } from '../../src/engine/kernels/index.ts';
import { evidenceOf, share, table } from './table.ts';

const FLOATS = 'floats';
const IN_FILE = 'as in the file, inputs of 8 or 15 bits';

/** Type -> what the kernels make of it. */
const COMPUTED_AS: Readonly<Record<string, string>> = {
  ...{ F32: FLOATS, F16: FLOATS, BF16: FLOATS },
  ...{ Q4_0: IN_FILE, Q4_1: IN_FILE, Q5_0: IN_FILE, Q5_1: IN_FILE },
  ...{ Q2_K: IN_FILE, Q4_K: IN_FILE, Q5_K: IN_FILE, Q6_K: IN_FILE },
  Q8_0: 'as in the file, inputs of 16 bits',
  Q3_K: 'in the layout of Q6_K: the same values, 8.5 bits a weight',
  IQ4_NL: 'in the layout of Q8_0: the same values, 8.5 bits a weight',
  IQ4_XS: 'bytes with an f32 scale: the same values, 9 bits a weight',
  MXFP4: 'bytes with an f32 scale: the same values, 9 bits a weight',
};

/** Committed answers of the reference programs; base64, little-endian. */
export interface TypeOracles {
  /** Blocks of a type, and their values: f32, NaN as 0x7fc00000. */
  dequantized: readonly { type: string; blocks: string; expected: string }[];
  /** f32 values, and their bytes in each type. */
  values: string;
  quantized: Readonly<Record<string, string>>;
}

export function readTypeOracles(): TypeOracles {
  const read = (path: string) =>
    JSON.parse(readFileSync(new URL(`../../test/oracle/${path}`, import.meta.url), 'utf8'));
  const { values, types } = read('convert/quantize.json');
  // F32 is the source of the others.
  const quantized = { F32: values, ...types };
  return { dequantized: read('gguf/dequantize.json').cases, values, quantized };
}

/** @throws Error that names a type of the code without an answer of a reference, or a text */
export function tensorTypeTable(
  oracles: TypeOracles,
  types: readonly string[] = Object.keys(WEIGHT_TYPES),
): string {
  const rows = types.map((type) => {
    const what = `tensor type ${type}`;
    const blocks = oracles.dequantized.find((each) => each.type === type);
    const remedy = 'add it to test/oracle/gguf/dequantize.py';
    const values = dequantizedShare(evidenceOf(blocks, what, remedy));
    const where = 'say in scripts/evidence/tensor-types.ts how it is computed';
    const computed = evidenceOf(COMPUTED_AS[type], what, where);
    return [type, computed, values, quantizedShare(type, oracles)];
  });
  return table(['type', 'computed as', 'values that differ', 'bytes that differ'], rows);
}

/** How many values have other bits than those of the package gguf. */
function dequantizedShare({ type, blocks, expected }: TypeOracles['dequantized'][number]): string {
  const wanted = new Uint32Array(bytesOf(expected).buffer);
  const out = new Float32Array(wanted.length);
  dequantize(type as TensorTypeName, bytesOf(blocks), out);
  const bits = new Uint32Array(out.buffer);
  const differing = wanted.filter((value, i) => {
    return value !== (Number.isNaN(out[i]) ? 0x7fc00000 : bits[i]);
  });
  return share(differing.length, wanted.length);
}

function quantizedShare(type: string, { values, quantized }: TypeOracles): string {
  const written = QUANTIZED_TYPES.find((each) => each === type);
  if (written === undefined) return 'not written';
  const remedy = 'add it to test/oracle/convert/make-quantize.py';
  const wanted = bytesOf(evidenceOf(quantized[type], `quantisation to ${type}`, remedy));
  const floats = new Float32Array(bytesOf(values).buffer);
  const bytes = new Uint8Array(tensorBytes(written, floats.length));
  quantize(written, floats, bytes);
  const differing = wanted.filter((byte, i) => byte !== bytes[i]).length;
  return share(differing + Math.abs(bytes.length - wanted.length), wanted.length);
}

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64'));
}
