import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { EmbeddingScheduler, type EmbeddingStep } from './embedding-scheduler.ts';

const shape = ({ texts }: EmbeddingStep): string[] =>
  texts.map(({ requestId, index }) => `${requestId}.${index}`);

const OPTIONS = { rowsWanted: 100, textCountMax: 4 };

test('a step is filled with texts as long as their tokens and their number fit', () => {
  const scheduler = new EmbeddingScheduler(OPTIONS);
  scheduler.add(1, [40, 40, 40, 5, 5, 5, 5, 5]);
  assert.deepEqual(shape(scheduler.plan()), ['1.0', '1.1']);
  assert.deepEqual(shape(scheduler.plan()), ['1.2', '1.3', '1.4', '1.5']);
  assert.deepEqual(shape(scheduler.plan()), ['1.6', '1.7']);
  assert.deepEqual(shape(scheduler.plan()), []);
});

test('a text longer than what a step wants is computed all the same, alone', () => {
  const scheduler = new EmbeddingScheduler(OPTIONS);
  scheduler.add(1, [500, 1]);
  assert.deepEqual(shape(scheduler.plan()), ['1.0']);
  assert.deepEqual(shape(scheduler.plan()), ['1.1']);
});

test('a request of many texts holds up one that comes later by a step at most', () => {
  const scheduler = new EmbeddingScheduler(OPTIONS);
  scheduler.add(1, new Array(2048).fill(60));
  assert.deepEqual(shape(scheduler.plan()), ['1.0']);
  scheduler.add(2, [60]);
  scheduler.add(3, [60, 60]);
  // Texts of 60 tokens go one by one, and the requests in turn.
  const next = Array.from({ length: 6 }, () => shape(scheduler.plan())[0]);
  assert.deepEqual(next, ['1.1', '2.0', '3.0', '1.2', '3.1', '1.3']);
});

test('a long text that did not fit beside others has the next step', () => {
  const scheduler = new EmbeddingScheduler(OPTIONS);
  scheduler.add(1, new Array(50).fill(30));
  scheduler.add(2, [90]);
  assert.deepEqual(shape(scheduler.plan()), ['1.0', '1.1', '1.2']);
  assert.equal(shape(scheduler.plan())[0], '2.0');
});

test('requests are admitted with their first text, and none of a removed one follows', () => {
  const scheduler = new EmbeddingScheduler(OPTIONS);
  scheduler.add(7, [50, 50, 50]);
  scheduler.add(8, [50]);
  assert.deepEqual(scheduler.plan().admitted, [7, 8]);
  scheduler.remove(7);
  assert.deepEqual(shape(scheduler.plan()), []);
});

test('every text is handed out once and in order, over random requests', () => {
  const seed = Number(process.env.VITRINE_INTERNAL_SEED ?? 20261124);
  let state = seed;
  const random = (below: number): number => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return (state >>> 8) % below;
  };
  const scheduler = new EmbeddingScheduler(OPTIONS);
  const left = new Map<number, { next: number; count: number; waited: number }>();
  for (let event = 0; event < 3000; event += 1) {
    if (event < 2000 && random(3) === 0) {
      const lengths = Array.from({ length: 1 + random(20) }, () => 1 + random(150));
      scheduler.add(event, lengths);
      left.set(event, { next: 0, count: lengths.length, waited: 0 });
    }
    const { texts } = scheduler.plan();
    const rows = texts.reduce((sum, { length }) => sum + length, 0);
    assert.ok(texts.length <= 4 && (rows <= 100 || texts.length === 1), `seed ${seed}`);
    for (const request of left.values()) request.waited += 1;
    for (const { requestId, index } of texts) {
      const request = left.get(requestId);
      assert.ok(request !== undefined, `seed ${seed}`);
      assert.equal(index, request.next, `seed ${seed}`);
      request.next += 1;
      request.waited = 0;
      if (request.next === request.count) left.delete(requestId);
    }
    for (const { waited } of left.values()) assert.ok(waited <= left.size, `seed ${seed}`);
  }
  for (let step = 0; step < 10_000 && left.size > 0; step += 1) {
    for (const { requestId, index } of scheduler.plan().texts) {
      const request = left.get(requestId);
      if (request !== undefined && index === request.count - 1) left.delete(requestId);
    }
  }
  assert.equal(left.size, 0, `seed ${seed}`);
});
