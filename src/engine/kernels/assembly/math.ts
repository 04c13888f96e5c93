/** Elementary functions of docs/formats/numerics.md, section 4, four lanes at a time. */

/** e^x: +0 below -87, e^88 above 88; at most 2 ulp off in between. Cephes' expf polynomial. */
// @ts-ignore: decorator
@inline
export function exp4(input: v128): v128 {
  const x = f32x4.min(input, f32x4.splat(88));
  const n = f32x4.nearest(f32x4.mul(x, f32x4.splat(1.44269504)));
  const r = f32x4.sub(
    f32x4.sub(x, f32x4.mul(n, f32x4.splat(0.693359375))),
    f32x4.mul(n, f32x4.splat(-2.1219444e-4)),
  );
  let p = f32x4.splat(1.9875691500e-4);
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.3981999507e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(8.3334519073e-3));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(4.1665795894e-2));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(1.6666665459e-1));
  p = f32x4.add(f32x4.mul(p, r), f32x4.splat(5.0000001201e-1));
  const y = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), f32x4.splat(1));
  const power = i32x4.shl(i32x4.add(i32x4.trunc_sat_f32x4_s(n), i32x4.splat(127)), 23);
  // NaN is not below -87, so it passes through.
  return v128.andnot(f32x4.mul(y, power), f32x4.lt(input, f32x4.splat(-87)));
}

/** The fixed tree of numerics.md section 3 over 16 partial sums: j + 8, then 4, 2, 1. */
// @ts-ignore: decorator
@inline
export function tree16(p0: v128, p1: v128, p2: v128, p3: v128): f32 {
  const s = f32x4.add(f32x4.add(p0, p2), f32x4.add(p1, p3));
  const a = f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 2);
  const b = f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 3);
  return a + b;
}
