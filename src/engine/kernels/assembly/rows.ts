/**
 * Rows of floats, one value after the other: numerics.md sections 14, 16 and 21. A unit is one
 * segment of a row; `length` values, a multiple of 4 (of 16 for norms).
 *
 * a0 out, a1 its stride, a2 in, a3 its stride, a4 second input (bias or norm weights, one segment
 * long), a5 length, a6 segments of a row, a7 mode, a8 factor, epsilon or cap (f32), a9 third input
 * (biases of a layer norm)
 *
 * scale: out = in * a8. bias: out = in + second. addScaled: out += in * a8. norm: RMS norm of the
 * segment. addNorm: out += that. softcap: a8 * tanh(in / a8), a fault where in is not finite.
 * layerNorm: with mean and biases. out may be in.
 */
import { address, float, integer } from './record';
import { fault } from './fault';
import { inverseDeviation, inverseRms, meanOf, softcap4 } from './math';

const MODE_SCALE: i32 = 0;
const MODE_BIAS: i32 = 1;
const MODE_ADD_SCALED: i32 = 2;
const MODE_NORM: i32 = 3;
const MODE_ADD_NORM: i32 = 4;
const MODE_SOFTCAP: i32 = 5;
const MODE_LAYER_NORM: i32 = 6;

export function rows(record: usize, first: i32, end: i32): void {
  const length = integer(record, 5);
  const segments = integer(record, 6);
  const mode = integer(record, 7);
  const second = address(record, 4);
  const bytes = <usize>length << 2;
  for (let unit = first; unit < end; unit++) {
    const row = unit / segments;
    const start = <usize>(unit - row * segments) * bytes;
    const out = address(record, 0) + <usize>row * address(record, 1) + start;
    const x = address(record, 2) + <usize>row * address(record, 3) + start;
    let parameter = float(record, 8);
    if (mode == MODE_LAYER_NORM) {
      layerNorm(record, out, x, length, parameter);
      continue;
    }
    if (mode == MODE_NORM || mode == MODE_ADD_NORM) {
      parameter = inverseRms(record, x, length, parameter);
    }
    if (mode == MODE_SOFTCAP) checkFinite(record, x, bytes);
    for (let k: usize = 0; k < bytes; k += 16) {
      v128.store(out + k, value4(mode, out + k, x + k, second + k, parameter));
    }
  }
}

function layerNorm(record: usize, out: usize, x: usize, length: i32, eps: f32): void {
  const weights = address(record, 4);
  const biases = address(record, 9);
  const mean = meanOf(x, length);
  const center = f32x4.splat(mean);
  const scale = f32x4.splat(inverseDeviation(record, x, length, mean, eps));
  const bytes = <usize>length << 2;
  for (let k: usize = 0; k < bytes; k += 16) {
    const v = f32x4.mul(f32x4.sub(v128.load(x + k), center), scale);
    const weighed = f32x4.mul(v, v128.load(weights + k));
    v128.store(out + k, f32x4.add(weighed, v128.load(biases + k)));
  }
}

/** A cap would hide an infinity. */
function checkFinite(record: usize, x: usize, bytes: usize): void {
  let zeros = f32x4.splat(0);
  for (let k: usize = 0; k < bytes; k += 16) {
    const v = v128.load(x + k);
    zeros = f32x4.add(zeros, f32x4.sub(v, v));
  }
  if (v128.any_true(f32x4.ne(zeros, f32x4.splat(0)))) fault(record);
}

// @ts-ignore: decorator
@inline
function value4(mode: i32, out: usize, x: usize, second: usize, parameter: f32): v128 {
  const v = v128.load(x);
  if (mode == MODE_SCALE) return f32x4.mul(v, f32x4.splat(parameter));
  if (mode == MODE_BIAS) return f32x4.add(v, v128.load(second));
  if (mode == MODE_ADD_SCALED) {
    return f32x4.add(v128.load(out), f32x4.mul(v, f32x4.splat(parameter)));
  }
  if (mode == MODE_NORM || mode == MODE_ADD_NORM) {
    const normed = f32x4.mul(f32x4.mul(v, f32x4.splat(parameter)), v128.load(second));
    return mode == MODE_NORM ? normed : f32x4.add(v128.load(out), normed);
  }
  return softcap4(v, parameter);
}
