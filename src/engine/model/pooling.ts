/**
 * From the last layer's rows of a text to its embedding, numerics.md section 24: the mean of all
 * rows or the first one, cut to as many dimensions as are wanted, scaled to length 1. In f64, the
 * result rounded once.
 */
import { modelError } from './errors.ts';
import type { Keys } from './keys.ts';

export type Pooling = 'mean' | 'cls';

/** `pooling_type` of the file, as llama.cpp numbers them. */
const NAMES = ['none', 'mean', 'cls', 'last', 'rank'];

/** @throws VitrineError unsupported-architecture */
export function readPooling(keys: Keys): Pooling {
  const type = keys.number('pooling_type');
  const name = type === undefined ? 'missing' : (NAMES[type] ?? `number ${type}`);
  if (name === 'mean' || name === 'cls') return name;
  throw modelError(
    'unsupported-architecture',
    `the pooling type is ${name}; supported: mean (1) and cls (2)`,
  );
}

/**
 * @param rows f32 [count][width], the last layer's output at each position of the text
 * @param dimensions at most width
 * @returns f32 [dimensions], of length 1; zeros when all values are
 * @throws VitrineError numeric-fault
 */
export function pool(
  rows: Float32Array,
  width: number,
  pooling: Pooling,
  dimensions = width,
): Float32Array {
  const count = pooling === 'cls' ? 1 : rows.length / width;
  const values = new Float64Array(dimensions);
  for (let row = 0; row < count; row += 1) {
    for (let c = 0; c < dimensions; c += 1) values[c] += rows[row * width + c];
  }
  let square = 0;
  for (let c = 0; c < dimensions; c += 1) {
    values[c] /= count;
    square += values[c] * values[c];
  }
  if (!(square < Number.POSITIVE_INFINITY)) {
    throw modelError('numeric-fault', 'a value that is not finite came out of the last layer');
  }
  const length = Math.sqrt(square);
  return Float32Array.from(values, (value) => (length === 0 ? 0 : value / length));
}
