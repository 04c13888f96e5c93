/**
 * The elementary functions of docs/formats/numerics.md in plain TypeScript: each operation is
 * rounded to f32 by Math.fround where the kernels work in f32, and left in f64 where the document
 * says f64. No function of Math is used whose result the language leaves open.
 */
const f = Math.fround;

const LOG2_E = f(Math.LOG2E);
const LN2_HIGH = f(0.693359375);
const LN2_LOW = f(-2.1219444e-4);
/** Cephes expf. */
const EXP = [
  1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1,
  5.0000001201e-1,
].map(f);

const doubleWords = new Uint32Array(2);
const double = new Float64Array(doubleWords.buffer);

/** 2^n for -1022 <= n <= 1023, by its bits: the language leaves the last bit of ** open. */
export function powerOfTwo(n: number): number {
  doubleWords[0] = 0;
  doubleWords[1] = (n + 1023) << 20;
  return double[0];
}

/** Nearest integer, ties to even; |x| below 2^22. */
export function roundTiesToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor;
  if (rest > 0.5) return floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** e^x in f32: +0 below -87, e^88 above 88, NaN for NaN. Section 4. */
export function expF32(input: number): number {
  if (input < -87) return 0;
  const x = Math.min(input, 88);
  const n = roundTiesToEven(f(x * LOG2_E));
  const r = f(f(x - f(n * LN2_HIGH)) - f(n * LN2_LOW));
  let p = EXP[0];
  for (let i = 1; i < EXP.length; i += 1) p = f(f(p * r) + EXP[i]);
  const y = f(f(f(p * f(r * r)) + r) + 1);
  // NaN scales to NaN; 2^n is exact for the n that occur.
  return Number.isNaN(y) ? y : f(y * powerOfTwo(n));
}

/** tanh-GELU in f32: x / (1 + exp(-t)) with t twice the argument of the tanh. Section 15. */
export function geluF32(x: number): number {
  const t = f(x * f(f(f(x * x) * GELU_CUBE) + GELU_LINE));
  return f(x / f(1 + expF32(-t)));
}

const GELU_LINE = f(1.5957691216);
const GELU_CUBE = f(0.071354816283);

/** t = 1 / (1 + 0.3125 |x|); polynomial in t whose product with t exp(-x^2 / 2) is the tail. */
const GELU_SLOPE = 0.3125;
const GELU_TAIL = [
  -8.279291e-3, 7.432872e-2, -2.134969e-1, 2.2555351e-1, -6.0560286e-2, 1.2795658e-1, 1.0426664e-1,
  1.2560669e-1, 1.2462438e-1,
].map(f);

/** GELU by the normal distribution, x (1 + erf(x / sqrt 2)) / 2, in f32. Section 22. */
export function geluErfF32(x: number): number {
  const t = f(1 / f(1 + f(Math.abs(x) * GELU_SLOPE)));
  let p = GELU_TAIL[0];
  for (let i = 1; i < GELU_TAIL.length; i += 1) p = f(f(p * t) + GELU_TAIL[i]);
  const tail = f(f(t * p) * expF32(-f(f(x * x) * 0.5)));
  return f(x * (x < 0 ? tail : f(1 - tail)));
}

/** Cephes tanhf below 0.625. */
const TANH = [
  -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
].map(f);

/** tanh in f32; NaN for NaN. Section 16. */
export function tanhF32(x: number): number {
  const magnitude = Math.abs(x);
  if (magnitude < 0.625) {
    const z = f(x * x);
    let p = TANH[0];
    for (let i = 1; i < TANH.length; i += 1) p = f(f(p * z) + TANH[i]);
    return f(f(f(p * z) * x) + x);
  }
  const y = f(1 - f(2 / f(expF32(f(magnitude + magnitude)) + 1)));
  return x < 0 ? -y : y;
}

/** cap * tanh(x / cap). Section 16. */
export function softcapF32(x: number, cap: number): number {
  return f(cap * tanhF32(f(x / cap)));
}

/** The fixed tree over 16 partial sums (section 3): j + 8, then 4, 2, 1. */
export function tree16(p: Float32Array): number {
  for (let step = 8; step >= 1; step >>= 1) {
    for (let j = 0; j < step; j += 1) p[j] = f(p[j] + p[j + step]);
  }
  return p[0];
}

const LN2_F64_HIGH = 0.6931471803691238;
const LN2_F64_LOW = 1.9082149292705877e-10;

/**
 * Natural logarithm in f64 of a positive finite normal x. x = 2^e m with m in [sqrt(1/2), sqrt 2);
 * s = (m - 1) / (m + 1); ln m = 2 (s + s^3/3 + ... + s^23/23), from the last term down. Section 4.
 */
export function logF64(x: number): number {
  let e = 0;
  let m = x;
  while (m >= Math.SQRT2) {
    m /= 2;
    e += 1;
  }
  while (m < Math.SQRT1_2) {
    m *= 2;
    e -= 1;
  }
  const s = (m - 1) / (m + 1);
  const z = s * s;
  let sum = 0;
  for (let k = 23; k >= 3; k -= 2) sum = (sum + 1 / k) * z;
  return e * LN2_F64_HIGH + (e * LN2_F64_LOW + 2 * s * (1 + sum));
}

/**
 * e^x in f64 for |x| < 700: n = nearest(x / ln 2), r = x - n ln 2, sum of r^k / k! for k 0..17 from
 * the last term down (Horner), times 2^n. Section 4.
 */
export function expF64(x: number): number {
  const n = roundTiesToEven(x * Math.LOG2E);
  const r = x - n * LN2_F64_HIGH - n * LN2_F64_LOW;
  let sum = 1;
  for (let k = 17; k >= 1; k -= 1) sum = 1 + (r / k) * sum;
  return sum * powerOfTwo(n);
}

/** pi/2 in three parts of 33 bits each (fdlibm), and what is left. */
const PIO2_1 = 1.5707963267341256;
const PIO2_2 = 6.077100506303966e-11;
const PIO2_3 = 2.0222662487959506e-21;

/**
 * Sine and cosine in f64 of |x| <= 2^20: x minus n pi/2 in three steps, then the Taylor polynomials
 * up to r^19 and r^20, from the last term down. Section 4.
 */
export function sinCosF64(x: number): { sin: number; cos: number } {
  const n = roundTiesToEven(x * 0.6366197723675814);
  const r = x - n * PIO2_1 - n * PIO2_2 - n * PIO2_3;
  const z = r * r;
  let sin = 1;
  for (let k = 18; k >= 2; k -= 2) sin = 1 - (z / (k * (k + 1))) * sin;
  sin *= r;
  let cos = 1;
  for (let k = 20; k >= 2; k -= 2) cos = 1 - (z / (k * (k - 1))) * cos;
  const quadrant = ((n % 4) + 4) % 4;
  if (quadrant === 0) return { sin, cos };
  if (quadrant === 1) return { sin: cos, cos: -sin };
  if (quadrant === 2) return { sin: -sin, cos: -cos };
  return { sin: -cos, cos: sin };
}
