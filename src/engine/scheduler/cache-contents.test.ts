/**
 * The scheduler against a model of the cache: a cell holds what was written for it, a hash of all
 * tokens up to its position. Whatever is shared, copied, paused, recomputed, guessed or cancelled,
 * every row must find the right contents at all positions before it.
 */
import { strict as assert } from 'node:assert';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { Scheduler, type SchedulerOptions, type Step } from './index.ts';

const PAGE_POSITIONS = 4;

class FakeCache {
  readonly cells: number[][];
  constructor(pageCount: number) {
    this.cells = Array.from({ length: pageCount }, () => new Array(PAGE_POSITIONS).fill(-1));
  }

  run(step: Step, note: string): void {
    for (const { from, to } of step.copies) this.cells[to] = [...this.cells[from]];
    // Rows of a sequence in order; those of others may come between.
    for (const { sequence, token, position } of step.rows) {
      const tokens = [...sequence.tokens, ...sequence.draft];
      assert.equal(tokens[position], token, note);
      let hash = 0;
      for (let at = 0; at <= position; at += 1) {
        hash = next(hash, tokens[at]);
        const cell = this.cells[sequence.pages[Math.floor(at / PAGE_POSITIONS)]];
        if (at === position) cell[at % PAGE_POSITIONS] = hash;
        else assert.equal(cell[at % PAGE_POSITIONS], hash, `${note}: position ${at}`);
      }
    }
  }
}

const next = (hash: number, token: number): number => (Math.imul(hash, 31) + token + 1) | 0;

/** The token that the model of language "samples": repeats itself often, so that guesses hit. */
function sampled(tokens: readonly number[], kind: number): number {
  if (kind === 0) return tokens[Math.max(0, tokens.length - 5)];
  return Math.abs(tokens.reduce(next, kind)) % 5;
}

interface Wanted {
  promptTokens: number[];
  kind: number;
  limit: number;
}

/** The answer that the sequence has to get, computed alone. */
function expected({ promptTokens, kind, limit }: Wanted): number[] {
  const tokens = [...promptTokens];
  while (tokens.length < limit) tokens.push(sampled(tokens, kind));
  return tokens;
}

for (const switches of [
  {},
  { prefixCache: false },
  { speculation: false },
  { prefixCache: false, speculation: false },
]) {
  const named = Object.keys(switches).join(' and ') || 'nothing';
  test(`every row finds its own past in the cache, with ${named} off`, (t) => {
    const seed = Number(process.env.VITRINE_INTERNAL_SEED ?? randomInt(1, 2 ** 31));
    t.diagnostic(`seed ${seed}`);
    let state = seed;
    const random = (below: number): number => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    const options: SchedulerOptions = {
      ...{ pageCount: 9 + random(8), pagePositions: PAGE_POSITIONS, slotCount: 5 },
      ...{ rowCountMax: 12, logitRowsMax: 8, ...switches },
    };
    const scheduler = new Scheduler(options);
    const cache = new FakeCache(options.pageCount);
    const wanted = new Map<number, Wanted>();
    let [ended, pauses, hits, copies] = [0, 0, 0, 0];
    for (let event = 0; event < 4000; event += 1) {
      const note = `seed ${seed}, event ${event}`;
      if (random(4) === 0 && scheduler.waitingCount < 20) {
        const length = 1 + random(16);
        // A handful of beginnings, so that many share one.
        const promptTokens = Array.from({ length }, (_, i) => (i < 6 ? random(2) : random(5)));
        const one = { promptTokens, kind: random(3), limit: length + 1 + random(36 - length) };
        const sequence = { id: event, promptTokens, tokenCountMax: one.limit };
        if (random(6) === 0) scheduler.add({ ...sequence, tokenCountMax: length, allLogits: true });
        else {
          wanted.set(event, one);
          scheduler.add({ ...sequence, tenant: `${random(2)}` });
        }
      }
      const step = scheduler.plan();
      copies += step.copies.length;
      assert.ok(step.rows.length <= options.rowCountMax, note);
      assert.ok(step.rows.filter((row) => row.wantLogits).length <= options.logitRowsMax, note);
      cache.run(step, note);
      scheduler.commit(step);
      for (const { sequence, wantLogits, position } of step.rows) {
        if (position >= sequence.computedCount) continue;
        if (sequence.allLogits) {
          if (position === sequence.tokens.length - 1) scheduler.remove(sequence.id);
          continue;
        }
        const one = wanted.get(sequence.id);
        if (!wantLogits || one === undefined) continue;
        const token = sampled(sequence.tokens, one.kind);
        if (sequence.tokens.length + 1 >= one.limit) {
          assert.deepEqual([...sequence.tokens, token], expected(one), note);
          wanted.delete(sequence.id);
          scheduler.remove(sequence.id);
          ended += 1;
        } else if (scheduler.append(sequence, token)) hits += 1;
      }
      const running = new Set(step.rows.map(({ sequence }) => sequence.id));
      pauses += step.admitted.filter(
        ({ tokens, promptCount }) => tokens.length > promptCount,
      ).length;
      for (const id of running) {
        if (random(40) !== 0 || !wanted.delete(id)) continue;
        scheduler.remove(id);
      }
    }
    t.diagnostic(`${ended} ended, ${pauses} resumed, ${hits} guessed, ${copies} pages copied`);
    assert.ok(ended > 100 && pauses > 0, 'the test meets what it is about');
    assert.equal(hits > 0, !('speculation' in switches));
    assert.equal(copies > 0, !('prefixCache' in switches));
    for (const id of wanted.keys()) scheduler.remove(id);
    for (let i = 0; i < 100; i += 1) {
      const step = scheduler.plan();
      for (const { sequence } of step.rows) scheduler.remove(sequence.id);
    }
    const { free, kept } = scheduler.pages;
    assert.equal(free + kept, options.pageCount, `pages were lost, seed ${seed}`);
  });
}
