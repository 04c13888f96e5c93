/**
 * How the K-quants choose a scale (and a minimum) for a sub-block: several candidates are tried,
 * and the one with the least weighted error is kept. The published method of ggml's reference
 * quantisers, each step rounded to f32 in the same order, so that the bytes are the same.
 */
import { clamp, nearestEven } from './float.ts';

const { fround, abs } = Math;

/** Sub-blocks whose values are all below it are zero. */
export const TINY = fround(1e-15);

const TENTH = fround(0.1);

/** The value of the largest magnitude, the first of equals; 0: all are tiny. */
export function extremeOf(x: Float32Array, from: number, length: number): number {
  let found = 0;
  for (let i = from; i < from + length; i += 1) if (abs(x[i]) > abs(found)) found = x[i];
  return abs(found) < TINY ? 0 : found;
}

const sums = { product: 0, square: 0 };

/** Sums over the codes of one inverse scale, weights x^2. Codes go to `codes` when given. */
function weigh(
  x: Float32Array,
  from: number,
  length: number,
  half: number,
  inverseScale: number,
  codes?: Int8Array,
): void {
  let product = 0;
  let square = 0;
  for (let i = 0; i < length; i += 1) {
    const value = x[from + i];
    const code = clamp(nearestEven(fround(inverseScale * value)), -half, half - 1);
    const weight = fround(value * value);
    product = fround(product + fround(fround(weight * value) * code));
    square = fround(square + fround(fround(weight * code) * code));
    if (codes !== undefined) codes[from + i] = code + half;
  }
  sums.product = product;
  sums.square = square;
}

/**
 * Scale of codes -half .. half - 1 that come out in `codes` with `half` added (Q6_K).
 * Nineteen inverse scales are tried, around the one that gives the extreme value the least code.
 */
export function searchScale(
  x: Float32Array,
  from: number,
  length: number,
  half: number,
  codes: Int8Array,
): number {
  const extreme = extremeOf(x, from, length);
  if (extreme === 0) {
    codes.fill(0, from, from + length);
    return 0;
  }
  weigh(x, from, length, half, fround(-half / extreme), codes);
  let scale = sums.square === 0 ? 0 : fround(sums.product / sums.square);
  let best = fround(scale * sums.product);
  for (let step = -9; step <= 9; step += 1) {
    if (step === 0) continue;
    const span = -fround(half + fround(TENTH * step));
    const inverseScale = fround(span / extreme);
    weigh(x, from, length, half, inverseScale);
    const { product, square } = sums;
    if (square > 0 && fround(product * product) > fround(best * square)) {
      weigh(x, from, length, half, inverseScale, codes);
      scale = fround(product / square);
      best = fround(scale * product);
    }
  }
  return scale;
}

/**
 * Scale of codes -4 .. 3 that come out in `codes` with 4 added (Q3_K): starting from the nearest
 * codes, single codes are moved while that lowers the error, five rounds at most.
 */
export function searchScaleBySteps(
  x: Float32Array,
  from: number,
  length: number,
  codes: Int8Array,
): number {
  const half = 4;
  const extreme = extremeOf(x, from, length);
  if (extreme === 0) {
    codes.fill(0, from, from + length);
    return 0;
  }
  weigh(x, from, length, half, fround(-half / extreme), codes);
  let { product, square } = sums;
  for (let round = 0; round < 5; round += 1) {
    let hasMoved = false;
    for (let i = from; i < from + length; i += 1) {
      const value = x[i];
      const weight = fround(value * value);
      const weighted = fround(weight * value);
      const code = codes[i] - half;
      let otherProduct = fround(product - fround(weighted * code));
      if (!(otherProduct > 0)) continue;
      let otherSquare = fround(square - fround(fround(weight * code) * code));
      const wanted = fround(fround(value * otherSquare) / otherProduct);
      const moved = clamp(nearestEven(wanted), -half, half - 1);
      if (moved === code) continue;
      otherProduct = fround(otherProduct + fround(weighted * moved));
      otherSquare = fround(otherSquare + fround(fround(weight * moved) * moved));
      const gain = fround(fround(otherProduct * otherProduct) * square);
      if (otherSquare > 0 && gain > fround(fround(product * product) * otherSquare)) {
        codes[i] = moved + half;
        product = otherProduct;
        square = otherSquare;
        hasMoved = true;
      }
    }
    if (!hasMoved) break;
  }
  return square > 0 ? fround(product / square) : 0;
}

export interface SpanSearch {
  /** Elements of a sub-block. */
  readonly length: number;
  readonly codeMax: number;
  /** Offset of the first candidate from `codeMax`; each further one is 0.1 higher. */
  readonly first: number;
  readonly steps: number;
  /** Errors count by magnitude instead of by square. */
  readonly isAbsolute: boolean;
}

const trial = new Uint8Array(32);

/** What searchSpan found besides the codes. */
export const span = { scale: 0, minimum: 0 };

/**
 * Scale and minimum of codes 0 .. codeMax, value = scale * code - minimum (Q2_K, Q4_K, Q5_K); the
 * minimum is at least 0. For each candidate the scale and minimum of least squares are taken.
 * @param weights f32 [length]
 */
export function searchSpan(
  x: Float32Array,
  from: number,
  weights: Float32Array,
  codes: Uint8Array,
  search: SpanSearch,
): void {
  const { length, codeMax, first, steps, isAbsolute } = search;
  let least = x[from];
  let most = x[from];
  let sumWeight = weights[0];
  let sumValue = fround(sumWeight * x[from]);
  for (let i = 1; i < length; i += 1) {
    const value = x[from + i];
    if (value < least) least = value;
    if (value > most) most = value;
    sumWeight = fround(sumWeight + weights[i]);
    sumValue = fround(sumValue + fround(weights[i] * value));
  }
  if (least > 0) least = 0;
  if (most === least) {
    codes.fill(0, from, from + length);
    span.scale = 0;
    span.minimum = -least;
    return;
  }
  const inverseFirst = fround(codeMax / fround(most - least));
  span.scale = fround(1 / inverseFirst);
  span.minimum = least;
  for (let i = 0; i < length; i += 1) {
    const code = nearestEven(fround(inverseFirst * fround(x[from + i] - least)));
    codes[from + i] = clamp(code, 0, codeMax);
  }
  let best = errorOf(x, from, weights, codes, from, span.scale, least, length, isAbsolute);
  for (let step = 0; step <= steps; step += 1) {
    const top = fround(fround(first + fround(TENTH * step)) + codeMax);
    const inverseScale = fround(top / fround(most - least));
    let sumCode = 0;
    let sumSquare = 0;
    let sumProduct = 0;
    for (let i = 0; i < length; i += 1) {
      const value = x[from + i];
      const nearest = nearestEven(fround(inverseScale * fround(value - least)));
      const code = clamp(nearest, 0, codeMax);
      trial[i] = code;
      const weighted = fround(weights[i] * code);
      sumCode = fround(sumCode + weighted);
      sumSquare = fround(sumSquare + fround(weighted * code));
      sumProduct = fround(sumProduct + fround(weighted * value));
    }
    const determinant = fround(fround(sumWeight * sumSquare) - fround(sumCode * sumCode));
    if (!(determinant > 0)) continue;
    const slope = fround(fround(sumWeight * sumProduct) - fround(sumValue * sumCode));
    const level = fround(fround(sumSquare * sumValue) - fround(sumCode * sumProduct));
    let scale = fround(slope / determinant);
    let minimum = fround(level / determinant);
    if (minimum > 0) {
      minimum = 0;
      scale = fround(sumProduct / sumSquare);
    }
    const error = errorOf(x, from, weights, trial, 0, scale, minimum, length, isAbsolute);
    if (error < best) {
      for (let i = 0; i < length; i += 1) codes[from + i] = trial[i];
      best = error;
      span.scale = scale;
      span.minimum = minimum;
      // The search goes on from the new minimum, as the reference does.
      least = minimum;
    }
  }
  span.minimum = -span.minimum;
}

function errorOf(
  x: Float32Array,
  from: number,
  weights: Float32Array,
  codes: Uint8Array,
  codesFrom: number,
  scale: number,
  minimum: number,
  length: number,
  isAbsolute: boolean,
): number {
  let sum = 0;
  for (let i = 0; i < length; i += 1) {
    const restored = fround(fround(scale * codes[codesFrom + i]) + minimum);
    const difference = fround(restored - x[from + i]);
    const error = isAbsolute ? abs(difference) : fround(difference * difference);
    sum = fround(sum + fround(weights[i] * error));
  }
  return sum;
}
