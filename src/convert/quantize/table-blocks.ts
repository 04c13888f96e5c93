/**
 * f32 -> IQ4_NL (blocks of 32) and IQ4_XS (super-blocks of 256 with eight scales): codes index a
 * table of 16 uneven values. Of fifteen scales around the extreme value the one with the least
 * weighted error is taken, weights x^2; the arithmetic is that of ggml's reference, step by step in
 * f32. Layouts: engine/gguf/dequantize-small.ts.
 */
import { clamp, inverse, nearestEven, putHalf } from './float.ts';
import { extremeOf } from './searches.ts';

const { fround, abs } = Math;

const VALUES = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];
/** Scales tried on each side. */
const STEPS = 7;

/** For each whole number from -127 on: the index of the largest value that is not above it. */
const BELOW = Uint8Array.from({ length: 240 }, (_, i) =>
  VALUES.findLastIndex((value) => value <= i - 127),
);

/** Index of the nearest value; the larger one of two that are equally near. */
function nearest(value: number): number {
  if (value <= VALUES[0]) return 0;
  if (value >= VALUES[15]) return 15;
  const low = BELOW[Math.floor(value) + 127];
  return fround(value - VALUES[low]) < fround(VALUES[low + 1] - value) ? low : low + 1;
}

const sums = { product: 0, square: 0 };

function weigh(x: Float32Array, from: number, inverseScale: number): void {
  let product = 0;
  let square = 0;
  for (let i = from; i < from + 32; i += 1) {
    const q = VALUES[nearest(fround(inverseScale * x[i]))];
    const weighted = fround(fround(x[i] * x[i]) * q);
    product = fround(product + fround(weighted * x[i]));
    square = fround(square + fround(weighted * q));
  }
  sums.product = product;
  sums.square = square;
}

/** The scale of 32 values. */
function searchScale(x: Float32Array, from: number): number {
  const extreme = extremeOf(x, from, 32);
  if (extreme === 0) return 0;
  const first = fround(-extreme / VALUES[0]);
  weigh(x, from, fround(1 / first));
  let scale = sums.square > 0 ? fround(sums.product / sums.square) : 0;
  let best = fround(scale * sums.product);
  for (let step = -STEPS; step <= STEPS; step += 1) {
    weigh(x, from, fround((step + VALUES[0]) / extreme));
    const { product, square } = sums;
    if (square > 0 && fround(product * product) > fround(best * square)) {
      scale = fround(product / square);
      best = fround(scale * product);
    }
  }
  return scale;
}

function putCodes(x: Float32Array, from: number, scale: number, out: Uint8Array, at: number): void {
  const inverseScale = inverse(scale);
  for (let j = 0; j < 16; j += 1) {
    const low = nearest(fround(inverseScale * x[from + j]));
    const high = nearest(fround(inverseScale * x[from + 16 + j]));
    out[at + j] = low | (high << 4);
  }
}

export function quantizeIq4Nl(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  const scale = searchScale(x, from);
  putHalf(out, at, scale);
  putCodes(x, from, scale, out, at + 2);
}

const SCALES = new Float32Array(8);

export function quantizeIq4Xs(x: Float32Array, from: number, out: Uint8Array, at: number): void {
  let extreme = 0;
  for (let s = 0; s < 8; s += 1) {
    SCALES[s] = searchScale(x, from + 32 * s);
    if (abs(SCALES[s]) > abs(extreme)) extreme = SCALES[s];
  }
  const d = fround(-extreme / 32);
  putHalf(out, at, d);
  const inverseScale = inverse(d);
  out.fill(0, at + 2, at + 8);
  for (let s = 0; s < 8; s += 1) {
    const scale = clamp(nearestEven(fround(inverseScale * SCALES[s])), -32, 31);
    putCodes(x, from + 32 * s, fround(d * scale), out, at + 8 + 16 * s);
    const code = scale + 32;
    out[at + 2 + (s >> 2)] |= (code >> 4) << (2 * (s & 3));
    out[at + 4 + (s >> 1)] |= (code & 15) << (4 * (s & 1));
  }
}
