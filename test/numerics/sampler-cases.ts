/**
 * Case set "sampler": tokens and log-probabilities over the logits that the forward passes left.
 * Browser-safe.
 */
import { Sampler, type SamplingParams } from '../../src/engine/sampler/index.ts';
import type { RecordingHeader } from './recording.ts';

const PLAIN: SamplingParams = {
  ...{ temperature: 1, topK: 0, topP: 1, minP: 0, logitBias: new Map(), seed: 1n },
  ...{ repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0 },
};

const PARAMETERS: readonly SamplingParams[] = [
  { ...PLAIN, temperature: 0 },
  PLAIN,
  { ...PLAIN, temperature: 0.7, topK: 40, topP: 0.9, seed: 2n ** 63n + 5n },
  { ...PLAIN, temperature: 1.5, minP: 0.05, repetitionPenalty: 1.3, seed: 77n },
  {
    ...{ ...PLAIN, presencePenalty: 0.5, frequencyPenalty: 0.25, topP: 0.5 },
    logitBias: new Map([[3, -2.5]]),
  },
];

/** Token id, its log-probability, and those of the 5 best, for each row and set of parameters. */
export function sampleRows(
  memory: ArrayBufferLike,
  { address, rows, stride, vocabulary }: NonNullable<RecordingHeader['logits']>,
): Float64Array {
  const sampler = new Sampler(vocabulary);
  const results: number[] = [];
  for (let row = 0; row < rows; row += 1) {
    const logits = new Float32Array(memory, address + row * stride, vocabulary);
    for (const params of PARAMETERS) {
      const history = { promptTokens: [1, 2, 3, row], answerTokens: [row, 5, 5] };
      const place = { position: row + 7, choiceIndex: row % 2 };
      const sample = sampler.sample(logits, params, history, place, { logprobs: 5 });
      results.push(sample.tokenId, sample.logprob ?? Number.NaN);
      for (const top of sample.topLogprobs ?? []) results.push(top.tokenId, top.logprob);
    }
  }
  return Float64Array.from(results);
}
