/**
 * Logits -> token, as docs/formats/numerics-sampling.md states it: penalties, bias, mask,
 * temperature, top-k, top-p, min-p, one draw of a counter-based generator. A function of its
 * arguments; the class only keeps scratch memory. The section numbers below are the document's.
 */
import { assert, VitrineError } from '../../base/index.ts';
import { type Cut, CutFinder, NO_CUT, staysWithin } from './cut.ts';
import { logprobsOf, type TokenLogprob } from './logprobs.ts';
import type { SamplerErrorCode, SamplingParams } from './params.ts';
import { uniformOf } from './philox.ts';
import { fillWeights, VOCABULARY_MAX, WEIGHT_MAX } from './weights.ts';

const f = Math.fround;

export interface History {
  readonly promptTokens: readonly number[];
  readonly answerTokens: readonly number[];
}

export interface Place {
  /** Index in the sequence of the token to be chosen: the number of tokens before it. */
  readonly position: number;
  /** Which of several answers to one request, from 0. */
  readonly choiceIndex: number;
}

export interface SampleOptions {
  /** Bit `id & 31` of word `id >> 5` is 1 where a token is allowed; at least vocabulary bits. */
  readonly mask?: Uint32Array | Int32Array;
  /** Give log-probabilities with this many alternatives. */
  readonly logprobs?: number;
}

export interface Sample {
  tokenId: number;
  logprob?: number;
  topLogprobs?: TokenLogprob[];
}

export class Sampler {
  readonly #vocabularySize: number;
  /** Logits after penalties, bias and mask; f32 [vocabulary]. */
  readonly #logits: Float32Array;
  /** f64 [vocabulary]. */
  readonly #weights: Float64Array;
  /** Occurrences of tokens in the history; u32 [vocabulary], zero between calls. */
  readonly #counts: Uint32Array;
  #ones: Float64Array | undefined;
  readonly #cutFinder = new CutFinder();

  constructor(vocabularySize: number) {
    assert(vocabularySize >= 1 && vocabularySize <= VOCABULARY_MAX, 'vocabulary of 1 to 2^20');
    this.#vocabularySize = vocabularySize;
    this.#logits = new Float32Array(vocabularySize);
    this.#weights = new Float64Array(vocabularySize);
    this.#counts = new Uint32Array(vocabularySize);
  }

  /**
   * Chooses the next token.
   * @param logits  f32 [vocabulary]; not changed
   * @param params  checked by `checkSamplingParams`
   * @throws VitrineError numeric-fault: NaN or +infinity, or no finite logit; bad-request: mask and
   *   biases leave no token
   */
  sample(
    logits: Float32Array,
    params: SamplingParams,
    history: History,
    place: Place,
    options: SampleOptions = {},
  ): Sample {
    assert(logits.length === this.#vocabularySize, 'one logit for each token');
    checkLogits(logits, place.position);
    this.#logits.set(logits);
    this.#applyPenalties(params, history);
    for (const [tokenId, bias] of params.logitBias) {
      this.#logits[tokenId] += f(bias);
    }
    if (options.mask !== undefined) applyMask(this.#logits, options.mask);
    const tokenId = this.#choose(params, place);
    if (options.logprobs === undefined) return { tokenId };
    return { tokenId, ...logprobsOf(logits, tokenId, options.logprobs) };
  }

  /** Section 2. */
  #applyPenalties(params: SamplingParams, history: History): void {
    const repetition = f(params.repetitionPenalty);
    const presence = f(params.presencePenalty);
    const frequency = f(params.frequencyPenalty);
    const values = this.#logits;
    const counts = this.#counts;
    const { promptTokens, answerTokens } = history;
    if (repetition !== 1) {
      for (const tokens of [promptTokens, answerTokens]) {
        for (const id of tokens) {
          counts[id] += 1;
          if (counts[id] > 1) continue;
          values[id] = values[id] > 0 ? values[id] / repetition : values[id] * repetition;
        }
      }
      for (const id of promptTokens) counts[id] = 0;
      for (const id of answerTokens) counts[id] = 0;
    }
    if (presence === 0 && frequency === 0) return;
    for (const id of answerTokens) counts[id] += 1;
    for (const id of answerTokens) {
      if (counts[id] === 0) continue;
      values[id] -= f(f(counts[id] * frequency) + presence);
      counts[id] = 0;
    }
  }

  #choose(params: SamplingParams, place: Place): number {
    const values = this.#logits;
    const best = argmax(values);
    const max = values[best];
    if (max === Number.NEGATIVE_INFINITY) {
      throw samplerError(
        'bad-request',
        `grammar and logit_bias leave no token to choose at position ${place.position}`,
      );
    }
    if (max === Number.POSITIVE_INFINITY)
      throw faultAt(best, max, place.position, 'after penalties');
    const temperature = f(params.temperature);
    if (temperature === 0 || params.topK === 1) return best;
    const weightSum = fillWeights(this.#weights, values, max, temperature);
    const cut = this.#truncate(params, weightSum);
    return this.#draw(cut, params.minP * WEIGHT_MAX, uniformOf(params.seed, place));
  }

  /** Section 5: top-k, then top-p among what it left. */
  #truncate(params: SamplingParams, weightSum: number): Cut {
    const values = this.#logits;
    const weights = this.#weights;
    let cut = NO_CUT;
    let sum = weightSum;
    if (params.topK > 0 && params.topK < values.length) {
      this.#ones ??= new Float64Array(values.length).fill(1);
      cut = this.#cutFinder.find(values, this.#ones, params.topK, cut);
      sum = 0;
      for (let i = 0; i < values.length; i += 1) {
        if (staysWithin(cut, values[i], i)) sum += weights[i];
      }
    }
    if (params.topP >= 1) return cut;
    return this.#cutFinder.find(values, weights, params.topP * sum, cut);
  }

  /**
   * Sections 5 (min-p) and 6: the first id at which the weights so far exceed u times their sum.
   */
  #draw(cut: Cut, weightMin: number, uniform: number): number {
    const values = this.#logits;
    const weights = this.#weights;
    let sum = 0;
    for (let i = 0; i < values.length; i += 1) {
      if (weights[i] >= weightMin && staysWithin(cut, values[i], i)) sum += weights[i];
      else weights[i] = 0;
    }
    const target = uniform * sum;
    let reached = 0;
    let last = 0;
    for (let i = 0; i < values.length; i += 1) {
      if (weights[i] === 0) continue;
      reached += weights[i];
      last = i;
      if (reached > target) return i;
    }
    // u * sum was rounded up to the sum.
    return last;
  }
}

/**
 * Logits as a model gives them, of a position whose next token they are for.
 * @throws VitrineError numeric-fault: NaN or +infinity, or no finite one
 */
export function checkLogits(logits: Float32Array, position: number): void {
  let finiteCount = 0;
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i];
    if (logit - logit === 0) finiteCount += 1;
    else if (logit !== Number.NEGATIVE_INFINITY) throw faultAt(i, logit, position, 'of the model');
  }
  if (finiteCount > 0) return;
  throw samplerError(
    'numeric-fault',
    `the model gave no finite logit at position ${position}; the file may be damaged`,
  );
}

function applyMask(values: Float32Array, mask: Uint32Array | Int32Array): void {
  assert(32 * mask.length >= values.length, 'one bit of the mask for each token');
  for (let i = 0; i < values.length; i += 1) {
    if (((mask[i >>> 5] >>> (i & 31)) & 1) === 0) values[i] = Number.NEGATIVE_INFINITY;
  }
}

/** The lowest id of the highest value. */
function argmax(values: Float32Array): number {
  let best = 0;
  for (let i = 1; i < values.length; i += 1) {
    if (values[i] > values[best]) best = i;
  }
  return best;
}

function faultAt(tokenId: number, logit: number, position: number, whose: string) {
  return samplerError(
    'numeric-fault',
    `the logit of token ${tokenId} ${whose} is ${logit} at position ${position}`,
  );
}

function samplerError(code: SamplerErrorCode, message: string): VitrineError<SamplerErrorCode> {
  return new VitrineError(code, message);
}
