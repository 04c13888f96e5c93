/**
 * What an engine computes for one request, as SHA-256 over bits: the logits at every position of a
 * text, and an answer with the log-probabilities of its tokens. Two engines that keep the number
 * contract give equal hashes, whatever shares a step with the request.
 */
import { createHash } from 'node:crypto';
import {
  type GenerateRequest,
  GREEDY,
  type MeasurableEngine,
  type OpenEngineOptions,
  openEngine,
} from '../../src/engine/index.ts';
import type { Random } from '../../src/engine/kernels/index.ts';

/** How a model is opened and what it did before; nothing in it may change a bit of an answer. */
export interface Setup
  extends Pick<
    OpenEngineOptions,
    'kernels' | 'threads' | 'stepRowsMax' | 'prefixCache' | 'speculation' | 'cacheTokens'
  > {
  /** What the engine computed before: nothing, or what the prefix cache keeps. */
  before?: 'the same prompt' | 'half of the prompt';
}

export function nameOf(setup: Setup): string {
  const { kernels, threads, stepRowsMax = 256, before } = setup;
  const parts = [`${kernels} kernels, threads ${threads}, rows of a step ${stepRowsMax}`];
  if (setup.prefixCache === false) parts.push('no prefix cache');
  if (setup.speculation === true) parts.push('speculation');
  if (before !== undefined) parts.push(`after ${before}`);
  return parts.join(', ');
}

/** Computes what the setup says was computed before. */
export async function prepare(
  engine: MeasurableEngine,
  { before }: Setup,
  request: GenerateRequest,
): Promise<void> {
  if (before === undefined) return;
  const { promptTokens } = request;
  const count = before === 'half of the prompt' ? promptTokens.length >> 1 : promptTokens.length;
  await answerOf(engine, { ...request, promptTokens: promptTokens.slice(0, count), maxTokens: 1 });
}

/**
 * Opens the model, gives it to `use`, closes it. Tokens are guessed only where the setup says so: a
 * guess makes other chunks of a request, which is a setup's to choose.
 */
export async function withEngine<T>(
  modelPath: string,
  setup: Setup,
  use: (engine: MeasurableEngine) => Promise<T>,
): Promise<T> {
  const { before: _, ...options } = setup;
  const engine = await openEngine({
    ...{ modelPath, contextTokens: 512, speculation: false },
    ...options,
  });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

/** Teacher-forced logits: SHA-256 over those of all positions, f32 little endian. */
export async function hashLogits(
  engine: MeasurableEngine,
  tokens: readonly number[],
  onPosition: () => void = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  let positions = 0;
  await engine.evaluateLogits(tokens, (_, logits) => {
    hash.update(bytesOf(logits));
    positions += 1;
    onPosition();
  });
  if (positions !== tokens.length) throw new Error(`logits of ${positions} positions`);
  return hash.digest('hex');
}

/** What one engine gives for one request. */
export interface Measured {
  /** Of the answer and its log-probabilities. */
  hash: string;
  tokens: number[];
  /** Of the logits at every position of a text. */
  logits: string;
}

export interface Answer {
  hash: string;
  tokens: number[];
  /** Tokens of the prompt that were not computed again. */
  cachedTokens: number;
  /** Tokens of the answer that had been guessed. */
  acceptedTokens: number;
  /** The signal ended it before its own end. */
  cut: boolean;
}

/** Tokens of an answer; the hash also takes their log-probabilities and those of 20 others. */
export async function answerOf(
  engine: MeasurableEngine,
  request: GenerateRequest,
  { signal, onToken = () => {} }: { signal?: AbortSignal; onToken?: () => void } = {},
): Promise<Answer> {
  const hash = createHash('sha256');
  const tokens: number[] = [];
  let cut = true;
  let cachedTokens = 0;
  let acceptedTokens = 0;
  for await (const event of engine.generate({ ...request, logprobs: 20 }, signal)) {
    if (event.type === 'end') {
      cut = false;
      ({ acceptedTokens } = event);
    }
    if (event.type === 'prefill') cachedTokens = event.cachedTokens;
    if (event.type !== 'token') continue;
    tokens.push(event.tokenId);
    onToken();
    const { tokenId, logprob = Number.NaN, topLogprobs = [] } = event;
    const values = [tokenId, logprob, ...topLogprobs.flatMap((top) => [top.tokenId, top.logprob])];
    hash.update(bytesOf(Float64Array.from(values)));
  }
  return { hash: hash.digest('hex'), tokens, cachedTokens, acceptedTokens, cut };
}

/**
 * A request with random tokens and parameters, generating to its `maxTokens`. With `phrase` the
 * prompt says its first so many tokens again and again, which is what drafts are guessed from.
 */
export function randomRequest(
  random: Random,
  sizes: { prompt: number; answer: number; vocabulary: number; phrase?: number },
): GenerateRequest {
  const below = (limit: number) => random.next() % limit;
  const { prompt, phrase = prompt } = sizes;
  const said = Array.from({ length: phrase }, () => below(sizes.vocabulary));
  return {
    promptTokens: Array.from({ length: prompt }, (_, i) => said[i % phrase]),
    maxTokens: sizes.answer,
    stopSequences: [],
    ignoreEndOfTurn: true,
    sampling: {
      ...GREEDY,
      temperature: below(4) / 2,
      topK: below(3) * 20,
      topP: below(2) === 0 ? 1 : 0.9,
      repetitionPenalty: below(2) === 0 ? 1 : 1.25,
      seed: BigInt(random.next()),
    },
  };
}

function bytesOf(values: Float32Array | Float64Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
