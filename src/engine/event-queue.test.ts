import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { EventQueue } from './event-queue.ts';

async function drain<T>(queue: EventQueue<T>): Promise<T[]> {
  const values: T[] = [];
  for (;;) {
    const value = await queue.next();
    if (value === undefined) return values;
    values.push(value);
  }
}

test('values come in the order in which they were pushed, then the end, again and again', async () => {
  const queue = new EventQueue<number>();
  for (const value of [1, 2, 3]) queue.push(value);
  queue.end();
  assert.deepEqual(await drain(queue), [1, 2, 3]);
  assert.equal(await queue.next(), undefined);
});

test('a consumer that waits is woken by a value, by the end and by an error', async () => {
  const queue = new EventQueue<string>();
  const first = queue.next();
  queue.push('late');
  assert.equal(await first, 'late');
  const second = queue.next();
  queue.end();
  assert.equal(await second, undefined);
  const failing = new EventQueue<string>();
  const third = failing.next();
  failing.fail(new Error('broken'));
  await assert.rejects(third, /broken/);
});

test('an error comes after the values that were pushed before it, and stays', async () => {
  const queue = new EventQueue<number>();
  queue.push(1);
  queue.push(2);
  queue.fail(new Error('broken'));
  assert.equal(await queue.next(), 1);
  assert.equal(await queue.next(), 2);
  await assert.rejects(queue.next(), /broken/);
  await assert.rejects(queue.next(), /broken/);
});

test('even undefined thrown as an error is an error', async () => {
  const queue = new EventQueue<number>();
  queue.fail(undefined);
  await assert.rejects(
    queue.next().catch((error) => {
      assert.equal(error, undefined);
      throw new Error('was rejected');
    }),
    /was rejected/,
  );
});

test('no value is lost or doubled when pushes and reads interleave', async () => {
  const queue = new EventQueue<number>();
  const count = 2000;
  const pushAll = async (): Promise<void> => {
    for (let i = 0; i < count; i += 1) {
      queue.push(i);
      if (i % 7 === 0) await Promise.resolve();
      if (i % 101 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    queue.end();
  };
  const [values] = await Promise.all([drain(queue), pushAll()]);
  assert.deepEqual(
    values,
    Array.from({ length: count }, (_, i) => i),
  );
});

test('a value pushed in the same turn in which the consumer was woken is not lost', async () => {
  const queue = new EventQueue<number>();
  const first = queue.next();
  queue.push(1);
  queue.push(2);
  queue.end();
  assert.equal(await first, 1);
  assert.equal(await queue.next(), 2);
  assert.equal(await queue.next(), undefined);
});
