/** Elementary functions of docs/formats/numerics.md, section 4, four lanes at a time. */
import { fault } from './fault';

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

/** tanh-GELU: x / (1 + exp(-t)), t = x (x x C + L); section 15. */
// @ts-ignore: decorator
@inline
export function gelu4(x: v128): v128 {
  const t = f32x4.mul(
    x,
    f32x4.add(
      f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.071354816283)),
      f32x4.splat(1.5957691216),
    ),
  );
  return f32x4.div(x, f32x4.add(f32x4.splat(1), exp4(f32x4.neg(t))));
}

/** GELU by the normal distribution: x (1 - tail), or x tail below 0; section 22. */
// @ts-ignore: decorator
@inline
export function geluErf4(x: v128): v128 {
  const one = f32x4.splat(1);
  const t = f32x4.div(one, f32x4.add(one, f32x4.mul(f32x4.abs(x), f32x4.splat(0.3125))));
  let p = f32x4.splat(-8.279291e-3);
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(7.432872e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-2.134969e-1));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(2.2555351e-1));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(-6.0560286e-2));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.2795658e-1));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.0426664e-1));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.2560669e-1));
  p = f32x4.add(f32x4.mul(p, t), f32x4.splat(1.2462438e-1));
  const e = exp4(f32x4.neg(f32x4.mul(f32x4.mul(x, x), f32x4.splat(0.5))));
  const tail = f32x4.mul(f32x4.mul(t, p), e);
  const share = v128.bitselect(tail, f32x4.sub(one, tail), f32x4.lt(x, f32x4.splat(0)));
  return f32x4.mul(x, share);
}

/** tanh: Cephes' polynomial below 0.625, 1 - 2 / (exp(2 |x|) + 1) from there; section 16. */
// @ts-ignore: decorator
@inline
function tanh4(x: v128): v128 {
  const magnitude = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = f32x4.splat(-5.70498872745e-3);
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(2.06390887954e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-5.37397155531e-2));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(1.33314422036e-1));
  p = f32x4.add(f32x4.mul(p, z), f32x4.splat(-3.33332819422e-1));
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x);
  const e = exp4(f32x4.add(magnitude, magnitude));
  const y = f32x4.sub(
    f32x4.splat(1),
    f32x4.div(f32x4.splat(2), f32x4.add(e, f32x4.splat(1))),
  );
  const large = v128.bitselect(f32x4.neg(y), y, f32x4.lt(x, f32x4.splat(0)));
  return v128.bitselect(small, large, f32x4.lt(magnitude, f32x4.splat(0.625)));
}

/** cap * tanh(x / cap). */
// @ts-ignore: decorator
@inline
export function softcap4(x: v128, cap: f32): v128 {
  return f32x4.mul(f32x4.splat(cap), tanh4(f32x4.div(x, f32x4.splat(cap))));
}

/** 1 / sqrt(mean of squares + eps), rounded after each step; section 6. */
export function inverseRms(record: usize, x: usize, K: i32, eps: f32): f32 {
  let p0 = f32x4.splat(0);
  let p1 = f32x4.splat(0);
  let p2 = f32x4.splat(0);
  let p3 = f32x4.splat(0);
  for (let k = 0; k < K; k += 16) {
    const v0 = v128.load(x);
    const v1 = v128.load(x, 16);
    const v2 = v128.load(x, 32);
    const v3 = v128.load(x, 48);
    p0 = f32x4.add(p0, f32x4.mul(v0, v0));
    p1 = f32x4.add(p1, f32x4.mul(v1, v1));
    p2 = f32x4.add(p2, f32x4.mul(v2, v2));
    p3 = f32x4.add(p3, f32x4.mul(v3, v3));
    x += 64;
  }
  const mean = tree16(p0, p1, p2, p3) / <f32>K;
  // An overflow would turn finite values into zeros.
  if (!(mean < Infinity)) fault(record);
  return <f32>1 / sqrt<f32>(mean + eps);
}

/** Mean of K values by the sums of section 3; section 21. */
export function meanOf(x: usize, K: i32): f32 {
  let p0 = f32x4.splat(0), p1 = f32x4.splat(0), p2 = f32x4.splat(0), p3 = f32x4.splat(0);
  for (let k = 0; k < K; k += 16) {
    p0 = f32x4.add(p0, v128.load(x));
    p1 = f32x4.add(p1, v128.load(x, 16));
    p2 = f32x4.add(p2, v128.load(x, 32));
    p3 = f32x4.add(p3, v128.load(x, 48));
    x += 64;
  }
  return tree16(p0, p1, p2, p3) / <f32>K;
}

/** 1 / sqrt(mean of (x - mean)^2 + eps), rounded after each step; section 21. */
export function inverseDeviation(record: usize, x: usize, K: i32, mean: f32, eps: f32): f32 {
  const center = f32x4.splat(mean);
  let p0 = f32x4.splat(0), p1 = f32x4.splat(0), p2 = f32x4.splat(0), p3 = f32x4.splat(0);
  for (let k = 0; k < K; k += 16) {
    const v0 = f32x4.sub(v128.load(x), center);
    const v1 = f32x4.sub(v128.load(x, 16), center);
    const v2 = f32x4.sub(v128.load(x, 32), center);
    const v3 = f32x4.sub(v128.load(x, 48), center);
    p0 = f32x4.add(p0, f32x4.mul(v0, v0));
    p1 = f32x4.add(p1, f32x4.mul(v1, v1));
    p2 = f32x4.add(p2, f32x4.mul(v2, v2));
    p3 = f32x4.add(p3, f32x4.mul(v3, v3));
    x += 64;
  }
  const variance = tree16(p0, p1, p2, p3) / <f32>K;
  if (!(variance < Infinity)) fault(record);
  return <f32>1 / sqrt<f32>(variance + eps);
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
