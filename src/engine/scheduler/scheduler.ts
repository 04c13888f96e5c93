/**
 * Who runs next: turns waiting and running sequences into the rows of the next step. Pure: it knows
 * tokens, positions, slots and page numbers, neither kernels nor threads.
 *
 * A sequence is admitted, in order of arrival, when a slot is free and all pages that it can ever
 * need are: it then always runs to its end. Each step holds one row of every sequence that decodes
 * and, with the room that is left, the next piece of the oldest prefill. What shares a step changes
 * no bit of any result (numerics.md section 1).
 */
import { assert, must } from '../../base/index.ts';

export interface SchedulerOptions {
  /** KV pages in all. */
  pageCount: number;
  /** Positions of a page. */
  pagePositions: number;
  /** Sequences running at once, at most. */
  slotCount: number;
  /** Rows of a step, at most. */
  rowCountMax: number;
  /** Rows of a step that want logits, at most; at least slotCount. */
  logitRowsMax: number;
}

export interface NewSequence {
  id: number;
  promptTokens: readonly number[];
  /** Tokens of prompt and answer together, at most. */
  tokenCountMax: number;
  /** Logits are wanted at every position of the prompt, not only at the last. */
  allLogits?: boolean;
}

export interface Sequence {
  readonly id: number;
  /** Prompt and answer so far. */
  readonly tokens: number[];
  readonly promptCount: number;
  readonly slot: number;
  /** Page of each block of positions. */
  readonly pages: readonly number[];
  readonly allLogits: boolean;
  /** Positions whose keys and values are in the cache. */
  computedCount: number;
}

export interface Row {
  sequence: Sequence;
  token: number;
  position: number;
  wantLogits: boolean;
}

export interface Step {
  rows: Row[];
  /** Sequences that were admitted for this step. */
  admitted: Sequence[];
}

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #freePages: number[];
  readonly #freeSlots: number[];
  readonly #waiting: NewSequence[] = [];
  readonly #running: Sequence[] = [];

  constructor(options: SchedulerOptions) {
    assert(options.logitRowsMax >= options.slotCount, 'every slot can have logits in one step');
    assert(options.rowCountMax >= options.slotCount, 'every slot can decode in one step');
    this.#options = options;
    this.#freePages = Array.from(
      { length: options.pageCount },
      (_, i) => options.pageCount - 1 - i,
    );
    this.#freeSlots = Array.from(
      { length: options.slotCount },
      (_, i) => options.slotCount - 1 - i,
    );
  }

  get runningCount(): number {
    return this.#running.length;
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** Queues a sequence. The caller has checked that it fits in the pages. */
  add(sequence: NewSequence): void {
    assert(sequence.promptTokens.length > 0, 'a prompt has tokens');
    assert(this.#pagesFor(sequence) <= this.#options.pageCount, 'a sequence fits in the cache');
    this.#waiting.push(sequence);
  }

  /** Ends a sequence, whatever its state; its slot and pages are free at once. */
  remove(id: number): void {
    const waiting = this.#waiting.findIndex((sequence) => sequence.id === id);
    if (waiting >= 0) this.#waiting.splice(waiting, 1);
    const running = this.#running.findIndex((sequence) => sequence.id === id);
    if (running < 0) return;
    const [sequence] = this.#running.splice(running, 1);
    this.#freeSlots.push(sequence.slot);
    this.#freePages.push(...sequence.pages);
  }

  /** The rows of the next step; none when nothing waits or runs. */
  plan(): Step {
    const admitted = this.#admit();
    const step: Step = { rows: [], admitted };
    for (const sequence of this.#running) {
      if (pendingCount(sequence) === 1) this.#addRows(step, sequence, 1);
    }
    for (const sequence of this.#running) {
      const pending = pendingCount(sequence);
      if (pending <= 1) continue;
      const room = this.#options.rowCountMax - step.rows.length;
      const logitRoom = this.#options.logitRowsMax - logitCount(step);
      const count = Math.min(pending, room, sequence.allLogits ? logitRoom : pending);
      // The last piece wants logits; without room for them it is left for the next step.
      if (count > 0 && logitRoom > 0) this.#addRows(step, sequence, count);
    }
    return step;
  }

  /** Tells that the step's rows are in the cache. */
  commit(step: Step): void {
    for (const row of step.rows) row.sequence.computedCount += 1;
  }

  /** Adds a token to a sequence; its row is part of the next step. */
  append(sequence: Sequence, token: number): void {
    assert(pendingCount(sequence) === 0, 'a token follows computed positions');
    sequence.tokens.push(token);
  }

  #addRows(step: Step, sequence: Sequence, count: number): void {
    const first = sequence.computedCount;
    for (let position = first; position < first + count; position += 1) {
      const isLast = position === sequence.tokens.length - 1;
      const token = sequence.tokens[position];
      step.rows.push({ sequence, token, position, wantLogits: isLast || sequence.allLogits });
    }
  }

  #admit(): Sequence[] {
    const admitted: Sequence[] = [];
    while (this.#waiting.length > 0 && this.#freeSlots.length > 0) {
      const next = this.#waiting[0];
      const pageCount = this.#pagesFor(next);
      if (pageCount > this.#freePages.length) break;
      this.#waiting.shift();
      const sequence: Sequence = {
        id: next.id,
        tokens: [...next.promptTokens],
        promptCount: next.promptTokens.length,
        slot: must(this.#freeSlots.pop(), 'a free slot'),
        pages: this.#freePages.splice(-pageCount, pageCount),
        allLogits: next.allLogits ?? false,
        computedCount: 0,
      };
      this.#running.push(sequence);
      admitted.push(sequence);
    }
    return admitted;
  }

  #pagesFor(sequence: NewSequence): number {
    return Math.ceil(sequence.tokenCountMax / this.#options.pagePositions);
  }
}

/** Tokens that are known but not computed. */
function pendingCount(sequence: Sequence): number {
  return sequence.tokens.length - sequence.computedCount;
}

function logitCount(step: Step): number {
  let count = 0;
  for (const row of step.rows) if (row.wantLogits) count += 1;
  return count;
}
