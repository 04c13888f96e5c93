/**
 * f32 -> super-blocks of 256: Q2_K, Q3_K, Q4_K, Q5_K, Q6_K. Sub-blocks get scales (and minima) by
 * searches.ts; those are quantised themselves; then every code is taken anew with the scale as it
 * will be read. Layouts: engine/gguf/dequantize.ts and dequantize-small.ts.
 */
import { clamp, nearestEven, putHalf } from './float.ts';
import {
  type SpanSearch,
  searchScale,
  searchScaleBySteps,
  searchSpan,
  span,
  TINY,
} from './searches.ts';

const { fround, abs } = Math;
const LENGTH = 256;

const CODES = new Uint8Array(LENGTH);
const SIGNED_CODES = new Int8Array(LENGTH);
const WEIGHTS = new Float32Array(32);
const SCALES = new Float32Array(16);
const MINIMA = new Float32Array(16);

/** The values of one super-block, from 0 on, so that codes and values share an index. */
const X = new Float32Array(LENGTH);

function take(x: Float32Array, from: number): void {
  for (let i = 0; i < LENGTH; i += 1) X[i] = x[from + i];
}

/** Codes of 0 .. codeMax again, with the scale and minimum of sub-block s as they are read. */
function recode(s: number, length: number, codeMax: number, d: number, minimum: number): void {
  if (d === 0) return;
  for (let i = length * s; i < length * (s + 1); i += 1) {
    CODES[i] = clamp(nearestEven(fround(fround(X[i] + minimum) / d)), 0, codeMax);
  }
}

/** Likewise of -half .. half - 1; half is added. */
function recodeSigned(s: number, half: number, d: number): void {
  if (d === 0) return;
  for (let i = 16 * s; i < 16 * (s + 1); i += 1) {
    SIGNED_CODES[i] = clamp(nearestEven(fround(X[i] / d)), -half, half - 1) + half;
  }
}

/** Two bits of every code: elements 0..31 of a half of 128 are bits 0-1 of its bytes, and so on. */
function putPairs(out: Uint8Array, at: number, codes: ArrayLike<number>): void {
  for (let l = 0; l < 64; l += 1) {
    const first = 128 * (l >> 5) + (l & 31);
    let byte = 0;
    for (let pair = 0; pair < 4; pair += 1) byte |= (codes[first + 32 * pair] & 3) << (2 * pair);
    out[at + l] = byte;
  }
}

function largest(values: Float32Array, count: number): number {
  let most = 0;
  for (let i = 0; i < count; i += 1) if (values[i] > most) most = values[i];
  return most;
}

const SPAN_Q2K: SpanSearch = { length: 16, codeMax: 3, first: -0.5, steps: 15, isAbsolute: true };
const SPAN_Q4K: SpanSearch = { length: 32, codeMax: 15, first: -1, steps: 20, isAbsolute: false };
const SPAN_Q5K: SpanSearch = { length: 32, codeMax: 31, first: -0.5, steps: 15, isAbsolute: false };

export function quantizeQ2K(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  take(x, from);
  for (let s = 0; s < 16; s += 1) {
    for (let i = 0; i < 16; i += 1) WEIGHTS[i] = abs(X[16 * s + i]);
    searchSpan(X, 16 * s, WEIGHTS, CODES, SPAN_Q2K);
    SCALES[s] = span.scale;
    MINIMA[s] = span.minimum;
  }
  const scaleMax = largest(SCALES, 16);
  const minimumMax = largest(MINIMA, 16);
  const scaleInverse = scaleMax > 0 ? fround(15 / scaleMax) : 0;
  const minimumInverse = minimumMax > 0 ? fround(15 / minimumMax) : 0;
  const d = putHalf(out, at + 80, fround(scaleMax / 15));
  const dmin = putHalf(out, at + 82, fround(minimumMax / 15));
  for (let s = 0; s < 16; s += 1) {
    const scale = nearestEven(fround(scaleInverse * SCALES[s])) & 255;
    const minimum = nearestEven(fround(minimumInverse * MINIMA[s]));
    out[at + s] = scale | (minimum << 4);
    recode(s, 16, 3, fround(d * (out[at + s] & 15)), fround(dmin * (out[at + s] >> 4)));
  }
  putPairs(out, at + 16, CODES);
}

export function quantizeQ3K(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  take(x, from);
  let extreme = 0;
  for (let s = 0; s < 16; s += 1) {
    SCALES[s] = searchScaleBySteps(X, 16 * s, 16, SIGNED_CODES);
    if (abs(SCALES[s]) > abs(extreme)) extreme = SCALES[s];
  }
  const inverse = extreme === 0 ? 0 : fround(-32 / extreme);
  const d = putHalf(out, at + 108, inverse === 0 ? 0 : fround(1 / inverse));
  out.fill(0, at + 96, at + 108);
  for (let s = 0; s < 16; s += 1) {
    // All scales zero: the sub-scales are the bits 0, which read as -32, of a d of 0.
    const code = inverse === 0 ? 0 : clamp(nearestEven(fround(inverse * SCALES[s])), -32, 31) + 32;
    out[at + 96 + (s & 7)] |= (code & 15) << (4 * (s >> 3));
    out[at + 104 + (s & 3)] |= (code >> 4) << (2 * (s >> 2));
    recodeSigned(s, 4, fround(d * (code - 32)));
  }
  out.fill(0, at, at + 32);
  for (let i = 0; i < LENGTH; i += 1) out[at + (i & 31)] |= (SIGNED_CODES[i] >> 2) << (i >> 5);
  putPairs(out, at + 32, SIGNED_CODES);
}

/** Q4_K and Q5_K up to the codes: scales, minima, and CODES as they will be read. */
function spans(x: Float32Array, from: number, out: Uint8Array, at: number, search: SpanSearch) {
  take(x, from);
  for (let s = 0; s < 8; s += 1) {
    let squares = 0;
    for (let i = 32 * s; i < 32 * (s + 1); i += 1) squares = fround(squares + fround(X[i] * X[i]));
    const mean = fround(Math.sqrt(fround(squares / 32)));
    for (let i = 0; i < 32; i += 1) WEIGHTS[i] = fround(mean + abs(X[32 * s + i]));
    searchSpan(X, 32 * s, WEIGHTS, CODES, search);
    SCALES[s] = span.scale;
    MINIMA[s] = span.minimum;
  }
  const scaleMax = largest(SCALES, 8);
  const minimumMax = largest(MINIMA, 8);
  const scaleInverse = scaleMax > 0 ? fround(63 / scaleMax) : 0;
  const minimumInverse = minimumMax > 0 ? fround(63 / minimumMax) : 0;
  const d = putHalf(out, at, fround(scaleMax / 63));
  const dmin = putHalf(out, at + 2, fround(minimumMax / 63));
  out.fill(0, at + 4, at + 16);
  for (let s = 0; s < 8; s += 1) {
    const scale = Math.min(63, nearestEven(fround(scaleInverse * SCALES[s])) & 255);
    const minimum = Math.min(63, nearestEven(fround(minimumInverse * MINIMA[s])) & 255);
    putSubScale(out, at + 4, s, scale, minimum);
    recode(s, 32, search.codeMax, fround(d * scale), fround(dmin * minimum));
  }
}

/** Six bits each; the places are drawn in engine/gguf/dequantize.ts, `subScale`. */
function putSubScale(out: Uint8Array, at: number, s: number, scale: number, minimum: number) {
  if (s < 4) {
    out[at + s] |= scale;
    out[at + 4 + s] |= minimum;
    return;
  }
  out[at + 4 + s] |= (scale & 15) | ((minimum & 15) << 4);
  out[at + s - 4] |= (scale >> 4) << 6;
  out[at + s] |= (minimum >> 4) << 6;
}

function putNibblePairs(out: Uint8Array, at: number): void {
  for (let i = 0; i < 128; i += 1) {
    const first = 64 * (i >> 5) + (i & 31);
    out[at + i] = (CODES[first] & 15) | ((CODES[first + 32] & 15) << 4);
  }
}

export function quantizeQ4K(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  spans(x, from, out, at, SPAN_Q4K);
  putNibblePairs(out, at + 16);
}

export function quantizeQ5K(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  spans(x, from, out, at, SPAN_Q5K);
  out.fill(0, at + 16, at + 48);
  for (let i = 0; i < LENGTH; i += 1) out[at + 16 + (i & 31)] |= (CODES[i] >> 4) << (i >> 5);
  putNibblePairs(out, at + 48);
}

export function quantizeQ6K(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  take(x, from);
  let extreme = 0;
  for (let s = 0; s < 16; s += 1) {
    SCALES[s] = searchScale(X, 16 * s, 16, 32, SIGNED_CODES);
    if (abs(SCALES[s]) > abs(extreme)) extreme = SCALES[s];
  }
  if (abs(extreme) < TINY) {
    out.fill(0, at, at + 210);
    return;
  }
  const inverse = fround(-128 / extreme);
  const d = putHalf(out, at + 208, fround(1 / inverse));
  for (let s = 0; s < 16; s += 1) {
    const scale = Math.min(127, nearestEven(fround(inverse * SCALES[s])));
    out[at + 192 + s] = scale;
    recodeSigned(s, 32, fround(d * scale));
  }
  for (let i = 0; i < 128; i += 1) {
    const first = 128 * (i >> 6) + (i & 63);
    out[at + i] = (SIGNED_CODES[first] & 15) | ((SIGNED_CODES[first + 64] & 15) << 4);
  }
  for (let l = 0; l < 64; l += 1) {
    const first = 128 * (l >> 5) + (l & 31);
    let byte = 0;
    for (let j = 0; j < 4; j += 1) byte |= (SIGNED_CODES[first + 32 * j] >> 4) << (2 * j);
    out[at + 128 + l] = byte;
  }
}
