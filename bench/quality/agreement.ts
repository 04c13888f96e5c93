/** How close one model's predictions are to another's, position by position. */

export interface Agreement {
  positions: number;
  /** Kullback-Leibler divergence of the reference from the other, nats, mean and largest. */
  klMean: number;
  klMax: number;
  /** Share of positions with the same most probable token. */
  topAgreement: number;
  /** Largest margin (in logits of the reference) between its two best where the best differ. */
  marginMaxWhereDiffering: number;
  /** Perplexity of the text under the other model. */
  perplexity: number;
}

/** Rows of logits, or of log-probabilities: the difference is a constant that drops out. */
export class AgreementMeter {
  #positions = 0;
  #klSum = 0;
  #klMax = 0;
  #agreed = 0;
  #margin = 0;
  #lossSum = 0;
  #lossCount = 0;

  /** @param next the token that follows, when there is one */
  add(reference: Float32Array, other: Float32Array, next: number | undefined): void {
    const a = logSoftmax(reference);
    const b = logSoftmax(other);
    let kl = 0;
    for (let i = 0; i < a.length; i += 1) {
      // A probability that the other rounded to nothing is taken as its smallest.
      const p = Math.exp(a[i]);
      if (p > 0) kl += p * (a[i] - Math.max(b[i], -104));
    }
    this.#positions += 1;
    this.#klSum += kl;
    this.#klMax = Math.max(this.#klMax, kl);
    const [best, second] = bestTwo(reference);
    if (bestTwo(other)[0] === best) this.#agreed += 1;
    else this.#margin = Math.max(this.#margin, reference[best] - reference[second]);
    if (next !== undefined) {
      this.#lossSum -= b[next];
      this.#lossCount += 1;
    }
  }

  result(): Agreement {
    return {
      positions: this.#positions,
      klMean: this.#klSum / this.#positions,
      klMax: this.#klMax,
      topAgreement: this.#agreed / this.#positions,
      marginMaxWhereDiffering: this.#margin,
      perplexity: Math.exp(this.#lossSum / this.#lossCount),
    };
  }
}

function logSoftmax(logits: Float32Array): Float64Array {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of logits) max = Math.max(max, value);
  let sum = 0;
  for (const value of logits) sum += Math.exp(value - max);
  const offset = max + Math.log(sum);
  return Float64Array.from(logits, (value) => value - offset);
}

function bestTwo(logits: Float32Array): [number, number] {
  let [best, second] = [0, -1];
  for (let i = 1; i < logits.length; i += 1) {
    if (logits[i] > logits[best]) [best, second] = [i, best];
    else if (second < 0 || logits[i] > logits[second]) second = i;
  }
  return [best, second];
}
