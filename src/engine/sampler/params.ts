/** Sampling parameters and their bounds. */
import { VitrineError } from '../../base/index.ts';

export type SamplerErrorCode =
  /** A parameter out of its bounds, or nothing left to choose from. */
  | 'bad-request'
  /** NaN or +infinity among the logits. */
  | 'numeric-fault';

/** Applied in the order of docs/formats/numerics-sampling.md. */
export interface SamplingParams {
  /** 0 is greedy: the highest logit, the lowest id among equals. */
  temperature: number;
  /** Keep the k highest; 0 keeps all. */
  topK: number;
  /** Keep the smallest set with this much probability, the crossing token included; 1 keeps all. */
  topP: number;
  /** Drop tokens below this share of the highest probability; 0 drops none. */
  minP: number;
  /** Divides positive and multiplies negative logits of seen tokens; 1 is none. */
  repetitionPenalty: number;
  /** Subtracted once from logits of tokens in the answer so far. */
  presencePenalty: number;
  /** Subtracted once for each occurrence in the answer so far. */
  frequencyPenalty: number;
  /** Added to the logits of these token ids. */
  logitBias: ReadonlyMap<number, number>;
  /** 64 bits, as an unsigned bigint. */
  seed: bigint;
}

/** Largest temperature, penalty and bias: far beyond use, and no product with a logit overflows. */
const MAGNITUDE_MAX = 1e6;
/** Least repetition penalty, for the same reason. */
const REPETITION_PENALTY_MIN = 1e-6;
const SEED_LIMIT = 2n ** 64n;

/**
 * Checks every parameter, once for a request.
 * @throws VitrineError bad-request that names the parameter, its bounds and what came
 */
export function checkSamplingParams(params: SamplingParams, vocabularySize: number): void {
  inBounds('temperature', params.temperature, 0, MAGNITUDE_MAX);
  inBounds('top_k', params.topK, 0, Number.MAX_SAFE_INTEGER);
  if (!Number.isInteger(params.topK)) refuse('top_k', 'an integer', params.topK);
  inBounds('top_p', params.topP, 0, 1);
  inBounds('min_p', params.minP, 0, 1);
  inBounds('repetition_penalty', params.repetitionPenalty, REPETITION_PENALTY_MIN, MAGNITUDE_MAX);
  inBounds('presence_penalty', params.presencePenalty, -MAGNITUDE_MAX, MAGNITUDE_MAX);
  inBounds('frequency_penalty', params.frequencyPenalty, -MAGNITUDE_MAX, MAGNITUDE_MAX);
  for (const [tokenId, bias] of params.logitBias) {
    const isToken = Number.isInteger(tokenId) && tokenId >= 0 && tokenId < vocabularySize;
    if (!isToken) refuse('logit_bias', `token ids from 0 to ${vocabularySize - 1}`, tokenId);
    inBounds(`logit_bias of token ${tokenId}`, bias, -MAGNITUDE_MAX, MAGNITUDE_MAX);
  }
  if (params.seed < 0n || params.seed >= SEED_LIMIT) {
    refuse('seed', 'an unsigned integer of 64 bits', params.seed);
  }
}

function inBounds(name: string, value: number, min: number, max: number): void {
  if (!(value >= min && value <= max)) refuse(name, `a number from ${min} to ${max}`, value);
}

function refuse(name: string, expected: string, came: number | bigint): never {
  throw new VitrineError<SamplerErrorCode>(
    'bad-request',
    `${name}: expected ${expected}, came ${came}`,
  );
}
