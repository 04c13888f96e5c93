/**
 * Single precision in JavaScript: every product, quotient and sum that a quantiser rounds. V8
 * compiles `fround` of one operation to the operation in f32.
 */
import { floatToHalf, halfToFloat } from '../../engine/gguf/index.ts';

const { fround } = Math;

/** 1.5 * 2^23: adding it leaves no bits behind the point. */
const ROUNDING = 12582912;

/** To the nearest whole number, ties to even. |value| below 2^22. */
export function nearestEven(value: number): number {
  return fround(fround(value) + ROUNDING) - ROUNDING;
}

/** To the nearest whole number, ties away from zero. */
export function nearestAway(value: number): number {
  return value < 0 ? -Math.floor(0.5 - value) : Math.floor(value + 0.5);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

/** The quotient 1 / value, or 0 of 0. */
export function inverse(value: number): number {
  return value === 0 ? 0 : fround(1 / value);
}

/** Writes a value as f16 and returns what was written, as a number. */
export function putHalf(out: Uint8Array, at: number, value: number): number {
  const half = floatToHalf(value);
  out[at] = half & 255;
  out[at + 1] = half >> 8;
  return halfToFloat(half);
}
