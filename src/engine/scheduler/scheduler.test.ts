import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Scheduler, type Step } from './scheduler.ts';

const OPTIONS = { pageCount: 4, pagePositions: 64, slotCount: 2, rowCountMax: 8, logitRowsMax: 4 };

const prompt = (length: number): number[] => Array.from({ length }, (_, i) => 100 + i);

function shape(step: Step): string[] {
  return step.rows.map((r) => `${r.sequence.id}@${r.position}${r.wantLogits ? '!' : ''}`);
}

test('a long prompt is computed in pieces and only its last position wants logits', () => {
  const scheduler = new Scheduler(OPTIONS);
  scheduler.add({ id: 1, promptTokens: prompt(10), tokenCountMax: 20 });
  const first = scheduler.plan();
  assert.deepEqual(shape(first), ['1@0', '1@1', '1@2', '1@3', '1@4', '1@5', '1@6', '1@7']);
  scheduler.commit(first);
  const second = scheduler.plan();
  assert.deepEqual(shape(second), ['1@8', '1@9!']);
  scheduler.commit(second);
  scheduler.append(second.rows[0].sequence, 7);
  assert.deepEqual(shape(scheduler.plan()), ['1@10!']);
});

test('decoding sequences come first and prefill takes the room that is left', () => {
  const scheduler = new Scheduler(OPTIONS);
  scheduler.add({ id: 1, promptTokens: prompt(1), tokenCountMax: 9 });
  const first = scheduler.plan();
  scheduler.commit(first);
  scheduler.append(first.rows[0].sequence, 5);
  scheduler.add({ id: 2, promptTokens: prompt(30), tokenCountMax: 40 });
  assert.deepEqual(shape(scheduler.plan()).slice(0, 2), ['1@1!', '2@0']);
});

test('a sequence waits until a slot and all its pages are free, in order of arrival', () => {
  const scheduler = new Scheduler(OPTIONS);
  scheduler.add({ id: 1, promptTokens: prompt(1), tokenCountMax: 64 * 3 });
  scheduler.add({ id: 2, promptTokens: prompt(1), tokenCountMax: 65 });
  scheduler.add({ id: 3, promptTokens: prompt(1), tokenCountMax: 1 });
  assert.deepEqual(shape(scheduler.plan()), ['1@0!']);
  assert.equal(scheduler.waitingCount, 2);
  scheduler.remove(1);
  assert.deepEqual(shape(scheduler.plan()), ['2@0!', '3@0!']);
});

test('removing a waiting sequence leaves the others as they are', () => {
  const scheduler = new Scheduler(OPTIONS);
  scheduler.add({ id: 1, promptTokens: prompt(1), tokenCountMax: 1 });
  scheduler.add({ id: 2, promptTokens: prompt(1), tokenCountMax: 1 });
  scheduler.remove(1);
  assert.deepEqual(shape(scheduler.plan()), ['2@0!']);
  assert.equal(scheduler.runningCount, 1);
});

test('as many sequences as there are slots decode in one step', () => {
  const slots = 32;
  const sizes = { slotCount: slots, rowCountMax: slots, logitRowsMax: slots, pageCount: slots };
  const scheduler = new Scheduler({ ...OPTIONS, ...sizes });
  for (let id = 0; id < slots; id += 1) {
    scheduler.add({ id, promptTokens: prompt(1), tokenCountMax: 3 });
  }
  for (const position of [0, 1]) {
    const step = scheduler.plan();
    assert.equal(new Set(step.rows.map((row) => row.sequence)).size, slots);
    assert.ok(step.rows.every((row) => row.wantLogits && row.position === position));
    scheduler.commit(step);
    for (const { sequence } of step.rows) scheduler.append(sequence, 1);
  }
});

test('no page is held by two sequences and none is lost, over 2,000 random events', () => {
  const seed = Number(process.env.VITRINE_INTERNAL_SEED ?? 20261122);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const options = {
    pageCount: 16,
    pagePositions: 4,
    slotCount: 5,
    rowCountMax: 12,
    logitRowsMax: 6,
  };
  const scheduler = new Scheduler(options);
  const alive = new Set<number>();
  for (let event = 0; event < 2000; event += 1) {
    if (random(3) === 0) {
      const promptTokens = prompt(1 + random(20));
      const tokenCountMax = promptTokens.length + 1 + random(30);
      scheduler.add({ id: event, promptTokens, tokenCountMax, allLogits: random(4) === 0 });
      alive.add(event);
    }
    const step = scheduler.plan();
    assert.ok(step.rows.length <= options.rowCountMax, `seed ${seed}`);
    assert.ok(step.rows.filter((r) => r.wantLogits).length <= options.logitRowsMax, `seed ${seed}`);
    const sequences = new Set(step.rows.map((row) => row.sequence));
    const pages = [...sequences].flatMap((sequence) => sequence.pages);
    assert.equal(new Set(pages).size, pages.length, `a page in two sequences, seed ${seed}`);
    scheduler.commit(step);
    for (const sequence of sequences) {
      if (sequence.computedCount < sequence.tokens.length) continue;
      if (random(8) === 0) {
        scheduler.remove(sequence.id);
        alive.delete(sequence.id);
      } else scheduler.append(sequence, 1);
      if (sequence.tokens.length > 40) {
        scheduler.remove(sequence.id);
        alive.delete(sequence.id);
      }
    }
  }
  for (const id of alive) scheduler.remove(id);
  scheduler.add({ id: -1, promptTokens: prompt(1), tokenCountMax: 16 * 4 });
  assert.equal(scheduler.plan().rows.length, 1, `pages were lost, seed ${seed}`);
});
