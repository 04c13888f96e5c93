/**
 * Rows of the token embedding -> f32, numerics.md section 5. A unit is one row.
 *
 * a0 out, a1 its stride, a2 weights, a3 rows (16 bytes each, the token first), a4 K, a5 type
 *
 * Types and layouts: `../layout.ts`.
 */
import { address, integer } from './record';
import { half } from './half';

const F32: i32 = 0;
const F16: i32 = 1;
const BF16: i32 = 2;
const Q4_0: i32 = 3;
const Q4_1: i32 = 4;
const Q5_0: i32 = 5;
const Q5_1: i32 = 6;
const Q8_0: i32 = 7;
const Q4_K: i32 = 8;
const Q5_K: i32 = 9;
const Q6_K: i32 = 10;
const Q2_K: i32 = 11;
const IQ4_XS: i32 = 12;

export function embed(record: usize, first: i32, end: i32): void {
  const K = integer(record, 4);
  const type = integer(record, 5);
  const weights = address(record, 2);
  for (let r = first; r < end; r++) {
    const token = load<i32>(address(record, 3) + (<usize>r << 4));
    const out = address(record, 0) + <usize>r * address(record, 1);
    if (type <= BF16) floatRow(out, weights, type, token, K);
    else if (type <= Q8_0 || type == IQ4_XS) smallRow(out, weights, type, token, K);
    else superRow(out, weights, type, token, K);
  }
}

function floatRow(out: usize, weights: usize, type: i32, token: i32, K: i32): void {
  const first = <usize>token * <usize>K;
  for (let k: usize = 0; k < <usize>K; k++) {
    let value: f32;
    if (type == F32) value = load<f32>(weights + ((first + k) << 2));
    else if (type == F16) value = half(weights + ((first + k) << 1));
    else value = reinterpret<f32>(<u32>load<u16>(weights + ((first + k) << 1)) << 16);
    store<f32>(out + (k << 2), value);
  }
}

/** Code of element k of lane `lane` in a block of nibbles, bytes or signed bytes. */
function code(block: usize, type: i32, lane: i32, k: i32): i32 {
  if (type == Q4_0 || type == Q4_1 || type == Q4_K || type == Q2_K) {
    const byte = <i32>load<u8>(block + <usize>(((k & 15) >> 2) * 16 + lane * 4 + (k & 3)));
    return k < 16 ? byte & 15 : byte >> 4;
  }
  if (type == Q8_0 || type == IQ4_XS) {
    const at = (k >> 2) * 16 + ((k >> 1) & 1) * 8 + lane * 2 + (k & 1);
    return <i32>load<i8>(block + <usize>at);
  }
  return <i32>load<u8>(block + <usize>((k >> 2) * 16 + lane * 4 + (k & 3)));
}

/** Types with blocks of 32: codes, four halves d (IQ4_XS: floats), for _1 four halves m. */
function smallRow(out: usize, weights: usize, type: i32, token: i32, K: i32): void {
  const codeBytes: usize = type <= Q4_1 ? 64 : 128;
  const hasMin = type == Q4_1 || type == Q5_1;
  const blockBytes = codeBytes + (hasMin || type == IQ4_XS ? 16 : 8);
  const offset = type == Q4_0 ? 8 : type == Q5_0 ? 16 : 0;
  const lane = token & 3;
  let block = weights + <usize>(token >> 2) * (<usize>K >> 5) * blockBytes;
  for (let b = 0; b < K >> 5; b++) {
    const d = type == IQ4_XS
      ? load<f32>(block + codeBytes + <usize>(lane << 2))
      : half(block + codeBytes + <usize>(lane << 1));
    const m: f32 = hasMin ? half(block + codeBytes + 8 + <usize>(lane << 1)) : 0;
    for (let k = 0; k < 32; k++) {
      let value = d * <f32>(code(block, type, lane, k) - offset);
      if (hasMin) value += m;
      store<f32>(out, value);
      out += 4;
    }
    block += blockBytes;
  }
}

/** K-quants: super-blocks of 256. */
function superRow(out: usize, weights: usize, type: i32, token: i32, K: i32): void {
  const codeBytes: usize = type == Q4_K || type == Q2_K ? 64 : 128;
  const blockBytes = codeBytes + (type == Q2_K ? 16 : 8);
  const lane = <usize>(token & 3);
  let at = weights + <usize>(token >> 2) * (<usize>K >> 8) * (16 + 8 * blockBytes);
  for (let s = 0; s < K >> 8; s++) {
    const d = half(at + (lane << 1));
    const dmin = half(at + 8 + (lane << 1));
    at += 16;
    for (let b = 0; b < 8; b++) {
      const scales = at + codeBytes + lane;
      for (let k = 0; k < 32; k++) {
        const c = code(at, type, <i32>lane, k);
        let value: f32;
        if (type == Q6_K) {
          const sub = <i32>load<i8>(scales + <usize>((k >> 4) << 2));
          value = d * <f32>sub * <f32>(c - 32);
        } else if (type == Q2_K) {
          const pair = scales + <usize>((k >> 4) << 2);
          value = d * <f32>load<u8>(pair) * <f32>c - dmin * <f32>load<u8>(pair, 8);
        } else {
          value = d * <f32>load<u8>(scales) * <f32>c - dmin * <f32>load<u8>(scales, 4);
        }
        store<f32>(out, value);
        out += 4;
      }
      at += blockBytes;
    }
  }
}
