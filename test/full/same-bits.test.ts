/**
 * One request to a real model, the same bits: for 1 to 4 threads, every chunking of the prefill,
 * alone and among 31 others, after a restart. As test/same-bits.test.ts does on a tiny one.
 */
import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { before, test } from 'node:test';
import type { MeasurableEngine } from '../../src/engine/index.ts';
import { Random } from '../../src/engine/kernels/index.ts';
import {
  answerOf,
  hashLogits,
  nameOf,
  randomRequest,
  type Setup,
  withEngine,
} from '../same-bits/answers.ts';
import { realModelPath } from './real-model.ts';

const VOCABULARY = 49152;
const seed = randomInt(1, 2 ** 31);
const random = new Random(seed);
const rowsIn = (from: number, to: number) => from + (random.next() % (to - from + 1));

/** 150 positions: two full KV pages and a part of the third. */
const request = randomRequest(random, { prompt: 146, answer: 5, vocabulary: VOCABULARY });

const SETUPS: readonly Setup[] = [
  { kernels: 'simd128', threads: 2 },
  { kernels: 'relaxed', threads: 1, stepRowsMax: rowsIn(2, 20) },
  { kernels: 'relaxed', threads: 2, stepRowsMax: 1 },
  { kernels: 'relaxed', threads: 3, stepRowsMax: rowsIn(21, 100) },
  { kernels: 'relaxed', threads: 4 },
];

let path: string;
let alone: Awaited<ReturnType<typeof hashesOf>>;

/** Hashes of the answer, and of the logits at all positions of the prompt. */
async function hashesOf(engine: MeasurableEngine) {
  const { hash, tokens } = await answerOf(engine, request);
  return { answer: hash, tokens, logits: await hashLogits(engine, request.promptTokens) };
}

before(async () => {
  path = await realModelPath();
  alone = await withEngine(path, { kernels: 'relaxed', threads: 2 }, hashesOf);
});

for (const setup of SETUPS) {
  test(`a real model: the same bits with ${nameOf(setup)}`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    assert.deepEqual(await withEngine(path, setup, hashesOf), alone);
  });
}

test('a real model: the same bits among 31 others, after a restart', async (t) => {
  t.diagnostic(`seed ${seed}`);
  const setup = { kernels: 'relaxed', threads: 2, stepRowsMax: rowsIn(16, 60) } as const;
  await withEngine(path, setup, async (engine) => {
    const startOthers = (length: number) =>
      Array.from({ length }, () => {
        const sizes = { prompt: rowsIn(1, 24), answer: rowsIn(1, 4), vocabulary: VOCABULARY };
        return answerOf(engine, randomRequest(random, sizes));
      });
    const first = startOthers(12);
    const ours = [answerOf(engine, request), hashLogits(engine, request.promptTokens)] as const;
    const others = [...first, ...startOthers(19)];
    const [answer, logits] = await Promise.all(ours);
    assert.deepEqual({ answer: answer.hash, tokens: answer.tokens, logits }, alone);
    assert.ok((await Promise.all(others)).every(({ cut }) => !cut));
  });
});
