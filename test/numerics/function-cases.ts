/**
 * Case set "functions": exp and GELU in f32, exp, log, sine and cosine in f64, halves, and rope
 * tables of several bases. Plain TypeScript that runs in every JavaScript engine. Browser-safe.
 */
import {
  expF32,
  expF64,
  floatToHalf,
  geluErfF32,
  halfToFloat,
  logF64,
  Random,
  roundTiesToEven,
  sinCosF64,
} from '../../src/engine/kernels/index.ts';
import { fillRopeTable, pool } from '../../src/engine/model/index.ts';

/** Results by the name of the function. */
export function* functionCases(): Generator<[name: string, results: Float64Array | Float32Array]> {
  const random = new Random(77);
  /** Uniform in -size to size. */
  const uniform = (count: number, size: number): Float64Array =>
    Float64Array.from({ length: count }, () => (random.next() / 2 ** 31 - 1) * size);
  yield ['exp f32', Float32Array.from(uniform(20000, 90), (x) => expF32(Math.fround(x)))];
  yield ['GELU f32', Float32Array.from(uniform(20000, 14), (x) => geluErfF32(Math.fround(x)))];
  yield ['mean of rows', pool(Float32Array.from(uniform(4800, 3)), 48, 'mean')];
  yield ['exp f64', uniform(20000, 60).map(expF64)];
  yield ['log f64', uniform(20000, 1e6).map((x) => logF64(Math.abs(x) + 1e-9))];
  const angles = uniform(20000, 2 ** 20);
  yield ['sin f64', angles.map((x) => sinCosF64(x).sin)];
  yield ['cos f64', angles.map((x) => sinCosF64(x).cos)];
  yield ['nearest', uniform(20000, 1e6).map(roundTiesToEven)];
  yield ['float to half', uniform(20000, 70000).map(floatToHalf)];
  const finite = Array.from({ length: 65536 }, (_, bits) => bits).filter(
    (b) => (b & 0x7c00) < 0x7c00,
  );
  yield ['half to float', Float32Array.from(finite, halfToFloat)];
  for (const [base, D] of [
    [10000, 64],
    [500000, 128],
    [1000000, 32],
  ]) {
    const table = new Float32Array(300 * D);
    fillRopeTable(table, base, D);
    yield [`rope table, base ${base}, ${D} channels`, table];
  }
}
