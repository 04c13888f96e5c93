/** Reads the tiny decoders of this folder, and the logits that transformers gave for them. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseGgufHeader } from '../../../src/engine/gguf/index.ts';
import { type ModelConfig, readConfig, vocabularySizeOf } from '../../../src/engine/model/index.ts';
import type { ModelContents } from '../../model-runner.ts';

interface Expected {
  /** Python package -> version. */
  madeBy: Record<string, string>;
  tokens: number[];
  positions: number[];
  /** Name of a model -> f32 [positions][vocabulary], base64. */
  logits: Record<string, string>;
}

export interface Loaded extends ModelContents {
  config: ModelConfig;
  /** f32 [positions][vocabulary]. */
  exact: Float32Array[];
}

const text = readFileSync(new URL('expected.json', import.meta.url), 'utf8');
export const EXPECTED = JSON.parse(text) as Expected;

/** @param name a key of `EXPECTED.logits` */
export function load(name: string): Loaded {
  const file = gunzipSync(readFileSync(new URL(`${name}.gguf.gz`, import.meta.url)));
  const parsed = parseGgufHeader(file, { fileBytes: file.length });
  assert.ok(parsed.kind === 'header');
  const { metadata, tensors } = parsed.header;
  const vocabularySize = vocabularySizeOf(tensors);
  const contents = new Map(
    tensors.map((info) => [
      info.name,
      file.subarray(info.offsetBytes, info.offsetBytes + info.sizeBytes),
    ]),
  );
  const bytes = new Uint8Array(Buffer.from(EXPECTED.logits[name], 'base64'));
  const flat = new Float32Array(bytes.buffer);
  const exact = EXPECTED.positions.map((_, i) =>
    flat.slice(i * vocabularySize, (i + 1) * vocabularySize),
  );
  return { config: readConfig(metadata, vocabularySize), infos: tensors, contents, exact };
}
