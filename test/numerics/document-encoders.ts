/**
 * Encoders on which the engine is held against docs/formats/numerics.md: the small ones
 * (test/oracle/encoders: bert of CLS, nomic-bert of mean pooling), the same with quantised
 * matrices, and larger random ones with the pooling that these lack, of nomic-bert with a scaled
 * rotation and an eps that matters. And what the engine gives for any model of the document.
 */
import { readdirSync } from 'node:fs';
import { Random } from '../../src/engine/kernels/index.ts';
import { pool } from '../../src/engine/model/index.ts';
import { ENCODERS, EncoderRunner, parseEncoder, readEncoder } from '../encoder-runner.ts';
import type { Bind } from '../model-runner.ts';
import { randomEncoder } from '../random-encoder.ts';
import {
  type Digest,
  type DocumentModel,
  digestOf,
  documentModels,
  engineDigest,
  LONG,
  quantised,
  rewritten,
  withTokens,
} from './document-models.ts';

/** Two full KV pages and a part of the third. */
const LONGEST = 150;

export interface DocumentCase extends DocumentModel {
  isEncoder: boolean;
}

/** Decoders and encoders. @param seed see `documentModels` */
export function documentCases(seed: number): DocumentCase[] {
  const cases = (models: Iterable<DocumentModel>, isEncoder: boolean) =>
    Array.from(models, (model) => ({ ...model, isEncoder }));
  return [...cases(documentModels(seed), false), ...cases(documentEncoders(seed), true)];
}

function* documentEncoders(seed: number): Generator<DocumentModel> {
  const random = new Random(seed);
  for (const file of readdirSync(ENCODERS).sort()) {
    if (!file.endsWith('.gguf.gz')) continue;
    const name = file.replace('.gguf.gz', '');
    const { bytes } = readEncoder(name);
    yield withTokens(name, bytes, LONG, random);
    yield withTokens(`${name} of mixed types`, quantised(bytes, random), LONG, random);
  }
  const sizes = { contextTokens: LONGEST, layers: 3, width: 96 };
  const bert = randomEncoder({ ...sizes, seed: random.next(), pooling: 'mean' });
  yield withTokens('bert of mean pooling', bert, LONGEST, random);
  const nomic = { architecture: 'nomic-bert', pooling: 'cls' } as const;
  const stretched = rewritten(randomEncoder({ ...sizes, ...nomic, seed: random.next() }), {
    'nomic-bert.attention.layer_norm_epsilon': { type: 'f32', value: 0.001 },
    'nomic-bert.rope.scaling.type': { type: 'string', value: 'yarn' },
    'nomic-bert.rope.scaling.factor': { type: 'f32', value: 4 },
    'nomic-bert.rope.scaling.original_context_length': { type: 'u32', value: 38 },
  });
  yield withTokens('nomic-bert-yarn of cls pooling', stretched, LONGEST, random);
}

/**
 * What the engine gives for a model; for an encoder the last layer's rows, then half the values of
 * the text's vector, then all.
 * @param chunks of a decoder rows of the calls, again from the first; of an encoder the lengths of
 *   the texts that share the step with the model's own
 */
export function caseDigest(bind: Bind, model: DocumentCase, chunks: readonly number[]): Digest {
  if (!model.isEncoder) return engineDigest(bind, model, chunks);
  const runner = new EncoderRunner(bind, parseEncoder(model.file));
  const { width, encoder } = runner.model.config;
  const others = chunks.map((length) => model.tokens.slice(-length));
  const rows = runner.step([...others, model.tokens])[others.length];
  if (encoder === undefined) throw new Error(`${model.name} is no encoder`);
  const vectors = [width / 2, width].map((d) => pool(rows, width, encoder.pooling, d));
  return digestOf(model.file, [rows, ...vectors]);
}
