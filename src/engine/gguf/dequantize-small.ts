/**
 * Blocks of the types of few bits -> f32, as in dequantize.ts: every product and every sum rounded,
 * equal bit for bit to the Python package gguf 0.19.0. Notation as there.
 *
 *   Q2_K    16 bytes: sc | mn << 4 of 16 elements each | 64 bytes codes | d | dmin
 *           (d * sc) * q - (dmin * mn); two halves of 128; in each 32 bytes: bits 0-1 are
 *           elements 0..31, bits 2-3 32..63, and so on
 *   Q3_K    32 bytes upper bits | 64 bytes lower two, as Q2_K | 12 bytes sub-scales | d
 *           (d * (sc - 32)) * (q - 4); upper bit of element l of the 32 of block b: bit b of
 *           byte l; sc of s: four lower bits in byte s & 7 (low nibble for s < 8), two upper ones
 *           in byte 8 + (s & 3), pair s >> 2
 *   IQ4_NL  d | 16 bytes: low nibbles i 0..15, high nibbles i 16..31      d * IQ4[q]
 *   IQ4_XS  d | u16 upper two bits of 8 sub-scales | 4 bytes lower four | 8 times 16 bytes,
 *           likewise                                                      (d * (sc - 32)) * IQ4[q]
 *   MXFP4   e | 16 bytes, likewise                          (2^(e - 127) / 2) * (2 * value[q])
 */
import { halfToFloat } from './half.ts';

const { fround } = Math;

const IQ4 = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
/** Twice the values of the 4-bit floats. */
const MXFP4 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

function halfAt(bytes: Uint8Array, at: number): number {
  return halfToFloat(bytes[at] | (bytes[at + 1] << 8));
}

export const SMALL_DEQUANTIZERS = {
  Q2_K: dequantizeQ2K,
  Q3_K: dequantizeQ3K,
  IQ4_NL: (bytes: Uint8Array, at: number, out: Float32Array, to: number) =>
    throughTable(bytes, at + 2, out, to, halfAt(bytes, at), IQ4),
  IQ4_XS: dequantizeIq4Xs,
  MXFP4: (bytes: Uint8Array, at: number, out: Float32Array, to: number) =>
    throughTable(bytes, at + 1, out, to, 2 ** (bytes[at] - 128), MXFP4),
};

function throughTable(
  bytes: Uint8Array,
  at: number,
  out: Float32Array,
  to: number,
  d: number,
  table: readonly number[],
): void {
  for (let j = 0; j < 16; j += 1) {
    out[to + j] = d * table[bytes[at + j] & 15];
    out[to + 16 + j] = d * table[bytes[at + j] >> 4];
  }
}

function dequantizeIq4Xs(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at);
  const upper = bytes[at + 2] | (bytes[at + 3] << 8);
  for (let s = 0; s < 8; s += 1) {
    const lower = (bytes[at + 4 + (s >> 1)] >> (4 * (s & 1))) & 15;
    const scale = (lower | (((upper >> (2 * s)) & 3) << 4)) - 32;
    throughTable(bytes, at + 8 + 16 * s, out, to + 32 * s, fround(d * scale), IQ4);
  }
}

/** Two bits of element i of 256. */
function pairOf(bytes: Uint8Array, at: number, i: number): number {
  return (bytes[at + 32 * (i >> 7) + (i & 31)] >> (2 * ((i >> 5) & 3))) & 3;
}

function dequantizeQ2K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at + 80);
  const dmin = halfAt(bytes, at + 82);
  for (let s = 0; s < 16; s += 1) {
    const scale = fround(d * (bytes[at + s] & 15));
    const minimum = fround(dmin * (bytes[at + s] >> 4));
    for (let i = 16 * s; i < 16 * s + 16; i += 1) {
      out[to + i] = fround(scale * pairOf(bytes, at + 16, i)) - minimum;
    }
  }
}

function dequantizeQ3K(bytes: Uint8Array, at: number, out: Float32Array, to: number): void {
  const d = halfAt(bytes, at + 108);
  for (let s = 0; s < 16; s += 1) {
    const lower = (bytes[at + 96 + (s & 7)] >> (4 * (s >> 3))) & 15;
    const upper = (bytes[at + 104 + (s & 3)] >> (2 * (s >> 2))) & 3;
    const scale = fround(d * ((lower | (upper << 4)) - 32));
    for (let i = 16 * s; i < 16 * s + 16; i += 1) {
      const high = (bytes[at + (i & 31)] >> (i >> 5)) & 1;
      out[to + i] = scale * ((pairOf(bytes, at + 32, i) | (high << 2)) - 4);
    }
  }
}
