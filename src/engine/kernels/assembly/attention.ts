/**
 * Grouped-query attention over paged KV, numerics.md sections 8, 16, 18 and 23. A unit is a tile of
 * up to 8 rows and one KV head: a page is turned into floats once for the rows of a tile that share
 * it. OP_ATTENTION is causal; in OP_ATTENTION_ALL a row sees up to its fourth word, the last
 * position of its sequence.
 *
 * a0 out (rows of heads x D, one after the other), a1 softcap (f32; 0: none), a2 q, a3 its stride,
 * a4 rows, a5 row count, a6 KV pool + offset of the layer, a7 page bytes, a8 heads | KV heads <<
 * 16, a9 D | window << 10 (window 0: all positions), a10 scratch
 *
 * Scratch of a worker (owner: that worker), floats:
 *   K page D x 64 | V page 64 x D | e 64 | tile states 8 x heads per KV head x (D + 4)
 * A state is the running sum of exp times v (D), then max, sum of exp, two unused.
 */
import { OP_ATTENTION_ALL, address, float, integer } from './record';
import { HALF_MASK, HALF_SCALE } from './constants';
import { halves } from './half';
import { fault } from './fault';
import { exp4, softcap4, tree16 } from './math';

export const TILE_ROWS: i32 = 8;

export function attention(record: usize, first: i32, end: i32, worker: i32): void {
  const rowCount = integer(record, 5);
  const heads = integer(record, 8) & 0xffff;
  const kvHeads = integer(record, 8) >> 16;
  const D = <usize>(integer(record, 9) & 1023);
  const group = heads / kvHeads;
  const scratchBytes = (D << 9) + 256 + <usize>(TILE_ROWS * group) * ((D + 4) << 2);
  const scratch = address(record, 10) + <usize>worker * scratchBytes;
  for (let unit = first; unit < end; unit++) {
    const tile = unit / kvHeads;
    const head = unit - tile * kvHeads;
    const from = tile * TILE_ROWS;
    attendTile(record, from, min(from + TILE_ROWS, rowCount), head, group, D, scratch);
  }
}

function attendTile(
  record: usize, from: i32, to: i32, head: i32, group: i32, D: usize, scratch: usize,
): void {
  const rows = address(record, 4);
  const kv = address(record, 6) + <usize>head * (D << 8);
  const states = scratch + (D << 9) + 256;
  const stateBytes = (D + 4) << 2;
  const window = <i32>(<u32>integer(record, 9) >> 10);
  const softcap = float(record, 1);
  const end: usize = (load<i32>(record) & 0xffff) == OP_ATTENTION_ALL ? 12 : 4;
  let lastPage = 0;
  let firstPage = i32.MAX_VALUE;
  for (let r = from; r < to; r++) {
    const position = load<i32>(rows + (<usize>r << 4), 4);
    lastPage = max(lastPage, load<i32>(rows + (<usize>r << 4) + end) >> 6);
    firstPage = min(firstPage, earliest(position, window) >> 6);
  }
  let cached: i64 = -1;
  for (let block = firstPage; block <= lastPage; block++) {
    let state = states;
    for (let r = from; r < to; r++) {
      const row = rows + (<usize>r << 4);
      const position = load<i32>(row, 4);
      const visible = load<i32>(row + end) - (block << 6) + 1;
      const start = earliest(position, window) - (block << 6);
      if (visible > 0 && start < 64) {
        const page = load<u32>(load<usize>(row, 8) + (<usize>block << 2));
        if (<i64>page != cached) {
          expandPage(scratch, kv + <usize>page * address(record, 7), D);
          cached = <i64>page;
        }
        let q = address(record, 2) + <usize>r * address(record, 3)
          + <usize>(head * group) * (D << 2);
        for (let g = 0; g < group; g++) {
          attendBlock(
            record, state + <usize>g * stateBytes, q, scratch, D, max(start, 0), min(visible, 64),
            softcap, start >= 0,
          );
          q += D << 2;
        }
      }
      state += <usize>group * stateBytes;
    }
  }
  finishTile(record, from, to, head, group, D, states);
}

/** The first position that is seen from this one. */
// @ts-ignore: decorator
@inline
function earliest(position: i32, window: i32): i32 {
  return window ? max(position - window + 1, 0) : 0;
}

/** K and V of one head of a page, halves -> floats. */
function expandPage(out: usize, page: usize, D: usize): void {
  const mask = v128.load(HALF_MASK);
  const scale = v128.load(HALF_SCALE);
  const end = out + (D << 9);
  while (out < end) {
    v128.store(out, halves(page, mask, scale));
    v128.store(out, halves(page + 8, mask, scale), 16);
    page += 16;
    out += 32;
  }
}

/**
 * Scores, exp and weighted values of one query head over positions from..visible of one block,
 * folded into the state.
 */
function attendBlock(
  record: usize, state: usize, q: usize, scratch: usize, D: usize, from: i32, visible: i32,
  softcap: f32, first: bool,
): void {
  const e = scratch + (D << 9);
  if (from < 32) scores32(e, q, scratch, D);
  if (visible > 32) scores32(e + 128, q, scratch + 128, D);
  if (softcap != 0) {
    // A cap would hide an infinity; only what is seen counts.
    let zero: f32 = 0;
    for (let p = <usize>from; p < <usize>visible; p++) {
      const score = load<f32>(e + (p << 2));
      zero += score - score;
    }
    if (zero != 0) fault(record);
    for (let p = from & ~3; p < visible; p += 4) {
      const at = e + (<usize>p << 2);
      v128.store(at, softcap4(v128.load(at), softcap));
    }
  }
  const blockMax = maxOf(e, from, visible);
  const blockSum = exponentials(e, blockMax, from, visible);
  const stateEnd = state + (D << 2);
  const values = scratch + (D << 8);
  if (first) {
    for (let c: usize = 0; c < D; c += 32) {
      weighted32(state + (c << 2), e, values + (c << 2), D, from, visible, 0, 1, true);
    }
    store<f32>(stateEnd, blockMax);
    store<f32>(stateEnd, blockSum, 4);
    return;
  }
  const oldMax = load<f32>(stateEnd);
  const newMax = max<f32>(oldMax, blockMax);
  const exps = exp4(f32x4.replace_lane(f32x4.splat(oldMax - newMax), 1, blockMax - newMax));
  const alpha = f32x4.extract_lane(exps, 0);
  const beta = f32x4.extract_lane(exps, 1);
  for (let c: usize = 0; c < D; c += 32) {
    weighted32(state + (c << 2), e, values + (c << 2), D, from, visible, alpha, beta, false);
  }
  store<f32>(stateEnd, newMax);
  store<f32>(stateEnd, load<f32>(stateEnd, 4) * alpha + blockSum * beta, 4);
}

/** 32 scores: channels ascending in one accumulator a position. */
function scores32(out: usize, q: usize, k: usize, D: usize): void {
  let s0 = f32x4.splat(0), s1 = f32x4.splat(0), s2 = f32x4.splat(0), s3 = f32x4.splat(0);
  let s4 = f32x4.splat(0), s5 = f32x4.splat(0), s6 = f32x4.splat(0), s7 = f32x4.splat(0);
  const end = q + (D << 2);
  while (q < end) {
    const x = v128.load_splat<u32>(q);
    s0 = f32x4.add(s0, f32x4.mul(x, v128.load(k)));
    s1 = f32x4.add(s1, f32x4.mul(x, v128.load(k, 16)));
    s2 = f32x4.add(s2, f32x4.mul(x, v128.load(k, 32)));
    s3 = f32x4.add(s3, f32x4.mul(x, v128.load(k, 48)));
    s4 = f32x4.add(s4, f32x4.mul(x, v128.load(k, 64)));
    s5 = f32x4.add(s5, f32x4.mul(x, v128.load(k, 80)));
    s6 = f32x4.add(s6, f32x4.mul(x, v128.load(k, 96)));
    s7 = f32x4.add(s7, f32x4.mul(x, v128.load(k, 112)));
    k += 256;
    q += 4;
  }
  v128.store(out, s0);
  v128.store(out, s1, 16);
  v128.store(out, s2, 32);
  v128.store(out, s3, 48);
  v128.store(out, s4, 64);
  v128.store(out, s5, 80);
  v128.store(out, s6, 96);
  v128.store(out, s7, 112);
}

function maxOf(e: usize, from: i32, visible: i32): f32 {
  let largest = load<f32>(e + (<usize>from << 2));
  for (let p = <usize>from + 1; p < <usize>visible; p++) {
    largest = max<f32>(largest, load<f32>(e + (p << 2)));
  }
  return largest;
}

/** e = exp(s - max), +0 where not visible; the sum by 16 strided partial sums and the tree. */
function exponentials(e: usize, blockMax: f32, from: i32, visible: i32): f32 {
  const top = f32x4.splat(blockMax);
  for (let p = from & ~3; p < visible; p += 4) {
    const at = e + (<usize>p << 2);
    v128.store(at, exp4(f32x4.sub(v128.load(at), top)));
  }
  for (let p = 0; p < from; p++) store<f32>(e + (<usize>p << 2), 0);
  for (let p = visible; p < 64; p++) store<f32>(e + (<usize>p << 2), 0);
  let p0 = f32x4.splat(0), p1 = f32x4.splat(0), p2 = f32x4.splat(0), p3 = f32x4.splat(0);
  for (let i: usize = 0; i < 256; i += 64) {
    p0 = f32x4.add(p0, v128.load(e + i));
    p1 = f32x4.add(p1, v128.load(e + i, 16));
    p2 = f32x4.add(p2, v128.load(e + i, 32));
    p3 = f32x4.add(p3, v128.load(e + i, 48));
  }
  return tree16(p0, p1, p2, p3);
}

/**
 * 32 channels of sum(e v) over the visible positions ascending, folded: old * alpha + new * beta.
 */
function weighted32(
  out: usize, e: usize, v: usize, D: usize, from: i32, visible: i32, alpha: f32, beta: f32,
  first: bool,
): void {
  let a0 = f32x4.splat(0), a1 = f32x4.splat(0), a2 = f32x4.splat(0), a3 = f32x4.splat(0);
  let a4 = f32x4.splat(0), a5 = f32x4.splat(0), a6 = f32x4.splat(0), a7 = f32x4.splat(0);
  const stride = D << 2;
  const end = e + (<usize>visible << 2);
  e += <usize>from << 2;
  v += <usize>from * stride;
  while (e < end) {
    const x = v128.load_splat<u32>(e);
    a0 = f32x4.add(a0, f32x4.mul(x, v128.load(v)));
    a1 = f32x4.add(a1, f32x4.mul(x, v128.load(v, 16)));
    a2 = f32x4.add(a2, f32x4.mul(x, v128.load(v, 32)));
    a3 = f32x4.add(a3, f32x4.mul(x, v128.load(v, 48)));
    a4 = f32x4.add(a4, f32x4.mul(x, v128.load(v, 64)));
    a5 = f32x4.add(a5, f32x4.mul(x, v128.load(v, 80)));
    a6 = f32x4.add(a6, f32x4.mul(x, v128.load(v, 96)));
    a7 = f32x4.add(a7, f32x4.mul(x, v128.load(v, 112)));
    v += stride;
    e += 4;
  }
  if (!first) {
    const a = f32x4.splat(alpha);
    const b = f32x4.splat(beta);
    a0 = f32x4.add(f32x4.mul(v128.load(out), a), f32x4.mul(a0, b));
    a1 = f32x4.add(f32x4.mul(v128.load(out, 16), a), f32x4.mul(a1, b));
    a2 = f32x4.add(f32x4.mul(v128.load(out, 32), a), f32x4.mul(a2, b));
    a3 = f32x4.add(f32x4.mul(v128.load(out, 48), a), f32x4.mul(a3, b));
    a4 = f32x4.add(f32x4.mul(v128.load(out, 64), a), f32x4.mul(a4, b));
    a5 = f32x4.add(f32x4.mul(v128.load(out, 80), a), f32x4.mul(a5, b));
    a6 = f32x4.add(f32x4.mul(v128.load(out, 96), a), f32x4.mul(a6, b));
    a7 = f32x4.add(f32x4.mul(v128.load(out, 112), a), f32x4.mul(a7, b));
  }
  v128.store(out, a0);
  v128.store(out, a1, 16);
  v128.store(out, a2, 32);
  v128.store(out, a3, 48);
  v128.store(out, a4, 64);
  v128.store(out, a5, 80);
  v128.store(out, a6, 96);
  v128.store(out, a7, 112);
}

/** out = sum(e v) / sum(e). */
function finishTile(
  record: usize, from: i32, to: i32, head: i32, group: i32, D: usize, states: usize,
): void {
  let state = states;
  for (let r = from; r < to; r++) {
    const heads = <usize>(integer(record, 8) & 0xffff);
    let out = address(record, 0) + (<usize>r * heads + <usize>(head * group)) * (D << 2);
    for (let g = 0; g < group; g++) {
      const sum = f32x4.splat(load<f32>(state + (D << 2), 4));
      for (let c: usize = 0; c < D << 2; c += 16) {
        v128.store(out + c, f32x4.div(v128.load(state + c), sum));
      }
      out += D << 2;
      state += (D + 4) << 2;
    }
  }
}
