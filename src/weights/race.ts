/**
 * Asks sources in order, and uses the first that answers. A source that is silent for a while gets
 * company: the next one is asked too, because networks that drop packets to one host are common and
 * waiting out each timeout in turn is not what a newcomer should see. All together have a deadline.
 * Only asks; nothing is downloaded twice, and at most one source is open at the end.
 */
import { messageOf } from '../base/index.ts';
import { SourceFault } from './errors.ts';
import type { Patience } from './progress.ts';
import type { OpenSource } from './source.ts';

export interface Candidate {
  readonly label: string;
  open(signal: AbortSignal): Promise<OpenSource>;
}

export interface RaceResult {
  /** Undefined when nobody answered. */
  readonly winner?: { readonly index: number; readonly opened: OpenSource };
  /** By index of the candidate; those that were called off for the winner are not in it. */
  readonly faults: ReadonlyMap<number, SourceFault>;
}

/** Errors that are not a SourceFault (no space, a bug) end the race and are thrown. */
export async function raceSources(
  candidates: readonly Candidate[],
  patience: Pick<Patience, 'hedgeMs' | 'answerMs'>,
  signal: AbortSignal,
): Promise<RaceResult> {
  const race = new Race(candidates, patience, signal);
  try {
    return await race.run();
  } finally {
    await race.callOff();
  }
}

class Race {
  readonly #candidates: readonly Candidate[];
  readonly #patience: Pick<Patience, 'hedgeMs' | 'answerMs'>;
  readonly #signal: AbortSignal;
  readonly #faults = new Map<number, SourceFault>();
  readonly #stops = new Map<number, AbortController>();
  readonly #attempts: Promise<void>[] = [];
  readonly #result = Promise.withResolvers<RaceResult>();
  #isDecided = false;
  #hedge: NodeJS.Timeout | undefined;
  #next = 0;

  constructor(
    candidates: readonly Candidate[],
    patience: Pick<Patience, 'hedgeMs' | 'answerMs'>,
    signal: AbortSignal,
  ) {
    this.#candidates = candidates;
    this.#patience = patience;
    this.#signal = signal;
  }

  async run(): Promise<RaceResult> {
    const deadline = setTimeout(() => this.#tooLate(), this.#patience.answerMs);
    const aborted = () => this.#fail(this.#signal.reason);
    this.#signal.addEventListener('abort', aborted, { once: true });
    try {
      if (this.#signal.aborted) aborted();
      else this.#askNext();
      return await this.#result.promise;
    } finally {
      clearTimeout(deadline);
      clearTimeout(this.#hedge);
      this.#signal.removeEventListener('abort', aborted);
    }
  }

  /** Stops whoever is still asking, and waits until they have let go of their files. */
  async callOff(): Promise<void> {
    for (const stop of this.#stops.values()) stop.abort();
    await Promise.all(this.#attempts);
  }

  #askNext(): void {
    clearTimeout(this.#hedge);
    const index = this.#next;
    if (this.#isDecided || index >= this.#candidates.length) return;
    this.#next += 1;
    this.#hedge = setTimeout(() => this.#askNext(), this.#patience.hedgeMs);
    this.#attempts.push(this.#ask(index));
  }

  async #ask(index: number): Promise<void> {
    const stop = new AbortController();
    this.#stops.set(index, stop);
    try {
      // The winner's signal must outlive the race: it is aborted with the pull only.
      const opened = await this.#candidates[index].open(
        AbortSignal.any([this.#signal, stop.signal]),
      );
      this.#stops.delete(index);
      if (this.#isDecided) await opened.close();
      else this.#decide({ winner: { index, opened }, faults: this.#faults });
    } catch (error) {
      this.#stops.delete(index);
      if (this.#isDecided) return;
      if (!(error instanceof SourceFault)) {
        this.#fail(error);
        return;
      }
      this.#faults.set(index, error);
      if (this.#faults.size === this.#candidates.length) this.#decide({ faults: this.#faults });
      else this.#askNext();
    }
  }

  #tooLate(): void {
    const limit = `no answer within ${this.#patience.answerMs / 1000} s`;
    for (const index of this.#candidates.keys()) {
      if (this.#faults.has(index)) continue;
      const reason = index < this.#next ? limit : `not asked: ${limit} from the others`;
      this.#faults.set(index, new SourceFault(reason, lateRemedy(this.#candidates[index].label)));
    }
    this.#decide({ faults: this.#faults });
  }

  #decide(result: RaceResult): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    this.#result.resolve(result);
  }

  #fail(error: unknown): void {
    if (this.#isDecided) return;
    this.#isDecided = true;
    this.#result.reject(error instanceof Error ? error : new Error(messageOf(error)));
  }
}

/** pip has its own index and its own proxy setting. */
function lateRemedy(label: string): string {
  return label.startsWith('pip:')
    ? 'check the network, and the index and proxy pip is configured for (`pip config list`)'
    : 'check the network, or set HTTPS_PROXY';
}
