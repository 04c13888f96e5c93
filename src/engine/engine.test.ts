import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Worker } from 'node:worker_threads';
import { type GenerateEvent, GREEDY, openEngine } from './index.ts';

const modelPath = fileURLToPath(
  new URL('../../models/vitrine-tiny/vitrine-tiny.gguf', import.meta.url),
);

/** The coordinator's thread: the first that is started from now on. */
function nextWorker(): Promise<Worker> {
  return new Promise((resolve) => process.once('worker', resolve));
}

test('an engine whose threads are lost says so, once and to every request', async () => {
  const started = nextWorker();
  const engine = await openEngine({ modelPath, threads: 2 });
  const events = engine.generate({
    ...{ promptTokens: [1, 2, 3], maxTokens: 1000, ignoreEndOfTurn: true, stopSequences: [] },
    sampling: { ...GREEDY, seed: 1n },
  });
  const seen: GenerateEvent[] = [];
  await assert.rejects(
    (async () => {
      for await (const event of events) {
        seen.push(event);
        if (seen.length === 3) await (await started).terminate();
      }
    })(),
    { code: 'engine-closed', message: /the engine has failed/ },
  );
  assert.match(await engine.died, /ended unexpectedly/);
  assert.deepEqual(engine.load(), { running: 0, waiting: 0 });
  const again = engine.generate({
    ...{ promptTokens: [1], maxTokens: 1, stopSequences: [], sampling: { ...GREEDY, seed: 1n } },
  });
  await assert.rejects(again[Symbol.asyncIterator]().next(), { code: 'engine-closed' });
  await engine.close();
});

test('a load whose thread is lost fails, and does not wait for ever', async () => {
  process.once('worker', (worker: Worker) => {
    worker.once('online', () => void worker.terminate());
  });
  await assert.rejects(openEngine({ modelPath, threads: 2 }), { code: 'kernel-fault' });
});

test('what has ended is not counted as running, read or not', async () => {
  const engine = await openEngine({ modelPath, threads: 1 });
  const events = engine.generate({
    ...{ promptTokens: [1, 2], maxTokens: 3, ignoreEndOfTurn: true, stopSequences: [] },
    sampling: { ...GREEDY, seed: 1n },
  });
  const iterator = events[Symbol.asyncIterator]();
  await iterator.next();
  while (engine.load().running > 0) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(engine.load(), { running: 0, waiting: 0 });
  await iterator.return?.();
  await engine.close();
});
