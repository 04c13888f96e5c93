/**
 * The input of an embeddings request -> token ids of each text, within the context. Tokenising
 * costs time on this thread: it is done in slices, and a text that is far too long is not read to
 * its end.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EmbeddingsRequest } from '../api/index.ts';
import { isVitrineError } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { RequestError } from './error-table.ts';

/** Between two turns of the event loop, milliseconds. */
const SLICE_MS = 5;
/** Texts of up to so many times the context are counted to the end, for the error to say by how. */
const COUNTED_FACTOR = 2;
/**
 * White space has no tokens and a word of any length has one in WordPiece, so that bytes say little
 * of tokens; beyond so many times the longest tokens of a whole context, nobody means it.
 */
const BYTES_FACTOR = 16;

/** Gives the event loop a turn when it was held for long. */
export class Slices {
  #startMs = performance.now();

  async pause(): Promise<void> {
    if (performance.now() - this.#startMs < SLICE_MS) return;
    await nextTurn();
    this.#startMs = performance.now();
  }
}

/** @throws RequestError prompt-too-long; VitrineError bad-request */
export async function encodeInputs(
  engine: Engine,
  input: EmbeddingsRequest['input'],
): Promise<(readonly number[])[]> {
  const list: readonly (string | number | readonly number[])[] =
    typeof input === 'string' ? [input] : input;
  if (isTokenIds(list)) {
    checkCount(engine, list.length, 'input');
    return [list];
  }
  const slices = new Slices();
  const texts: (readonly number[])[] = [];
  for (const [i, item] of list.entries()) {
    const param = typeof input === 'string' ? 'input' : `input[${i}]`;
    if (typeof item === 'string') texts.push(encodeText(engine, item, param));
    else texts.push(item as readonly number[]);
    checkCount(engine, texts[i].length, param);
    await slices.pause();
  }
  return texts;
}

function isTokenIds(list: readonly unknown[]): list is readonly number[] {
  return typeof list[0] === 'number';
}

function encodeText(engine: Engine, text: string, param: string): number[] {
  const { contextTokens, tokenBytesMax } = engine.info.model;
  const bytesMax = BYTES_FACTOR * contextTokens * tokenBytesMax;
  const bytes = Buffer.byteLength(text);
  if (bytes > bytesMax) {
    throw new RequestError(
      'prompt-too-long',
      `${param}: expected at most ${bytesMax} bytes for a model of ${contextTokens} tokens, ` +
        `got ${bytes}. Cut the text into pieces.`,
      { param },
    );
  }
  const tokenCountMax = COUNTED_FACTOR * contextTokens;
  try {
    return engine.tokenizer.encode(text, { addSpecial: true, tokenCountMax });
  } catch (error) {
    if (!isVitrineError(error, 'too-many-tokens')) throw error;
    throw tooLong(engine, `at least ${tokenCountMax + 1}`, param);
  }
}

function checkCount(engine: Engine, count: number, param: string): void {
  if (count > engine.info.model.contextTokens) throw tooLong(engine, String(count), param);
}

/** Worded as clients look for it. */
function tooLong(engine: Engine, count: string, param: string): RequestError {
  const { contextTokens } = engine.info.model;
  return new RequestError(
    'prompt-too-long',
    `${param}: this model's maximum context length is ${contextTokens} tokens, special tokens ` +
      `included; got ${count}. Cut the text into pieces.`,
    { param },
  );
}
