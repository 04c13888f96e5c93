/**
 * Measures the elementary functions of docs/formats/numerics.md section 4 and prints the largest
 * errors met:
 *
 *   node scripts/measure-math.ts [stride of f32 inputs, default 61] [f64 samples, default 100000]
 */
import {
  measureExpF32,
  measureExpF64,
  measureLogF64,
  measureSilu,
  measureSinCosF64,
  type Worst,
} from '../test/math-measure.ts';

const stride = Number(process.argv[2] ?? 61);
const count = Number(process.argv[3] ?? 100_000);

const rows: [string, string, () => Worst][] = [
  ['exp f32, -87 to 88', 'ulp', () => measureExpF32(stride)],
  ['SiLU f32, |x| <= 86', 'ulp', () => measureSilu(stride)],
  ['exp f64, -28 to 0', 'ulp', () => measureExpF64(count, -28, 0)],
  ['exp f64, -120 to 120', 'ulp', () => measureExpF64(count, -120, 120)],
  ['log f64', 'ulp', () => measureLogF64(count)],
  ['sin, cos f64, |x| <= 2^13', '2^-53', () => measureSinCosF64(count, 2 ** 13)],
  ['sin, cos f64, |x| <= 2^20', '2^-53', () => measureSinCosF64(count, 2 ** 20)],
  ['sin, cos f64, |x| <= 2^24', '2^-53', () => measureSinCosF64(count, 2 ** 24)],
];

for (const [name, unit, measure] of rows) {
  const { ulps, at, samples } = measure();
  console.log(
    `${name.padEnd(28)} ${ulps.toFixed(3).padStart(9)} ${unit.padEnd(6)} at ${at} (${samples} samples)`,
  );
}
