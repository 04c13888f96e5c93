import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { Scheduler, type SchedulerOptions, type Step } from './index.ts';

const OPTIONS: SchedulerOptions = {
  ...{ pageCount: 4, pagePositions: 64, slotCount: 2, rowCountMax: 8, logitRowsMax: 4 },
};

const prompt = (length: number): number[] => Array.from({ length }, (_, i) => 100 + i);

function shape(step: Step): string[] {
  return step.rows.map((r) => `${r.sequence.id}@${r.position}${r.wantLogits ? '!' : ''}`);
}

/** Runs steps until none is left to run; every answer is sevens, and ends with its limit. */
function runToEnd(scheduler: Scheduler, limits: ReadonlyMap<number, number>): void {
  for (let step = scheduler.plan(); step.rows.length > 0; step = scheduler.plan()) {
    scheduler.commit(step);
    for (const { sequence, wantLogits, position } of step.rows) {
      if (!wantLogits || position >= sequence.computedCount) continue;
      const isLast = sequence.tokens.length + 1 >= (limits.get(sequence.id) ?? 0);
      if (isLast) scheduler.remove(sequence.id);
      else if (sequence.slot >= 0) scheduler.append(sequence, 7);
    }
  }
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

test('a long answer that may come does not keep others from running', () => {
  const scheduler = new Scheduler(OPTIONS);
  scheduler.add({ id: 1, promptTokens: prompt(1), tokenCountMax: 64 * 4 });
  scheduler.add({ id: 2, promptTokens: prompt(2), tokenCountMax: 64 * 4 });
  assert.deepEqual(shape(scheduler.plan()), ['1@0!', '2@0', '2@1!']);
});

test('a sequence waits until a slot is free, in order of arrival', () => {
  const scheduler = new Scheduler(OPTIONS);
  for (const id of [1, 2, 3]) scheduler.add({ id, promptTokens: prompt(1), tokenCountMax: 5 });
  assert.deepEqual(shape(scheduler.plan()), ['1@0!', '2@0!']);
  assert.equal(scheduler.waitingCount, 1);
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

test('a tenant with one request gets the slot that frees before the tenth of another', () => {
  const scheduler = new Scheduler(OPTIONS);
  for (let id = 1; id <= 10; id += 1) {
    scheduler.add({ id, promptTokens: prompt(1), tokenCountMax: 5, tenant: 'greedy' });
  }
  assert.deepEqual(shape(scheduler.plan()), ['1@0!', '2@0!']);
  scheduler.add({ id: 11, promptTokens: prompt(1), tokenCountMax: 5, tenant: 'modest' });
  scheduler.remove(1);
  assert.deepEqual(shape(scheduler.plan()), ['2@0!', '11@0!']);
});

test("a short prompt is not kept waiting by another tenant's long ones", () => {
  const scheduler = new Scheduler({ ...OPTIONS, pageCount: 20, slotCount: 4 });
  for (const id of [1, 2]) {
    scheduler.add({ id, promptTokens: prompt(400), tokenCountMax: 500, tenant: 'greedy' });
  }
  scheduler.commit(scheduler.plan());
  scheduler.add({ id: 3, promptTokens: prompt(8), tokenCountMax: 20, tenant: 'modest' });
  // It starts level with the other, so one piece at most comes before its own.
  const pieces = [scheduler.plan()];
  scheduler.commit(pieces[0]);
  pieces.push(scheduler.plan());
  assert.ok(pieces.some((piece) => shape(piece).includes('3@7!')));
});

test('what was computed before is not computed again, to the very token', () => {
  const scheduler = new Scheduler({ ...OPTIONS, pagePositions: 4, pageCount: 20 });
  scheduler.add({ id: 1, promptTokens: prompt(10), tokenCountMax: 12 });
  runToEnd(scheduler, new Map([[1, 12]]));
  scheduler.add({ id: 2, promptTokens: prompt(11), tokenCountMax: 20 });
  const step = scheduler.plan();
  // Ten of the eleven are known: two whole pages, and two positions of a third, which is copied.
  assert.deepEqual(shape(step), ['2@10!']);
  assert.equal(step.admitted[0].cachedCount, 10);
  assert.equal(step.copies.length, 1);
  assert.equal(step.copies[0].to, step.admitted[0].pages[2]);
});

test('the last token of a prompt is always computed: its logits are wanted', () => {
  const scheduler = new Scheduler({ ...OPTIONS, pagePositions: 4, pageCount: 20 });
  for (const id of [1, 2]) {
    scheduler.add({ id, promptTokens: prompt(8), tokenCountMax: 9 });
    const step = scheduler.plan();
    assert.equal(shape(step).at(-1), `${id}@7!`);
    assert.equal(step.rows.length, id === 1 ? 8 : 1);
    scheduler.commit(step);
    scheduler.remove(id);
  }
});

test('tenants share no cached text, and nobody does without a prefix cache', () => {
  for (const [options, tenant] of [
    [{}, 'other'],
    [{ prefixCache: false }, 'one'],
  ] as const) {
    const scheduler = new Scheduler({ ...OPTIONS, pagePositions: 4, pageCount: 20, ...options });
    scheduler.add({ id: 1, promptTokens: prompt(8), tokenCountMax: 9, tenant: 'one' });
    scheduler.commit(scheduler.plan());
    scheduler.remove(1);
    scheduler.add({ id: 2, promptTokens: prompt(8), tokenCountMax: 9, tenant });
    assert.equal(scheduler.plan().rows.length, 8);
  }
});

test('requests that run at the same time share the pages of their beginning', () => {
  const scheduler = new Scheduler({ ...OPTIONS, pagePositions: 4, pageCount: 8, rowCountMax: 16 });
  scheduler.add({ id: 1, promptTokens: prompt(9), tokenCountMax: 12 });
  const first = scheduler.plan();
  scheduler.commit(first);
  scheduler.add({ id: 2, promptTokens: [...prompt(8), 1, 2], tokenCountMax: 12 });
  const second = scheduler.plan();
  assert.deepEqual(shape(second), ['2@8', '2@9!']);
  const [a, b] = [first.admitted[0], second.admitted[0]];
  assert.deepEqual(a.pages.slice(0, 2), b.pages.slice(0, 2));
  assert.notEqual(a.pages[2], b.pages[2]);
});

test('pages kept for later are given to whoever needs them, the longest unused first', () => {
  const scheduler = new Scheduler({ ...OPTIONS, pagePositions: 4, pageCount: 4, rowCountMax: 16 });
  for (const id of [1, 2]) {
    scheduler.add({ id, promptTokens: [id, ...prompt(7)], tokenCountMax: 8 });
    scheduler.commit(scheduler.plan());
    scheduler.remove(id);
  }
  assert.deepEqual(scheduler.pages, { free: 0, kept: 4 });
  scheduler.add({ id: 3, promptTokens: [3, ...prompt(3)], tokenCountMax: 4 });
  scheduler.commit(scheduler.plan());
  scheduler.remove(3);
  scheduler.add({ id: 4, promptTokens: [2, ...prompt(7)], tokenCountMax: 8 });
  assert.equal(scheduler.plan().rows.length, 1, 'the newer of the two is still there');
});

test('when pages run out the youngest is paused, and goes on later with what it had', () => {
  const scheduler = new Scheduler({ ...OPTIONS, pagePositions: 4, pageCount: 5, rowCountMax: 16 });
  const limits = new Map([
    [1, 16],
    [2, 16],
  ]);
  const seen = new Map<number, number[]>();
  for (const id of limits.keys()) {
    scheduler.add({ id, promptTokens: [id, 2, 3, 4], tokenCountMax: 16 });
  }
  let paused = false;
  for (let step = scheduler.plan(); step.rows.length > 0; step = scheduler.plan()) {
    scheduler.commit(step);
    for (const { sequence, wantLogits, position } of step.rows) {
      if (!wantLogits || position >= sequence.computedCount) continue;
      seen.set(sequence.id, [...sequence.tokens]);
      const { length } = sequence.tokens;
      if (length + 1 >= 16) scheduler.remove(sequence.id);
      else scheduler.append(sequence, 10 * sequence.id + length);
    }
    if (scheduler.waitingCount > 0 && step.rows[0].position > 4) paused = true;
  }
  assert.ok(paused, 'five pages are too few for both');
  for (const [id, tokens] of seen) {
    const answer = Array.from({ length: 11 }, (_, i) => 10 * id + i + 4);
    assert.deepEqual(tokens, [id, 2, 3, 4, ...answer]);
  }
});

test('a text that repeats itself gets rows ahead, and right ones count at once', () => {
  const scheduler = new Scheduler({ ...OPTIONS, rowCountMax: 64, logitRowsMax: 8 });
  const words = [1, 2, 3, 4, 5, 6, 1, 2, 3];
  scheduler.add({ id: 1, promptTokens: words, tokenCountMax: 40 });
  const first = scheduler.plan();
  scheduler.commit(first);
  const { sequence } = first.rows[0];
  assert.equal(scheduler.append(sequence, 4), false);
  const second = scheduler.plan();
  assert.deepEqual(shape(second), ['1@9!', '1@10!', '1@11!']);
  assert.deepEqual(
    second.rows.map((row) => row.token),
    [4, 5, 6],
  );
  scheduler.commit(second);
  assert.equal(scheduler.append(sequence, 5), true);
  assert.equal(sequence.computedCount, 11);
  assert.equal(scheduler.append(sequence, 9), false, 'another token than the guessed one');
  assert.equal(sequence.computedCount, 11);
  assert.equal(shape(scheduler.plan())[0], '1@11!');
});

test('a text whose guesses are wrong gets few of them', () => {
  const scheduler = new Scheduler({ ...OPTIONS, pageCount: 40, rowCountMax: 64, logitRowsMax: 8 });
  scheduler.add({ id: 1, promptTokens: [1, 1, 1, 1], tokenCountMax: 2000 });
  let guessed = 0;
  let steps = 0;
  for (; steps < 1500; steps += 1) {
    const step = scheduler.plan();
    guessed += step.rows.filter((row) => row.position >= row.sequence.tokens.length).length;
    scheduler.commit(step);
    // Three equal tokens, then one that never came before.
    const { sequence } = step.rows[0];
    const next = () => (sequence.tokens.length % 4 === 3 ? 1000 + sequence.tokens.length : 1);
    while (scheduler.append(sequence, next()));
  }
  assert.ok(guessed > 0 && guessed < 0.5 * steps, `${guessed} rows guessed in ${steps} steps`);
});

test('a request cancelled while it waited leaves its tenant no claim, and nobody a lead', () => {
  const scheduler = new Scheduler({ ...OPTIONS, pageCount: 40, slotCount: 3 });
  const add = (id: number, tenant: string) =>
    scheduler.add({ id, promptTokens: [id, ...prompt(199)], tokenCountMax: 300, tenant });
  add(1, 'early');
  add(2, 'gone');
  scheduler.remove(2);
  for (let i = 0; i < 10; i += 1) scheduler.commit(scheduler.plan());
  // Level with the one that runs, not with the one that was never served.
  add(3, 'late');
  const pieces: string[] = [];
  for (let i = 0; i < 4; i += 1) {
    const step = scheduler.plan();
    pieces.push(...shape(step));
    scheduler.commit(step);
  }
  assert.ok(
    pieces.some((row) => row.startsWith('1@')),
    pieces.join(' '),
  );
  assert.ok(
    pieces.some((row) => row.startsWith('3@')),
    pieces.join(' '),
  );
});

test('texts that repeat themselves for ever keep no prompt from being computed', () => {
  const many = { pageCount: 300, slotCount: 8, rowCountMax: 256, logitRowsMax: 64 };
  for (const sizes of [many, { ...many, slotCount: 4, rowCountMax: 16, logitRowsMax: 64 }]) {
    const scheduler = new Scheduler({ ...OPTIONS, ...sizes });
    const count = sizes.rowCountMax === 256 ? 4 : 3;
    for (let id = 1; id <= count; id += 1) {
      scheduler.add({ id, promptTokens: new Array(8).fill(id), tokenCountMax: 3000 });
    }
    const run = (): Step => {
      const step = scheduler.plan();
      scheduler.commit(step);
      for (const { sequence, position, wantLogits } of step.rows) {
        if (!wantLogits || position >= sequence.computedCount) continue;
        scheduler.append(sequence, sequence.id);
      }
      return step;
    };
    for (let i = 0; i < 40; i += 1) run();
    scheduler.add({ id: 9, promptTokens: prompt(20), tokenCountMax: 30 });
    const rows = [run(), run(), run(), run()].flatMap(shape);
    assert.ok(rows.includes('9@19!'), `${rows.length} rows, none of them the prompt's last`);
    assert.ok(rows.length > 8 * count, 'guesses go on');
  }
});
