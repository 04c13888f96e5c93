/**
 * Prepares the input of matrix products: optional RMS norm, SwiGLU, GeGLU or GELU, then one of
 * three forms. A unit is one column (token). numerics.md sections 2, 5, 6, 15 and 22.
 *
 * a0 out, a1 source | form << 8, a2 in, a3 in stride, a4 second input (norm weights or the up
 * projection), a5 its stride, a6 K, a7 columns, a8 eps, a9 column index list (0: identity)
 *
 * Forms: 0 plain f32 rows; 1 blocks of 8-bit, 2 of 16-bit, 3 of 15-bit integers (two planes of 8
 * bits), in tiles of 8, 4 or 1 columns (`../activations.ts` draws them).
 */
import { address, float, integer } from './record';
import { fault } from './fault';
import { exp4, gelu4, geluErf4, inverseRms } from './math';

const SOURCE_NORM: i32 = 1;
const SOURCE_SWIGLU: i32 = 2;
const SOURCE_GEGLU: i32 = 3;
const SOURCE_GELU: i32 = 4;

export function activate(record: usize, first: i32, end: i32): void {
  const source = integer(record, 1) & 255;
  const form = integer(record, 1) >> 8;
  const K = integer(record, 6);
  const columns = integer(record, 7);
  const index = address(record, 9);
  for (let c = first; c < end; c++) {
    const row = index ? load<i32>(index + ((<usize>c) << 2)) : c;
    const x = address(record, 2) + <usize>row * address(record, 3);
    const second = address(record, 4) + <usize>row * address(record, 5);
    const scale: f32 = source == SOURCE_NORM ? inverseRms(record, x, K, float(record, 8)) : 1;
    if (form == 0) plainRow(record, source, c, x, second, scale, K);
    else if (form == 1) blocks8(record, source, c, x, second, scale, K, columns);
    else if (form == 2) blocks16(record, source, c, x, second, scale, K, columns);
    else blocks15(record, source, c, x, second, scale, K, columns);
  }
}

/** Four values of the source at element `k`. */
// @ts-ignore: decorator
@inline
function load4(source: i32, x: usize, second: usize, scale: f32, k: usize): v128 {
  const v = v128.load(x + (k << 2));
  if (source == SOURCE_NORM) {
    return f32x4.mul(f32x4.mul(v, f32x4.splat(scale)), v128.load(second + (k << 2)));
  }
  if (source == SOURCE_SWIGLU) {
    const gate = f32x4.div(v, f32x4.add(f32x4.splat(1), exp4(f32x4.neg(v))));
    return f32x4.mul(gate, v128.load(second + (k << 2)));
  }
  if (source == SOURCE_GEGLU) return f32x4.mul(gelu4(v), v128.load(second + (k << 2)));
  if (source == SOURCE_GELU) return geluErf4(v);
  return v;
}

function plainRow(
  record: usize, source: i32, c: i32, x: usize, second: usize, scale: f32, K: i32,
): void {
  const out = address(record, 0) + <usize>c * (<usize>K << 2);
  let bad = f32x4.splat(0);
  for (let k: usize = 0; k < <usize>K; k += 4) {
    const v = load4(source, x, second, scale, k);
    bad = f32x4.max(bad, f32x4.abs(v));
    v128.store(out + (k << 2), v);
  }
  if (!(horizontalMax(bad) < Infinity)) fault(record);
}

// @ts-ignore: decorator
@inline
function horizontalMax(v: v128): f32 {
  const pairs = f32x4.max(
    v, i8x16.shuffle(v, v, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7),
  );
  return max<f32>(f32x4.extract_lane(pairs, 0), f32x4.extract_lane(pairs, 1));
}

/** Width of the tile of column c among n columns: 8s first, then a 4, then 1s. */
// @ts-ignore: decorator
@inline
function tileWidth(c: i32, n: i32): i32 {
  const eights = n & ~7;
  if (c < eights) return 8;
  return c < eights + (n & 4) ? 4 : 1;
}

// @ts-ignore: decorator
@inline
function load4Block(
  source: i32, x: usize, second: usize, scale: f32, k: usize, group: usize,
): v128 {
  return load4(source, x, second, scale, k + (group << 2));
}

function blocks8(
  record: usize, source: i32, c: i32, x: usize, second: usize, scale: f32, K: i32, n: i32,
): void {
  const width = <usize>tileWidth(c, n);
  const lane = <usize>c & (width - 1);
  const tile = <usize>c - lane;
  let out = address(record, 0) + tile * ((<usize>K >> 5) * 48);
  for (let k: usize = 0; k < <usize>K; k += 32) {
    const v0 = load4Block(source, x, second, scale, k, 0);
    const v1 = load4Block(source, x, second, scale, k, 1);
    const v2 = load4Block(source, x, second, scale, k, 2);
    const v3 = load4Block(source, x, second, scale, k, 3);
    const v4 = load4Block(source, x, second, scale, k, 4);
    const v5 = load4Block(source, x, second, scale, k, 5);
    const v6 = load4Block(source, x, second, scale, k, 6);
    const v7 = load4Block(source, x, second, scale, k, 7);
    const amax = horizontalMax(
      f32x4.max(
        f32x4.max(f32x4.max(f32x4.abs(v0), f32x4.abs(v1)), f32x4.max(f32x4.abs(v2), f32x4.abs(v3))),
        f32x4.max(f32x4.max(f32x4.abs(v4), f32x4.abs(v5)), f32x4.max(f32x4.abs(v6), f32x4.abs(v7))),
      ),
    );
    let step: f32 = 0;
    let inverse: f32 = 0;
    if (!(amax < Infinity)) fault(record);
    else if (amax >= reinterpret<f32>(0x0d800000)) {
      step = amax / 127;
      inverse = <f32>127 / amax;
    }
    const q = out + (lane << 2);
    const stride = width << 2;
    const low = quantize4(q, v0, inverse) + quantize4(q + stride, v1, inverse) +
      quantize4(q + 2 * stride, v2, inverse) + quantize4(q + 3 * stride, v3, inverse);
    const high = quantize4(q + 4 * stride, v4, inverse) + quantize4(q + 5 * stride, v5, inverse) +
      quantize4(q + 6 * stride, v6, inverse) + quantize4(q + 7 * stride, v7, inverse);
    const scales = q + 8 * stride;
    store<f32>(scales, step);
    store<f32>(scales + stride, <f32>(low + high));
    store<f32>(scales + 2 * stride, <f32>low);
    store<f32>(scales + 3 * stride, <f32>high);
    out += 48 * width;
  }
}

/** Stores four integers as bytes; their sum. */
// @ts-ignore: decorator
@inline
function quantize4(out: usize, v: v128, inverse: f32): i32 {
  const q = i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(v, f32x4.splat(inverse))));
  storeBytes(out, q);
  return horizontalSum(q);
}

function blocks16(
  record: usize, source: i32, c: i32, x: usize, second: usize, scale: f32, K: i32, n: i32,
): void {
  const width = <usize>tileWidth(c, n);
  const lane = <usize>c & (width - 1);
  const tile = <usize>c - lane;
  let out = address(record, 0) + tile * ((<usize>K >> 5) * 68);
  for (let k: usize = 0; k < <usize>K; k += 32) {
    let largest = f32x4.splat(0);
    for (let g: usize = 0; g < 8; g++) {
      largest = f32x4.max(largest, f32x4.abs(load4Block(source, x, second, scale, k, g)));
    }
    const amax = horizontalMax(largest);
    let step: f32 = 0;
    let inverse: f32 = 0;
    if (!(amax < Infinity)) fault(record);
    else if (amax >= reinterpret<f32>(0x0d800000)) {
      step = amax / 32767;
      inverse = <f32>32767 / amax;
    }
    let q = out + (lane << 2);
    for (let g: usize = 0; g < 8; g++) {
      const v = f32x4.mul(load4Block(source, x, second, scale, k, g), f32x4.splat(inverse));
      const integers = i32x4.trunc_sat_f32x4_s(f32x4.nearest(v));
      const words = i16x8.narrow_i32x4_s(integers, integers);
      v128.store_lane<u32>(q, words, 0);
      v128.store_lane<u32>(q + (width << 2), words, 1);
      q += width << 3;
    }
    store<f32>(q, step);
    out += 68 * width;
  }
}

/** Two planes: q = 128 high + low, low in -64..63; |q| at most 16319. */
function blocks15(
  record: usize, source: i32, c: i32, x: usize, second: usize, scale: f32, K: i32, n: i32,
): void {
  const width = <usize>tileWidth(c, n);
  const lane = <usize>c & (width - 1);
  const tile = <usize>c - lane;
  const stride = width << 2;
  let out = address(record, 0) + tile * ((<usize>K >> 5) * 80);
  for (let k: usize = 0; k < <usize>K; k += 32) {
    let largest = f32x4.splat(0);
    for (let g: usize = 0; g < 8; g++) {
      largest = f32x4.max(largest, f32x4.abs(load4Block(source, x, second, scale, k, g)));
    }
    const amax = horizontalMax(largest);
    let step: f32 = 0;
    let inverse: f32 = 0;
    if (!(amax < Infinity)) fault(record);
    else if (amax >= reinterpret<f32>(0x0d800000)) {
      step = amax / 16319;
      inverse = <f32>16319 / amax;
    }
    let q = out + (lane << 2);
    let sum0 = i32x4.splat(0);
    let sum1 = i32x4.splat(0);
    for (let g: usize = 0; g < 8; g++) {
      const v = f32x4.mul(load4Block(source, x, second, scale, k, g), f32x4.splat(inverse));
      const integers = i32x4.trunc_sat_f32x4_s(f32x4.nearest(v));
      const high = i32x4.shr_s(i32x4.add(integers, i32x4.splat(64)), 7);
      storeBytes(q, high);
      storeBytes(q + 8 * stride, i32x4.sub(integers, i32x4.shl(high, 7)));
      if (g < 4) sum0 = i32x4.add(sum0, integers);
      else sum1 = i32x4.add(sum1, integers);
      q += stride;
    }
    q += 8 * stride;
    const low = horizontalSum(sum0);
    const high = horizontalSum(sum1);
    store<f32>(q, step);
    store<f32>(q + stride, <f32>(low + high));
    store<f32>(q + 2 * stride, <f32>low);
    store<f32>(q + 3 * stride, <f32>high);
    out += 80 * width;
  }
}

/** Four small integers as bytes. */
// @ts-ignore: decorator
@inline
function storeBytes(out: usize, q: v128): void {
  const words = i16x8.narrow_i32x4_s(q, q);
  v128.store_lane<u32>(out, i8x16.narrow_i16x8_s(words, words), 0);
}

// @ts-ignore: decorator
@inline
function horizontalSum(q: v128): i32 {
  return i32x4.extract_lane(q, 0) + i32x4.extract_lane(q, 1) +
    i32x4.extract_lane(q, 2) + i32x4.extract_lane(q, 3);
}
