/**
 * Rotates queries and keys, scales queries, and writes keys and values of a row into its KV page as
 * halves. A unit is one row. numerics.md section 7.
 *
 * a0 qkv (rows of q heads, k heads, v heads), a1 its stride, a2 rows, a3 rope table, a4 KV pool +
 * offset of the layer, a5 page bytes, a6 heads, a7 KV heads, a8 head dimension D, a9 scale of the
 * queries (f32), a10 pairing: 0 neighbours (2i, 2i+1), 1 halves (i, i + R/2) | R << 8: the first R
 * of D values are rotated
 *
 * A row is 16 bytes: token, position, address of its page table, unused.
 * A head of a page: K is D x 64 halves (channel-major), then V is 64 x D halves (position-major).
 */
import { address, float, integer } from './record';
import { toHalf } from './half';

export function ropeKv(record: usize, first: i32, end: i32): void {
  const heads = integer(record, 6);
  const kvHeads = integer(record, 7);
  const D = <usize>integer(record, 8);
  const scale = float(record, 9);
  const halfPairs = (integer(record, 10) & 1) != 0;
  const R = <usize>(integer(record, 10) >> 8);
  for (let r = first; r < end; r++) {
    const row = address(record, 2) + (<usize>r << 4);
    const position = load<i32>(row, 4);
    const angles = address(record, 3) + <usize>position * (R << 2);
    let x = address(record, 0) + <usize>r * address(record, 1);
    for (let h = 0; h < heads; h++) {
      rotate(x, angles, R, halfPairs, scale);
      for (let c = R; c < D; c++) store<f32>(x + (c << 2), load<f32>(x + (c << 2)) * scale);
      x += D << 2;
    }
    const page = load<u32>(load<usize>(row, 8) + ((<usize>position >> 6) << 2));
    let out = address(record, 4) + <usize>page * address(record, 5);
    let v = x + <usize>kvHeads * (D << 2);
    const slot = <usize>(position & 63);
    for (let h = 0; h < kvHeads; h++) {
      rotate(x, angles, R, halfPairs, 1);
      writeHead(out, x, v, slot, D, record);
      x += D << 2;
      v += D << 2;
      out += D << 8;
    }
  }
}

/** Rotates R values of a head in place; `angles` holds cos, sin of each pair. */
function rotate(x: usize, angles: usize, R: usize, halfPairs: bool, scale: f32): void {
  const second: usize = halfPairs ? R << 1 : 4;
  const step: usize = halfPairs ? 4 : 8;
  for (let i: usize = 0; i < R >> 1; i++) {
    const a = load<f32>(x);
    const b = load<f32>(x + second);
    const c = load<f32>(angles);
    const s = load<f32>(angles, 4);
    store<f32>(x, (a * c - b * s) * scale);
    store<f32>(x + second, (a * s + b * c) * scale);
    x += step;
    angles += 8;
  }
}

/** One head's key and value into slot 0..63 of a page. */
function writeHead(out: usize, k: usize, v: usize, slot: usize, D: usize, record: usize): void {
  let key = out + (slot << 1);
  let value = out + (D << 7) + slot * (D << 1);
  for (let c: usize = 0; c < D; c++) {
    store<u16>(key, toHalf(load<f32>(k), record));
    store<u16>(value, toHalf(load<f32>(v), record));
    key += 128;
    value += 2;
    k += 4;
    v += 4;
  }
}
