/**
 * The one place where the builds differ: i16 lanes of a[2j] b[2j] + a[2j+1] b[2j+1], a signed,
 * b in 0..127. The relaxed instruction is exact under that bound (numerics.md section 2), the plain
 * one is exact always.
 */
// @ts-ignore: decorator
@inline
export function dot(a: v128, b: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i16x8.relaxed_dot_i8x16_i7x16_s(a, b);
  return i16x8.add(
    i16x8.mul(i16x8.shr_s(i16x8.shl(a, 8), 8), i16x8.shr_s(i16x8.shl(b, 8), 8)),
    i16x8.mul(i16x8.shr_s(a, 8), i16x8.shr_s(b, 8)),
  );
}
