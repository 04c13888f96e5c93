/** Halves (IEEE binary16) to floats and back, exactly; infinities and NaN never come in. */
import { fault } from './fault';

/** Four halves at `p` -> f32x4. `mask` and `scale` are HALF_MASK and HALF_SCALE. */
// @ts-ignore: decorator
@inline
export function halves(p: usize, mask: v128, scale: v128): v128 {
  return f32x4.mul(v128.and(i32x4.shl(v128.load_ext<i16>(p), 13), mask), scale);
}

/** One half at `p` -> f32. */
// @ts-ignore: decorator
@inline
export function half(p: usize): f32 {
  const bits = <u32>load<i16>(p);
  return reinterpret<f32>((bits << 13) & 0x8fffe000) * reinterpret<f32>(0x77800000);
}

/** f32 -> bits of the nearest half, ties to even; beyond the largest half it is a fault. */
export function toHalf(x: f32, record: usize): u32 {
  const bits = reinterpret<u32>(x);
  const sign = (bits >> 16) & 0x8000;
  let magnitude = bits & 0x7fffffff;
  if (magnitude >= 0x477ff000) {
    fault(record);
    return sign | 0x7c00;
  }
  if (magnitude < 0x38800000) {
    // Below 2^-14 a half is a multiple of 2^-24, which is the last place of 0.5.
    const sum = reinterpret<f32>(magnitude) + <f32>0.5;
    return sign | (reinterpret<u32>(sum) - 0x3f000000);
  }
  magnitude += 0xfff + ((magnitude >> 13) & 1) - 0x38000000;
  return sign | (magnitude >> 13);
}
