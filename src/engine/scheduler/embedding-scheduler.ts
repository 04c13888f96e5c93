/**
 * Which texts of which requests the next step embeds. Pure: it knows lengths, neither tokens nor
 * kernels. A text is in one step as a whole, since each of its positions sees all others.
 *
 * Requests take turns: a step begins with the one that has waited longest since its last text, and
 * takes a text from each in turn until no more fit. So a request of two thousand texts holds up one
 * of a single text by a step at most, and a long text waits for no more steps than there are
 * requests. What shares a step changes no bit of any result (numerics.md section 1).
 */
import { assert } from '../../base/index.ts';

export interface EmbeddingSchedulerOptions {
  /** A step takes texts while their tokens together stay within this; the first in any case. */
  rowsWanted: number;
  /** Texts of a step, at most. */
  textCountMax: number;
}

export interface TextOfStep {
  requestId: number;
  /** Which text of its request. */
  index: number;
  length: number;
}

export interface EmbeddingStep {
  texts: TextOfStep[];
  /** Requests whose first text is in this step. */
  admitted: number[];
}

interface Waiting {
  readonly id: number;
  readonly lengths: ArrayLike<number>;
  /** Texts that were handed out. */
  taken: number;
}

export class EmbeddingScheduler {
  readonly #options: EmbeddingSchedulerOptions;
  /** Requests with texts left, in the order of their turns. */
  #turns: Waiting[] = [];

  constructor(options: EmbeddingSchedulerOptions) {
    assert(options.textCountMax >= 1, 'a step holds a text');
    this.#options = options;
  }

  /** @param lengths tokens of each text, at least one text */
  add(id: number, lengths: ArrayLike<number>): void {
    assert(lengths.length > 0, 'a request has texts');
    this.#turns.push({ id, lengths, taken: 0 });
  }

  /** Forgets a request and the texts that it has left. */
  remove(id: number): void {
    this.#turns = this.#turns.filter((request) => request.id !== id);
  }

  /** The texts of the next step; none when nothing waits. */
  plan(): EmbeddingStep {
    const step: EmbeddingStep = { texts: [], admitted: [] };
    const [first, ...others] = this.#turns;
    if (first === undefined) return step;
    let rowCount = 0;
    const served = new Set<Waiting>();
    const takes = (request: Waiting): boolean => {
      const length = request.lengths[request.taken];
      const isFull = step.texts.length >= this.#options.textCountMax;
      const isTooMuch = step.texts.length > 0 && rowCount + length > this.#options.rowsWanted;
      if (length === undefined || isFull || isTooMuch) return false;
      if (request.taken === 0) step.admitted.push(request.id);
      step.texts.push({ requestId: request.id, index: request.taken, length });
      request.taken += 1;
      rowCount += length;
      served.add(request);
      return true;
    };
    // A round may take nothing only because all that is left is too long: then the step is full.
    for (let tookAny = true; tookAny; ) {
      tookAny = false;
      for (const request of [first, ...others]) tookAny = takes(request) || tookAny;
    }
    const left = this.#turns.filter((request) => request.taken < request.lengths.length);
    const isServed = (request: Waiting): boolean => served.has(request);
    this.#turns = [...left.filter((each) => !isServed(each)), ...left.filter(isServed)];
    return step;
  }
}
