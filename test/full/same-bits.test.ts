/**
 * One request to a real model, the same bits: for 1 to 4 threads, the prefill in one piece, token
 * by token and in random pieces, cold and after what a prefix cache would keep, alone and among 31
 * others in one batch, from a process of its own. As test/same-bits.test.ts does on a tiny one.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import type { MeasurableEngine } from '../../src/engine/index.ts';
import { Random } from '../../src/engine/kernels/index.ts';
import { measureInProcess } from '../same-bits/answer-process.ts';
import {
  type Answer,
  answerOf,
  hashLogits,
  type Measured,
  nameOf,
  prepare,
  randomRequest,
  type Setup,
  withEngine,
} from '../same-bits/answers.ts';
import { keepBusy } from '../same-bits/company.ts';
import { seedNote, testSeed } from '../same-bits/seed.ts';
import { realModelPath } from './real-model.ts';

const VOCABULARY = 49152;
const seed = testSeed();
const random = new Random(seed);
const rowsIn = (from: number, to: number) => from + (random.next() % (to - from + 1));

/** 150 positions: two full KV pages and a part of the third. */
const SIZES = { prompt: 146, answer: 5, vocabulary: VOCABULARY, phrase: 41 };
const request = randomRequest(random, SIZES);

const SETUPS: readonly Setup[] = [
  { kernels: 'simd128', threads: 2 },
  { kernels: 'relaxed', threads: 1, stepRowsMax: rowsIn(2, 20) },
  { kernels: 'relaxed', threads: 2, stepRowsMax: 1 },
  { kernels: 'relaxed', threads: 3, stepRowsMax: rowsIn(21, 100) },
  { kernels: 'relaxed', threads: 4 },
  { kernels: 'relaxed', threads: 2, before: 'the same prompt' },
  { kernels: 'relaxed', threads: 2, stepRowsMax: rowsIn(10, 90), before: 'half of the prompt' },
  { kernels: 'relaxed', threads: 2, speculation: true },
];

let path: string;
let alone: Measured;

/** Hashes of the answer, and of the logits at all positions of the prompt. */
async function hashesOf(engine: MeasurableEngine): Promise<Measured> {
  const { hash, tokens } = await answerOf(engine, request);
  return { hash, tokens, logits: await hashLogits(engine, request.promptTokens) };
}

before(async () => {
  path = await realModelPath();
  alone = await withEngine(path, { kernels: 'relaxed', threads: 2 }, hashesOf);
});

for (const setup of SETUPS) {
  test(`a real model: the same bits with ${nameOf(setup)}`, async (t) => {
    t.diagnostic(seedNote(seed));
    await withEngine(path, setup, async (engine) => {
      await prepare(engine, setup, request);
      assert.deepEqual(await hashesOf(engine), alone);
    });
  });
}

test('a real model: the same bits among 31 others in one batch', async (t) => {
  t.diagnostic(seedNote(seed));
  const setup = { kernels: 'relaxed', threads: 2, stepRowsMax: rowsIn(50, 100) } as const;
  await withEngine(path, setup, async (engine) => {
    const others = await keepBusy(engine, 31, () =>
      randomRequest(random, { prompt: rowsIn(1, 20), answer: 44, vocabulary: VOCABULARY }),
    );
    let most = 0;
    const look = () => {
      most = Math.max(most, engine.load().running);
    };
    assert.equal(await hashLogits(engine, request.promptTokens, look), alone.logits);
    assert.equal(most, 32, 'running while the logits came');
    most = 0;
    const { hash, tokens } = await answerOf(engine, request, { onToken: look });
    assert.deepEqual({ hash, tokens }, { hash: alone.hash, tokens: alone.tokens });
    assert.equal(most, 32, 'running while the answer came');
    await others.leave();
  });
});

test('a real model: the same bits with and without guessed tokens', async (t) => {
  t.diagnostic(seedNote(seed));
  const sampling = { ...request.sampling, temperature: 0, repetitionPenalty: 1 };
  const long = { ...request, maxTokens: 60, sampling };
  const setup = { kernels: 'relaxed', threads: 2 } as const;
  const answers: Answer[] = [];
  for (const speculation of [true, false]) {
    answers.push(
      await withEngine(path, { ...setup, speculation }, (engine) => answerOf(engine, long)),
    );
  }
  const [guessed, plain] = answers;
  assert.ok(guessed.acceptedTokens > 0, 'some guesses are right');
  assert.equal(plain.acceptedTokens, 0);
  assert.equal(guessed.hash, plain.hash);
});

test('a real model: the same bits from a process of its own', async (t) => {
  t.diagnostic(seedNote(seed));
  const setup = { kernels: 'relaxed', threads: 2 } as const;
  const task = { modelPath: path, setup, request, text: request.promptTokens };
  assert.deepEqual(await measureInProcess(task), alone);
});
