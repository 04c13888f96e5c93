/**
 * What transformers gave for the tiny encoders of this folder, which test/encoder-runner.ts reads.
 */
import { readFileSync } from 'node:fs';

interface Expected {
  /** Python package -> version. */
  madeBy: Record<string, string>;
  texts: number[][];
  /** Name of a model -> f32 [positions][width] of each text, base64. */
  outputs: Record<string, string[]>;
}

const text = readFileSync(new URL('expected.json', import.meta.url), 'utf8');
export const EXPECTED = JSON.parse(text) as Expected;

/** @returns f32 [positions][width] of each text */
export function exactOutputs(name: string): Float32Array[] {
  return EXPECTED.outputs[name].map(
    (rows) => new Float32Array(new Uint8Array(Buffer.from(rows, 'base64')).buffer),
  );
}
