/**
 * IEEE 754 binary16 and bfloat16 <-> binary32. Both directions are exact where the value has a
 * representation; `floatToHalf` rounds to nearest, ties to even, overflows to infinity and keeps
 * the sign of zero. Every NaN becomes the quiet NaN 0x7e00 (with its sign lost: JavaScript numbers
 * carry none reliably).
 *
 *   half   s eeeee mmmmmmmmmm             bias 15
 *   float  s eeeeeeee mmmm…(23)           bias 127
 */

const FLOAT_SCRATCH = new Float32Array(1);
const BITS_SCRATCH = new Uint32Array(FLOAT_SCRATCH.buffer);

/** Half bits (0..65535) -> the number. Exact. */
export function halfToFloat(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >>> 10) & 0x1f;
  const mantissa = half & 0x3ff;
  if (exponent === 0) {
    const magnitude = mantissa * 2 ** -24;
    return sign === 0 ? magnitude : -magnitude;
  }
  BITS_SCRATCH[0] =
    exponent === 31
      ? sign | 0x7f800000 | (mantissa << 13)
      : sign | ((exponent + 112) << 23) | (mantissa << 13);
  return FLOAT_SCRATCH[0];
}

/** A number, first rounded to f32 -> half bits, nearest even. */
export function floatToHalf(value: number): number {
  FLOAT_SCRATCH[0] = value;
  const bits = BITS_SCRATCH[0];
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return 0x7e00;
  // From 65520 = 65504 + half a step on, nearest even is infinity.
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude >= 0x38800000) {
    // Normal: rebias, then round the 13 dropped bits; a carry runs into the exponent as it should.
    const rebiased = magnitude - 0x38000000;
    return sign | ((rebiased + 0xfff + ((rebiased >>> 13) & 1)) >>> 13);
  }
  // At most half of the smallest subnormal: zero (the tie goes to even).
  if (magnitude <= 0x33000000) return sign;
  const shift = 126 - (magnitude >>> 23);
  const mantissa = (magnitude & 0x7fffff) | 0x800000;
  const quotient = mantissa >>> shift;
  const remainder = mantissa & ((1 << shift) - 1);
  const tie = 1 << (shift - 1);
  const roundUp = remainder > tie || (remainder === tie && (quotient & 1) === 1);
  return sign | (quotient + (roundUp ? 1 : 0));
}

/** bfloat16 bits -> the number. Exact. */
export function bfloatToFloat(bits: number): number {
  BITS_SCRATCH[0] = bits << 16;
  return FLOAT_SCRATCH[0];
}
