/**
 * Matrix products, numerics.md section 2. A unit is 4 rows of the weights.
 *
 * a0 out (columns of N floats), a1 bytes from column to column, a2 1: add to out, a3 weights,
 * a4 prepared columns, a5 K, a6 N, a7 columns, a8 type | 256 when the columns are int15
 */
import { address, integer } from './record';
import { halves } from './half';
import { HALF_MASK, HALF_SCALE } from './constants';
import { tree16 } from './math';
import { tile1, tile4, tile8 } from './matmul-tiles';

const F32: i32 = 0;
const F16: i32 = 1;
const BF16: i32 = 2;
const Q4_0: i32 = 3;
const Q4_1: i32 = 4;
const Q5_1: i32 = 6;
const Q8_0: i32 = 7;
const Q4_K: i32 = 8;
const Q2_K: i32 = 11;
const IQ4_XS: i32 = 12;

export function matmul(record: usize, first: i32, end: i32): void {
  const kind = integer(record, 8);
  const type = kind & 255;
  if (type <= BF16) {
    floatRows(record, type, first << 2, min(end << 2, integer(record, 6)));
    return;
  }
  const blocks = integer(record, 5) >> 5;
  const columns = integer(record, 7);
  const stride = address(record, 1);
  const add = integer(record, 2);
  const groupBytes = <usize>blocks * blockBytes(type)
    + (type >= Q4_K && type != IQ4_XS ? <usize>(blocks >> 3) << 4 : 0);
  const columnBytes = <usize>blocks * (type == Q8_0 || type == IQ4_XS ? 68 : kind & 256 ? 80 : 48);
  for (let g = first; g < end; g++) {
    const w = address(record, 3) + <usize>g * groupBytes;
    let q = address(record, 4);
    let out = address(record, 0) + (<usize>g << 4);
    let c = 0;
    for (; c + 8 <= columns; c += 8) {
      tile8(kind, w, q, blocks, out, stride, add);
      q += columnBytes << 3;
      out += stride << 3;
    }
    if (c + 4 <= columns) {
      tile4(kind, w, q, blocks, out, stride, add);
      q += columnBytes << 2;
      out += stride << 2;
      c += 4;
    }
    for (; c < columns; c++) {
      tile1(kind, w, q, blocks, out, stride, add);
      q += columnBytes;
      out += stride;
    }
  }
}

function blockBytes(type: i32): usize {
  if (type == Q4_0 || type == Q4_K) return 72;
  if (type == Q4_1 || type == Q2_K) return 80;
  if (type == Q5_1 || type == IQ4_XS) return 144;
  return 136;
}

/** Float weights, rows as in the file; columns are plain f32 rows. 16 partial sums and the tree. */
function floatRows(record: usize, type: i32, first: i32, end: i32): void {
  const K = <usize>integer(record, 5);
  const columns = integer(record, 7);
  const add = integer(record, 2);
  const rowBytes = type == F32 ? K << 2 : K << 1;
  for (let n = first; n < end; n++) {
    const w = address(record, 3) + <usize>n * rowBytes;
    let x = address(record, 4);
    let out = address(record, 0) + (<usize>n << 2);
    let c = 0;
    for (; c + 2 <= columns; c += 2) {
      floatDots2(w, x, type, K, out, out + address(record, 1), add);
      x += K << 3;
      out += address(record, 1) << 1;
    }
    if (c < columns) put(out, floatDot(w, x, type, K), add);
  }
}

// @ts-ignore: decorator
@inline
function put(out: usize, value: f32, add: i32): void {
  store<f32>(out, add ? load<f32>(out) + value : value);
}

// @ts-ignore: decorator
@inline
function weights4(w: usize, type: i32, k: usize, mask: v128, scale: v128): v128 {
  if (type == F32) return v128.load(w + (k << 2));
  if (type == F16) return halves(w + (k << 1), mask, scale);
  return i32x4.shl(v128.load_ext<u16>(w + (k << 1)), 16);
}

function floatDot(w: usize, x: usize, type: i32, K: usize): f32 {
  const mask = v128.load(HALF_MASK);
  const scale = v128.load(HALF_SCALE);
  let p0 = f32x4.splat(0), p1 = f32x4.splat(0), p2 = f32x4.splat(0), p3 = f32x4.splat(0);
  for (let k: usize = 0; k < K; k += 16) {
    const at = x + (k << 2);
    p0 = f32x4.add(p0, f32x4.mul(weights4(w, type, k, mask, scale), v128.load(at)));
    p1 = f32x4.add(p1, f32x4.mul(weights4(w, type, k + 4, mask, scale), v128.load(at, 16)));
    p2 = f32x4.add(p2, f32x4.mul(weights4(w, type, k + 8, mask, scale), v128.load(at, 32)));
    p3 = f32x4.add(p3, f32x4.mul(weights4(w, type, k + 12, mask, scale), v128.load(at, 48)));
  }
  return tree16(p0, p1, p2, p3);
}

/** The same for two columns at once: each weight is read and converted once for both. */
function floatDots2(
  w: usize, x: usize, type: i32, K: usize, outA: usize, outB: usize, add: i32,
): void {
  const mask = v128.load(HALF_MASK);
  const scale = v128.load(HALF_SCALE);
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let b0 = f32x4.splat(0), b1 = f32x4.splat(0), b2 = f32x4.splat(0), b3 = f32x4.splat(0);
  for (let k: usize = 0; k < K; k += 16) {
    const a = x + (k << 2);
    const b = a + (K << 2);
    const w0 = weights4(w, type, k, mask, scale);
    a0 = f32x4.add(a0, f32x4.mul(w0, v128.load(a)));
    b0 = f32x4.add(b0, f32x4.mul(w0, v128.load(b)));
    const w1 = weights4(w, type, k + 4, mask, scale);
    a1 = f32x4.add(a1, f32x4.mul(w1, v128.load(a, 16)));
    b1 = f32x4.add(b1, f32x4.mul(w1, v128.load(b, 16)));
    const w2 = weights4(w, type, k + 8, mask, scale);
    a2 = f32x4.add(a2, f32x4.mul(w2, v128.load(a, 32)));
    b2 = f32x4.add(b2, f32x4.mul(w2, v128.load(b, 32)));
    const w3 = weights4(w, type, k + 12, mask, scale);
    a3 = f32x4.add(a3, f32x4.mul(w3, v128.load(a, 48)));
    b3 = f32x4.add(b3, f32x4.mul(w3, v128.load(b, 48)));
  }
  put(outA, tree16(a0, a1, a2, a3), add);
  put(outB, tree16(b0, b1, b2, b3), add);
}
