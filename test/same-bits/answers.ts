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

/** How a model is opened; nothing in it may change a bit of an answer. */
export type Setup = Pick<OpenEngineOptions, 'kernels' | 'threads' | 'stepRowsMax'>;

export function nameOf({ kernels, threads, stepRowsMax }: Setup): string {
  const rows = stepRowsMax ?? 256;
  return `${kernels} kernels, threads ${threads}, rows of a step ${rows}`;
}

/** Opens the model, gives it to `use`, closes it. */
export async function withEngine<T>(
  modelPath: string,
  setup: Setup,
  use: (engine: MeasurableEngine) => Promise<T>,
): Promise<T> {
  const engine = await openEngine({ modelPath, contextTokens: 512, ...setup });
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
): Promise<string> {
  const hash = createHash('sha256');
  let positions = 0;
  await engine.evaluateLogits(tokens, (_, logits) => {
    hash.update(bytesOf(logits));
    positions += 1;
  });
  if (positions !== tokens.length) throw new Error(`logits of ${positions} positions`);
  return hash.digest('hex');
}

export interface Answer {
  hash: string;
  tokens: number[];
  /** The signal ended it before its own end. */
  cut: boolean;
}

/** Tokens of an answer; the hash also takes their log-probabilities and those of 20 others. */
export async function answerOf(
  engine: MeasurableEngine,
  request: GenerateRequest,
  signal?: AbortSignal,
): Promise<Answer> {
  const hash = createHash('sha256');
  const tokens: number[] = [];
  let cut = true;
  for await (const event of engine.generate({ ...request, logprobs: 20 }, signal)) {
    if (event.type === 'end') cut = false;
    if (event.type !== 'token') continue;
    tokens.push(event.tokenId);
    const { tokenId, logprob = Number.NaN, topLogprobs = [] } = event;
    const values = [tokenId, logprob, ...topLogprobs.flatMap((top) => [top.tokenId, top.logprob])];
    hash.update(bytesOf(Float64Array.from(values)));
  }
  return { hash: hash.digest('hex'), tokens, cut };
}

/** A request with random tokens and parameters, generating to its `maxTokens`. */
export function randomRequest(
  random: Random,
  sizes: { prompt: number; answer: number; vocabulary: number },
): GenerateRequest {
  const below = (limit: number) => random.next() % limit;
  return {
    promptTokens: Array.from({ length: sizes.prompt }, () => below(sizes.vocabulary)),
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
