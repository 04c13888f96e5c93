/**
 * f32 -> blocks of 32: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, MXFP4, each with the nearest code to a scale
 * taken from the block's extremes. Layouts: engine/gguf/dequantize.ts. The arithmetic is that of
 * ggml's reference quantisers, step by step in f32, so that the bytes are the same.
 */
import { clamp, inverse, nearestAway, putHalf } from './float.ts';

const { fround, abs } = Math;
const LENGTH = 32;

/** The value of the largest magnitude, the first of equals. */
function extreme(x: Float32Array, from: number): number {
  let found = 0;
  for (let i = from; i < from + LENGTH; i += 1) if (abs(x[i]) > abs(found)) found = x[i];
  return found;
}

/**
 * Codes of 4 bits, low nibbles first; `bits[i] >> 4` goes to the fifth bits where there are any.
 */
function putNibbles(out: Uint8Array, at: number, codes: Uint8Array): void {
  for (let j = 0; j < 16; j += 1) out[at + j] = (codes[j] & 15) | ((codes[j + 16] & 15) << 4);
}

function putFifthBits(out: Uint8Array, at: number, codes: Uint8Array): void {
  for (let byte = 0; byte < 4; byte += 1) {
    let bits = 0;
    for (let i = 0; i < 8; i += 1) bits |= (codes[8 * byte + i] >> 4) << i;
    out[at + byte] = bits;
  }
}

const CODES = new Uint8Array(LENGTH);

/** Q4_0 and Q5_0: the extreme value gets the most negative code. */
function symmetric(x: Float32Array, from: number, out: Uint8Array, at: number, half: number): void {
  const d = fround(extreme(x, from) / -half);
  const scale = inverse(d);
  putHalf(out, at, d);
  for (let i = 0; i < LENGTH; i += 1) {
    const scaled = fround(fround(x[from + i] * scale) + half + 0.5);
    CODES[i] = clamp(Math.trunc(scaled), 0, 2 * half - 1);
  }
}

export function quantizeQ4_0(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  symmetric(x, from, out, at, 8);
  putNibbles(out, at + 2, CODES);
}

export function quantizeQ5_0(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  symmetric(x, from, out, at, 16);
  putFifthBits(out, at + 2, CODES);
  putNibbles(out, at + 6, CODES);
}

/** Q4_1 and Q5_1: the codes span the block from its least to its largest value. */
function spanned(
  x: Float32Array,
  from: number,
  out: Uint8Array,
  at: number,
  codeMax: number,
): void {
  let least = x[from];
  let most = x[from];
  for (let i = from + 1; i < from + LENGTH; i += 1) {
    if (x[i] < least) least = x[i];
    if (x[i] > most) most = x[i];
  }
  const d = fround(fround(most - least) / codeMax);
  const scale = inverse(d);
  putHalf(out, at, d);
  putHalf(out, at + 2, least);
  for (let i = 0; i < LENGTH; i += 1) {
    const scaled = fround(fround(fround(x[from + i] - least) * scale) + 0.5);
    CODES[i] = Math.min(codeMax, Math.trunc(scaled));
  }
}

export function quantizeQ4_1(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  spanned(x, from, out, at, 15);
  putNibbles(out, at + 4, CODES);
}

export function quantizeQ5_1(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  spanned(x, from, out, at, 31);
  putFifthBits(out, at + 4, CODES);
  putNibbles(out, at + 8, CODES);
}

export function quantizeQ8_0(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  const d = fround(abs(extreme(x, from)) / 127);
  const scale = inverse(d);
  putHalf(out, at, d);
  for (let i = 0; i < LENGTH; i += 1) out[at + 2 + i] = nearestAway(fround(x[from + i] * scale));
}

/** Twice the values of the 4-bit floats. */
const MXFP4 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** The scale is a power of two: the extreme value lies in [4, 8) of it, above 6 is cut off. */
export function quantizeMxfp4(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  const most = abs(extreme(x, from));
  const exponent = most > 0 ? clamp(Math.floor(fround(Math.log2(most))) + 125, 0, 254) : 0;
  const d = 2 ** (exponent - 128);
  out[at] = exponent;
  for (let i = 0; i < LENGTH; i += 1) {
    let best = 0;
    let bestError = abs(x[from + i]);
    for (let code = 1; code < 16; code += 1) {
      const error = abs(fround(fround(MXFP4[code] * d) - x[from + i]));
      if (error < bestError) {
        best = code;
        bestError = error;
      }
    }
    CODES[i] = best;
  }
  putNibbles(out, at + 1, CODES);
}
