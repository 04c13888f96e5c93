/**
 * Where the order by logit descending, then id ascending, is cut so that the tokens before the cut
 * reach a target: a count (top-k) or a weight (top-p). Tokens are counted into buckets by their
 * distance from the highest logit, and only the bucket in which the target is reached is sorted, so
 * the work is linear in the vocabulary.
 */

/** The last token that stays: all with a higher logit stay, and of equals those up to its id. */
export interface Cut {
  readonly logit: number;
  readonly tokenId: number;
}

/** Nothing is cut off but what is out anyway (logit -infinity). */
export const NO_CUT: Cut = { logit: Number.NEGATIVE_INFINITY, tokenId: -1 };

export function staysWithin(cut: Cut, logit: number, tokenId: number): boolean {
  return logit > cut.logit || (logit === cut.logit && tokenId <= cut.tokenId);
}

const BUCKET_COUNT = 1024;

export class CutFinder {
  readonly #totals = new Float64Array(BUCKET_COUNT);

  /**
   * The cut at the first token, in the order, at which the sum of `measures` reaches `target`; the
   * cut `within` when it is not reached there.
   * @param logits  f32 [vocabulary]
   * @param measures  f64 [vocabulary], integers whose sum is below 2^53; tokens of measure 0
   *   take no part, unless the target is 0
   * @param within  tokens outside of this cut take no part
   */
  find(logits: Float32Array, measures: Float64Array, target: number, within: Cut): Cut {
    const range = rangeOf(logits, measures, within);
    if (range === undefined) return within;
    const { max, min } = range;
    // Subtraction, product and floor are monotonic: a higher logit is never in a later bucket.
    const scale = max > min ? (BUCKET_COUNT - 1) / (max - min) : 0;
    const totals = this.#totals.fill(0);
    for (let i = 0; i < logits.length; i += 1) {
      const measure = measures[i];
      if (measure === 0 || !staysWithin(within, logits[i], i)) continue;
      totals[Math.floor((max - logits[i]) * scale)] += measure;
    }
    let sum = 0;
    let bucket = 0;
    while (bucket < BUCKET_COUNT && sum + totals[bucket] < target) {
      sum += totals[bucket];
      bucket += 1;
    }
    if (bucket === BUCKET_COUNT) return within;
    const tokenIds: number[] = [];
    for (let i = 0; i < logits.length; i += 1) {
      if (measures[i] === 0 || !staysWithin(within, logits[i], i)) continue;
      if (Math.floor((max - logits[i]) * scale) === bucket) tokenIds.push(i);
    }
    tokenIds.sort((a, b) => logits[b] - logits[a] || a - b);
    for (const tokenId of tokenIds) {
      sum += measures[tokenId];
      if (sum >= target) return { logit: logits[tokenId], tokenId };
    }
    return within;
  }
}

/** Highest and lowest logit that takes part, or undefined when none does. */
function rangeOf(
  logits: Float32Array,
  measures: Float64Array,
  within: Cut,
): { max: number; min: number } | undefined {
  let max = Number.NEGATIVE_INFINITY;
  let min = Number.POSITIVE_INFINITY;
  for (let i = 0; i < logits.length; i += 1) {
    const logit = logits[i];
    if (measures[i] === 0 || !staysWithin(within, logit, i)) continue;
    if (logit > max) max = logit;
    if (logit < min) min = logit;
  }
  return max === Number.NEGATIVE_INFINITY ? undefined : { max, min };
}
