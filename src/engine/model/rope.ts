/**
 * Rotation angles, numerics.md sections 7 and 19: computed in f64 with stated polynomials, rounded
 * once.
 */
import { sinCosF64 } from '../kernels/index.ts';
import type { AnyModel } from './encoder-forward.ts';
import { modelError } from './errors.ts';
import { NO_SCALING, type RopeScaling, ropeFrequencies } from './rope-scaling.ts';

/**
 * Writes cos, sin of position * frequency[i] for i < R/2.
 * @param out f32 [positions][R/2][2] @param factors f32 [R/2] of the file
 */
export function fillRopeTable(
  out: Float32Array,
  base: number,
  R: number,
  scaling: RopeScaling = NO_SCALING,
  factors?: Float32Array,
): void {
  const positions = out.length / R;
  const frequencies = ropeFrequencies(base, R, scaling, factors);
  for (let position = 0; position < positions; position += 1) {
    for (let i = 0; i < R / 2; i += 1) {
      const { sin, cos } = sinCosF64(position * frequencies[i]);
      const at = position * R + 2 * i;
      out[at] = cos * scaling.amplitude;
      out[at + 1] = sin * scaling.amplitude;
    }
  }
}

/**
 * The tables of a model whose weights stand in memory: its factors are among them.
 * @throws VitrineError bad-tensor when a factor is not a number above 0
 */
export function fillRopeTables(buffer: ArrayBufferLike, { config, weights, plan }: AnyModel): void {
  const R = config.ropeDimension;
  if (R === 0) return;
  const table = (at: number) => new Float32Array(buffer, at, plan.contextTokens * R);
  const tensor = weights.ropeFactors;
  const factors = tensor && new Float32Array(buffer, tensor.address, R / 2);
  if (factors?.every((factor) => factor > 0) === false) {
    throw modelError('bad-tensor', `${tensor?.name} has a factor that is not above 0`);
  }
  fillRopeTable(table(plan.ropeTable), config.ropeBase, R, config.ropeScaling, factors);
  if (config.localRopeBase !== undefined) {
    fillRopeTable(table(plan.localRopeTable), config.localRopeBase, R);
  }
}
