/**
 * Natural logarithms of probabilities under the unmodified logits: no penalty, bias, mask or
 * temperature. Section 7 of docs/formats/numerics-sampling.md. They inform; no token depends on
 * them.
 */
import { expF32, logF64 } from '../kernels/index.ts';

export interface TokenLogprob {
  tokenId: number;
  /** Natural logarithm of the probability under the unmodified logits. */
  logprob: number;
}

export interface Logprobs {
  logprob: number;
  /** The most probable tokens, in falling order; the chosen one only if it is among them. */
  topLogprobs: TokenLogprob[];
}

/**
 * @param logits  f32 [vocabulary], neither NaN nor +infinity, not all -infinity
 * @param count  how many alternatives; tokens of logit -infinity are none
 */
export function logprobsOf(logits: Float32Array, tokenId: number, count: number): Logprobs {
  const top = highest(logits, count);
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits) if (logit > max) max = logit;
  let sum = 0;
  for (const logit of logits) sum += expF32(Math.fround(logit - max));
  const offset = max + logF64(sum);
  return {
    logprob: logits[tokenId] - offset,
    topLogprobs: top.map((id) => ({ tokenId: id, logprob: logits[id] - offset })),
  };
}

/** Ids of the highest logits: logit descending, then id ascending. For small counts. */
function highest(logits: Float32Array, count: number): number[] {
  const ids: number[] = [];
  if (count === 0) return ids;
  let lowest = Number.NEGATIVE_INFINITY;
  for (let id = 0; id < logits.length; id += 1) {
    const logit = logits[id];
    if (logit <= lowest || logit === Number.NEGATIVE_INFINITY) continue;
    let place = ids.length;
    while (place > 0 && logits[ids[place - 1]] < logit) place -= 1;
    ids.splice(place, 0, id);
    if (ids.length > count) ids.pop();
    if (ids.length === count) lowest = logits[ids[count - 1]];
  }
  return ids;
}
