/**
 * Who runs next: turns waiting and running sequences into the rows of the next step. Pure: it knows
 * tokens, positions, slots and page numbers, neither kernels nor threads.
 *
 * A sequence is admitted when a slot and the pages of its prompt are free; it takes further pages
 * as it grows. When none is left the youngest is paused: its pages go, and it is computed again
 * later. Each step holds one row of every sequence that decodes, rows of tokens guessed after it,
 * and, with the room that is left, pieces of prompts. What shares a step, what was cached, paused
 * or guessed changes no bit of any result (numerics.md section 1).
 */
import { assert, must } from '../../base/index.ts';
import { KvPages, type KvPagesOptions, type PageCopy } from './kv-pages.ts';
import { PromptLookup } from './prompt-lookup.ts';
import { createSequence, type NewSequence, pendingCount, type Sequence } from './sequence.ts';
import { WaitingLine } from './waiting-line.ts';

export interface SchedulerOptions extends KvPagesOptions {
  /** Sequences running at once, at most. */
  slotCount: number;
  /** Rows of a step, at most. */
  rowCountMax: number;
  /** Rows of a step that want logits, at most; at least slotCount. */
  logitRowsMax: number;
  /** Guess tokens; default true. */
  speculation?: boolean;
}

export interface Row {
  sequence: Sequence;
  token: number;
  position: number;
  wantLogits: boolean;
}

export interface Step {
  rows: Row[];
  /** Sequences that run from this step on, for the first time or again. */
  admitted: Sequence[];
  /** To be done before the step, in this order. */
  copies: PageCopy[];
}

/** More sequences than this that decode at once fill a step well enough without guesses. */
const GUESSING_MAX = 4;

export class Scheduler {
  readonly #options: SchedulerOptions;
  readonly #pages: KvPages;
  readonly #freeSlots: number[];
  readonly #waiting = new WaitingLine();
  /** In order of arrival. */
  #running: Sequence[] = [];
  #arrivals = 0;

  constructor(options: SchedulerOptions) {
    assert(options.logitRowsMax >= options.slotCount, 'every slot can have logits in one step');
    assert(options.rowCountMax >= options.slotCount, 'every slot can decode in one step');
    this.#options = options;
    this.#pages = new KvPages(options);
    this.#freeSlots = Array.from(
      { length: options.slotCount },
      (_, i) => options.slotCount - 1 - i,
    );
  }

  get runningCount(): number {
    return this.#running.length;
  }

  get waitingCount(): number {
    return this.#waiting.count;
  }

  /** Pages that hold nothing, and pages kept for sequences to come. */
  get pages(): { free: number; kept: number } {
    return this.#pages.counts;
  }

  /** Queues a sequence. The caller has checked that it fits in the pages. */
  add(wanted: NewSequence): void {
    const { pagePositions, pageCount, speculation = true } = this.#options;
    assert(wanted.promptTokens.length > 0, 'a prompt has tokens');
    const pagesMax = Math.ceil(wanted.tokenCountMax / pagePositions);
    assert(pagesMax <= pageCount, 'a sequence fits in the cache');
    this.#arrivals += 1;
    const guesses = speculation && wanted.allLogits !== true;
    const lookup = guesses ? new PromptLookup() : undefined;
    this.#waiting.add(createSequence(wanted, { arrival: this.#arrivals, lookup }));
  }

  /** Ends a sequence, whatever its state; its slot and pages are free at once. */
  remove(id: number): void {
    const sequence = this.#running.find((running) => running.id === id);
    if (sequence !== undefined) this.#leave(sequence);
    else this.#waiting.cancel(id, this.#running);
  }

  /** The rows of the next step; none when nothing waits or runs. */
  plan(): Step {
    const step: Step = { rows: [], admitted: [], copies: [] };
    this.#admit(step);
    const decoding = this.#running.filter((sequence) => pendingCount(sequence) === 1);
    for (const sequence of decoding) this.#addRows(step, sequence, 1);
    if (decoding.length <= GUESSING_MAX) {
      for (const sequence of decoding) this.#addGuess(step, sequence);
    }
    for (const sequence of this.#waiting.inTurn(this.#running)) {
      const pending = pendingCount(sequence);
      if (pending <= 1) continue;
      const room = this.#options.rowCountMax - step.rows.length;
      const logitRoom = this.#logitRoom(step);
      const count = Math.min(pending, room, sequence.allLogits ? logitRoom : pending);
      // The last piece wants logits; without room for them it is left for the next step.
      if (count > 0 && logitRoom > 0) this.#addRows(step, sequence, count);
    }
    return step;
  }

  /** Tells that the step's rows are in the cache; guessed ones count when they are appended. */
  commit(step: Step): void {
    const rowCounts = new Map<Sequence, number>();
    for (const { sequence, position } of step.rows) {
      rowCounts.set(sequence, (rowCounts.get(sequence) ?? 0) + 1);
      if (position < sequence.tokens.length) sequence.computedCount = position + 1;
    }
    for (const [sequence, count] of rowCounts) {
      this.#waiting.serve(sequence.tenant, count);
      this.#pages.publish(sequence);
    }
  }

  /**
   * Adds a token to a sequence. True when it was guessed: its row is computed, and the logits after
   * it are those of the sequence's next row in the step. Otherwise it is part of the next step.
   */
  append(sequence: Sequence, token: number): boolean {
    assert(pendingCount(sequence) === 0, 'a token follows computed positions');
    sequence.tokens.push(token);
    if (sequence.draft.shift() === token) {
      sequence.computedCount += 1;
      return true;
    }
    const accepted = sequence.tokens.length - 1 - sequence.draftedAfter;
    sequence.lookup?.settle(sequence.draftedCount, accepted);
    sequence.draft = [];
    return false;
  }

  #admit(step: Step): void {
    while (this.#freeSlots.length > 0) {
      const next = this.#waiting.next(this.#running);
      if (next === undefined) return;
      if (!this.#pages.begin(next, this.#pages.owed(this.#running), step.copies)) return;
      this.#waiting.remove(next.id);
      next.slot = must(this.#freeSlots.pop(), 'a free slot');
      next.cachedCount ??= next.computedCount;
      this.#running.push(next);
      this.#running.sort((a, b) => a.arrival - b.arrival);
      step.admitted.push(next);
    }
  }

  #addRows(step: Step, sequence: Sequence, count: number): void {
    const first = sequence.computedCount;
    if (!this.#makeRoom(step, sequence, first + count)) return;
    for (let position = first; position < first + count; position += 1) {
      const isLast = position === sequence.tokens.length - 1;
      const token = sequence.tokens[position];
      step.rows.push({ sequence, token, position, wantLogits: isLast || sequence.allLogits });
    }
    sequence.draft = [];
    sequence.draftedCount = 0;
    sequence.draftedAfter = sequence.tokens.length;
  }

  /**
   * Rows of guessed tokens, as far as there is room without pausing anybody. Half of the rows and
   * one that wants logits are left: texts that repeat themselves for ever must not keep others'
   * prompts from being computed.
   */
  #addGuess(step: Step, sequence: Sequence): void {
    const { tokens, lookup } = sequence;
    if (lookup === undefined || !this.#running.includes(sequence)) return;
    const room = Math.min(
      Math.floor(this.#options.rowCountMax / 2) - step.rows.length,
      this.#logitRoom(step) - 1,
      // The last token of an answer needs no row.
      sequence.tokenCountMax - tokens.length - 1,
    );
    const draft = lookup.propose(tokens, Math.max(0, room));
    while (draft.length > 0 && !this.#pages.grow(sequence, tokens.length + draft.length))
      draft.pop();
    for (const [i, token] of draft.entries()) {
      step.rows.push({ sequence, token, position: tokens.length + i, wantLogits: true });
    }
    sequence.draft = draft;
    sequence.draftedCount = draft.length;
  }

  /** Pages for `count` positions; false when the sequence itself had to be paused. */
  #makeRoom(step: Step, sequence: Sequence, count: number): boolean {
    if (sequence.slot < 0) return false;
    while (!this.#pages.grow(sequence, count)) {
      const youngest = must(this.#running.at(-1), 'a running sequence');
      assert(this.#running.length > 1, 'one sequence alone fits in the cache');
      this.#leave(youngest);
      this.#waiting.add(youngest);
      step.rows = step.rows.filter((row) => row.sequence !== youngest);
      step.admitted = step.admitted.filter((admitted) => admitted !== youngest);
      if (youngest === sequence) return false;
    }
    return true;
  }

  #leave(sequence: Sequence): void {
    this.#running = this.#running.filter((running) => running !== sequence);
    this.#pages.release(sequence);
    this.#freeSlots.push(sequence.slot);
    sequence.slot = -1;
    sequence.draft = [];
    this.#waiting.forget(sequence.tenant, this.#running);
  }

  #logitRoom(step: Step): number {
    const count = step.rows.reduce((sum, row) => sum + (row.wantLogits ? 1 : 0), 0);
    return this.#options.logitRowsMax - count;
  }
}
