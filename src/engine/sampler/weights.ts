/**
 * Probabilities as integers. A token whose scaled logit lies d <= 0 beside the highest weighs
 * round(2^32 e^d), ties to even. Sums over up to 2^20 tokens stay below 2^53 and are therefore
 * exact in any order: no implementation has to add in ours. Section 4 of
 * docs/formats/numerics-sampling.md.
 *
 * `weightOf` is `roundTiesToEven(expF32(d) * 2^32)` of the kernels' expF32, written out for this
 * range; the tests hold the two to the same bits.
 */
const f = Math.fround;

/** Weight of the highest logit. */
export const WEIGHT_MAX = 2 ** 32;
/** Largest vocabulary: 2^20 weights of 2^32 sum to 2^52. */
export const VOCABULARY_MAX = 2 ** 20;
/** From here down the weight is 0: 2^32 e^-23 = 0.44. */
const D_MIN = -23;

const LOG2_E = f(Math.LOG2E);
const LN2_HIGH = f(0.693359375);
const LN2_LOW = f(-2.1219444e-4);
const EXP_0 = f(1.98756915e-4);
const EXP_1 = f(1.3981999507e-3);
const EXP_2 = f(8.3334519073e-3);
const EXP_3 = f(4.1665795894e-2);
const EXP_4 = f(1.6666665459e-1);
const EXP_5 = f(5.0000001201e-1);
/** Added and taken away again, it rounds an f64 below 2^51 to an integer, ties to even. */
const ROUNDER = 1.5 * 2 ** 52;
/** 2^(32 + n) for n = -34 .. 0. */
const SCALES = Float64Array.from({ length: 35 }, (_, i) => 2 ** (i - 2));

/** round(2^32 e^d) for an f32 d <= 0, -infinity included. */
export function weightOf(d: number): number {
  if (d < D_MIN) return 0;
  const n = f(d * LOG2_E) + ROUNDER - ROUNDER;
  const r = f(f(d - f(n * LN2_HIGH)) - f(n * LN2_LOW));
  let p = f(f(EXP_0 * r) + EXP_1);
  p = f(f(p * r) + EXP_2);
  p = f(f(p * r) + EXP_3);
  p = f(f(p * r) + EXP_4);
  p = f(f(p * r) + EXP_5);
  const y = f(f(f(p * f(r * r)) + r) + 1);
  return y * SCALES[n + 34] + ROUNDER - ROUNDER;
}

/**
 * Weights of all tokens, and their sum.
 * @param weights  out, f64 [vocabulary]
 * @param logits  f32 [vocabulary]; -infinity where a token is out
 * @param max  the highest of them
 * @param temperature  f32, above 0
 */
export function fillWeights(
  weights: Float64Array,
  logits: Float32Array,
  max: number,
  temperature: number,
): number {
  let sum = 0;
  for (let i = 0; i < logits.length; i += 1) {
    const weight = weightOf(f(f(logits[i] - max) / temperature));
    weights[i] = weight;
    sum += weight;
  }
  return sum;
}
