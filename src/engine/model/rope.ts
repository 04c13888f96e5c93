/**
 * Rotation angles, numerics.md section 7: computed in f64 with stated polynomials, rounded once.
 */
import { expF64, logF64, sinCosF64 } from '../kernels/index.ts';

/**
 * Writes cos, sin of position * base^(-2i/D) for i < D/2.
 * @param out f32 [positions][D/2][2]
 */
export function fillRopeTable(out: Float32Array, base: number, D: number): void {
  const positions = out.length / D;
  const logBase = logF64(base);
  const frequencies = new Float64Array(D / 2);
  for (let i = 0; i < D / 2; i += 1) frequencies[i] = expF64(-((2 * i) / D) * logBase);
  for (let position = 0; position < positions; position += 1) {
    for (let i = 0; i < D / 2; i += 1) {
      const { sin, cos } = sinCosF64(position * frequencies[i]);
      const at = position * D + 2 * i;
      out[at] = cos;
      out[at + 1] = sin;
    }
  }
}
