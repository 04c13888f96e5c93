/**
 * Blocks of quantised weights -> f32, in f32 arithmetic: every product and every sum is rounded, in
 * the order of the formula. Equal bit for bit to `gguf.quants.dequantize` of the Python package
 * gguf 0.19.0 (NaN apart, which carries no reliable bits here); test/oracle/gguf holds its answers.
 *
 * Notation: d, m, dmin are f16 scales, q codes; i counts elements of a block. Little-endian.
 *
 *   Q4_0   d | 16 bytes: low nibbles i 0..15, high nibbles i 16..31      d * (q - 8)
 *   Q4_1   d | m | 16 bytes, likewise                                    d * q + m
 *   Q5_0   d | u32 fifth bits, bit i | 16 bytes, likewise                d * (q - 16)
 *   Q5_1   d | m | u32 fifth bits, bit i | 16 bytes, likewise            d * q + m
 *   Q8_0   d | 32 signed bytes                                           d * q
 *   Q4_K   d | dmin | 12 bytes sub-scales | 128 bytes                    (d * sc) * q - dmin * mn
 *          8 sub-blocks of 32; bytes 32j..32j+31: low nibbles sub-block 2j, high ones 2j+1
 *   Q5_K   d | dmin | 12 bytes sub-scales | 32 bytes fifth bits | 128 bytes, likewise
 *          fifth bit of element l of sub-block s: bit s of byte l
 *   Q6_K   128 bytes low | 64 bytes high | 16 signed sub-scales | d      (d * sc) * (q - 32)
 *          two halves of 128; in each: low nibbles of 64 bytes, then high nibbles; high two bits:
 *          32 bytes, bits 0-1, 2-3, 4-5, 6-7 for elements 0..31, 32..63, 64..95, 96..127
 *   Q2_K, Q3_K, IQ4_NL, IQ4_XS, MXFP4: dequantize-small.ts
 */
import { assert } from '../../base/index.ts';
import { SMALL_DEQUANTIZERS } from './dequantize-small.ts';
import { ggufError } from './errors.ts';
import { bfloatToFloat, halfToFloat } from './half.ts';
import { TENSOR_TYPES, type TensorTypeName } from './tensor-types.ts';

const { fround } = Math;

/** Dequantises one block: bytes at `at`, elements to `out` from `to` on. */
type BlockDequantizer = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

const DEQUANTIZERS: Partial<Record<TensorTypeName, BlockDequantizer>> = {
  F32: dequantizeF32,
  F16: (bytes, at, out, to) => {
    out[to] = halfAt(bytes, at);
  },
  BF16: (bytes, at, out, to) => {
    out[to] = bfloatToFloat(bytes[at] | (bytes[at + 1] << 8));
  },
  Q4_0: dequantizeQ4_0,
  Q4_1: dequantizeQ4_1,
  Q5_0: dequantizeQ5_0,
  Q5_1: dequantizeQ5_1,
  Q8_0: dequantizeQ8_0,
  Q4_K: dequantizeQ4K,
  Q5_K: dequantizeQ5K,
  Q6_K: dequantizeQ6K,
  ...SMALL_DEQUANTIZERS,
};

/** Types that `dequantize` covers. */
export const DEQUANTIZED_TYPES = Object.keys(DEQUANTIZERS) as readonly TensorTypeName[];

/**
 * Whole blocks -> f32.
 * @param bytes  any number of whole blocks
 * @param out  one element for each element of the blocks
 * @throws VitrineError unsupported-tensor-type
 */
export function dequantize(type: TensorTypeName, bytes: Uint8Array, out: Float32Array): void {
  const dequantizeBlock = DEQUANTIZERS[type];
  if (dequantizeBlock === undefined) {
    throw ggufError(
      'unsupported-tensor-type',
      `weights of type ${type} cannot be computed; supported are ${DEQUANTIZED_TYPES.join(', ')}`,
    );
  }
  const { blockBytes, blockElements } = TENSOR_TYPES[type];
  const blockCount = bytes.length / blockBytes;
  assert(Number.isInteger(blockCount), `whole blocks of ${blockBytes} bytes, not ${bytes.length}`);
  assert(out.length === blockCount * blockElements, 'out has one element for each of the blocks');
  for (let block = 0; block < blockCount; block += 1) {
    dequantizeBlock(bytes, block * blockBytes, out, block * blockElements);
  }
}

const FLOAT_SCRATCH = new Float32Array(1);
const BYTE_SCRATCH = new Uint8Array(FLOAT_SCRATCH.buffer);

function dequantizeF32(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  for (let i = 0; i < 4; i += 1) BYTE_SCRATCH[i] = bytes[at + i];
  out[to] = FLOAT_SCRATCH[0];
}

function halfAt(bytes: Uint8Array, at: number): number {
  return halfToFloat(bytes[at] | (bytes[at + 1] << 8));
}

function signed(byte: number): number {
  return (byte << 24) >> 24;
}

function dequantizeQ4_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  for (let j = 0; j < 16; j += 1) {
    const pair = bytes[at + 2 + j];
    out[to + j] = d * ((pair & 15) - 8);
    out[to + 16 + j] = d * ((pair >> 4) - 8);
  }
}

function dequantizeQ4_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  const m = halfAt(bytes, at + 2);
  for (let j = 0; j < 16; j += 1) {
    const pair = bytes[at + 4 + j];
    out[to + j] = fround(d * (pair & 15)) + m;
    out[to + 16 + j] = fround(d * (pair >> 4)) + m;
  }
}

/** The fifth bit of element i, as 0 or 16; the 32 bits start at `at`. */
function fifthBit(bytes: Uint8Array, at: number, i: number): number {
  return ((bytes[at + (i >> 3)] >> (i & 7)) & 1) << 4;
}

function dequantizeQ5_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  for (let j = 0; j < 16; j += 1) {
    const pair = bytes[at + 6 + j];
    out[to + j] = d * (((pair & 15) | fifthBit(bytes, at + 2, j)) - 16);
    out[to + 16 + j] = d * (((pair >> 4) | fifthBit(bytes, at + 2, j + 16)) - 16);
  }
}

function dequantizeQ5_1(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  const m = halfAt(bytes, at + 2);
  for (let j = 0; j < 16; j += 1) {
    const pair = bytes[at + 8 + j];
    out[to + j] = fround(d * ((pair & 15) | fifthBit(bytes, at + 4, j))) + m;
    out[to + 16 + j] = fround(d * ((pair >> 4) | fifthBit(bytes, at + 4, j + 16))) + m;
  }
}

function dequantizeQ8_0(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  for (let i = 0; i < 32; i += 1) out[to + i] = d * signed(bytes[at + 2 + i]);
}

/**
 * Six-bit sub-scale of sub-block s of a Q4_K or Q5_K block; the 12 bytes start at `at`. Capitals:
 * scales A to H; small letters: minima.
 *
 *   byte 0..3   EEAAAAAA FFBBBBBB GGCCCCCC HHDDDDDD
 *   byte 4..7   eeaaaaaa ffbbbbbb ggcccccc hhdddddd
 *   byte 8..11  eeeeEEEE ffffFFFF ggggGGGG hhhhHHHH
 */
function subScale(bytes: Uint8Array, at: number, s: number): number {
  if (s < 4) return bytes[at + s] & 63;
  return (bytes[at + 4 + s] & 15) | ((bytes[at + s - 4] >> 6) << 4);
}

/** Six-bit minimum of sub-block s; see `subScale`. */
function subMinimum(bytes: Uint8Array, at: number, s: number): number {
  if (s < 4) return bytes[at + 4 + s] & 63;
  return (bytes[at + 4 + s] >> 4) | ((bytes[at + s] >> 6) << 4);
}

function dequantizeQ4K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  const dmin = halfAt(bytes, at + 2);
  for (let s = 0; s < 8; s += 1) {
    const scale = fround(d * subScale(bytes, at + 4, s));
    const minimum = fround(dmin * subMinimum(bytes, at + 4, s));
    const codes = at + 16 + 32 * (s >> 1);
    const shift = 4 * (s & 1);
    for (let l = 0; l < 32; l += 1) {
      out[to + 32 * s + l] = fround(scale * ((bytes[codes + l] >> shift) & 15)) - minimum;
    }
  }
}

function dequantizeQ5K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  const dmin = halfAt(bytes, at + 2);
  for (let s = 0; s < 8; s += 1) {
    const scale = fround(d * subScale(bytes, at + 4, s));
    const minimum = fround(dmin * subMinimum(bytes, at + 4, s));
    const codes = at + 48 + 32 * (s >> 1);
    const shift = 4 * (s & 1);
    for (let l = 0; l < 32; l += 1) {
      const fifth = ((bytes[at + 16 + l] >> s) & 1) << 4;
      const q = ((bytes[codes + l] >> shift) & 15) | fifth;
      out[to + 32 * s + l] = fround(scale * q) - minimum;
    }
  }
}

function dequantizeQ6K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at + 208);
  for (let s = 0; s < 16; s += 1) {
    const scale = fround(d * signed(bytes[at + 192 + s]));
    for (let i = 16 * s; i < 16 * s + 16; i += 1) {
      const half = i >> 7;
      const low = bytes[at + 64 * half + (i & 63)] >> (4 * ((i >> 6) & 1));
      const high = bytes[at + 128 + 32 * half + (i & 31)] >> (2 * ((i >> 5) & 3));
      out[to + i] = scale * (((low & 15) | ((high & 3) << 4)) - 32);
    }
  }
}
