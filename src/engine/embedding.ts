/** Requests for embeddings: checked, and laid out for the coordinator. */
import { VitrineError } from '../base/index.ts';
import type { EmbeddingInfo, EmbedRequest, ModelInfo } from './api.ts';
import type { EmbedJob } from './worker/index.ts';

/** @throws VitrineError bad-request, prompt-too-long */
export function embedJobOf(request: EmbedRequest, model: ModelInfo): Omit<EmbedJob, 'id'> {
  const { texts, dimensions } = request;
  if (texts.length === 0) throw badRequest('expected at least one text to embed, got none');
  for (const [i, tokens] of texts.entries()) checkText(tokens, `text ${i}`, model);
  if (dimensions !== undefined && model.embedding !== undefined) {
    checkDimensions(dimensions, model.embedding);
  }
  const lengths = Int32Array.from(texts, (tokens) => tokens.length);
  const all = new Int32Array(lengths.reduce((sum, length) => sum + length, 0));
  let at = 0;
  for (const tokens of texts) {
    all.set(tokens, at);
    at += tokens.length;
  }
  return { tokens: all, lengths, dimensions };
}

function checkText(tokens: readonly number[], what: string, model: ModelInfo): void {
  const { contextTokens, vocabularySize } = model;
  if (tokens.length === 0) throw badRequest(`${what} has no tokens`);
  if (tokens.length > contextTokens) {
    throw new VitrineError(
      'prompt-too-long',
      `${what} has ${tokens.length} tokens; the model takes at most ${contextTokens}`,
    );
  }
  for (const token of tokens) {
    if (Number.isInteger(token) && token >= 0 && token < vocabularySize) continue;
    throw badRequest(`${what}: token id ${token} is not in the vocabulary of ${vocabularySize}`);
  }
}

/** @throws VitrineError bad-request */
function checkDimensions(dimensions: number, { dimensions: own, isMatryoshka }: EmbeddingInfo) {
  if (dimensions === own) return;
  if (!isMatryoshka) {
    throw badRequest(
      `dimensions: expected ${own}, got ${dimensions}; this model is not trained for fewer`,
    );
  }
  if (!(Number.isInteger(dimensions) && dimensions >= 1 && dimensions <= own)) {
    throw badRequest(`dimensions: expected a whole number from 1 to ${own}, got ${dimensions}`);
  }
}

/** No key of GGUF says it; of the architectures here, nomic-embed-text v1.5 is known to be. */
const MATRYOSHKA = /^nomic[ -]embed[ -]text[ -]v1\.5\b/i;

export function isMatryoshka(metadata: ReadonlyMap<string, unknown>): boolean {
  if (metadata.get('general.architecture') !== 'nomic-bert') return false;
  const text = (key: string): string => String(metadata.get(`general.${key}`) ?? '');
  const names = [text('name'), `${text('basename')}-${text('version')}`];
  return names.some((name) => MATRYOSHKA.test(name));
}

function badRequest(message: string): Error {
  return new VitrineError('bad-request', message);
}
