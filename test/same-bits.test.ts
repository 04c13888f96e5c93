/**
 * One request, the same bits: for every kind of kernels, number of threads, chunking of the prefill
 * and company, cold and after what a prefix cache would keep, before and after a restart. A tiny
 * model of random weights, opened as users open one. `npm run test:numerics` holds the same over
 * machines and compilers.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { GenerateRequest, MeasurableEngine } from '../src/engine/index.ts';
import { Random } from '../src/engine/kernels/index.ts';
import { Sampler } from '../src/engine/sampler/index.ts';
import { type ModelFile, writeRandomModel } from './random-model.ts';
import { measureInProcess } from './same-bits/answer-process.ts';
import {
  type Answer,
  answerOf,
  hashLogits,
  nameOf,
  prepare,
  randomRequest,
  type Setup,
  withEngine,
} from './same-bits/answers.ts';
import { keepBusy } from './same-bits/company.ts';
import { seedNote, testSeed } from './same-bits/seed.ts';

const VOCABULARY = 258;
/** A page of the KV cache has 64 positions: the prompt crosses into the second. */
const SIZES = { prompt: 71, answer: 5, vocabulary: VOCABULARY, phrase: 23 };

const seed = testSeed();
const random = new Random(seed);
/** Rows of a step from a range, both ends included. */
const rowsIn = (from: number, to: number) => from + (random.next() % (to - from + 1));

const SETUPS: readonly Setup[] = [
  { kernels: 'simd128', threads: 1 },
  { kernels: 'simd128', threads: 2, stepRowsMax: 1 },
  { kernels: 'relaxed', threads: 1 },
  { kernels: 'relaxed', threads: 3 },
  { kernels: 'relaxed', threads: 4 },
  { kernels: 'relaxed', threads: 2, stepRowsMax: 1 },
  { kernels: 'relaxed', threads: 2, stepRowsMax: rowsIn(2, 9) },
  { kernels: 'relaxed', threads: 2, stepRowsMax: rowsIn(10, 70) },
  { kernels: 'relaxed', threads: 2, before: 'the same prompt' },
  { kernels: 'simd128', threads: 2, before: 'half of the prompt' },
  { kernels: 'relaxed', threads: 2, before: 'the same prompt', prefixCache: false },
  { kernels: 'relaxed', threads: 2, speculation: true },
];

let file: ModelFile;
const request = randomRequest(random, SIZES);
let alone: { answer: Answer; logits: string };

before(async () => {
  file = await writeRandomModel({
    seed,
    types: ['Q4_0', 'Q8_0', 'F16', 'Q5_1', 'Q4_1', 'BF16', 'Q5_0'],
  });
  alone = await withEngine(file.path, { kernels: 'relaxed', threads: 2 }, async (engine) => {
    const answer = await answerOf(engine, request);
    return { answer, logits: await hashLogits(engine, wholeText(answer)) };
  });
});

after(() => file.remove());

function wholeText(answer: Answer): number[] {
  return [...request.promptTokens, ...answer.tokens];
}

for (const setup of SETUPS) {
  test(`the same bits with ${nameOf(setup)}`, async (t) => {
    t.diagnostic(seedNote(seed));
    await withEngine(file.path, setup, async (engine) => {
      assert.equal(engine.info.kernels, setup.kernels);
      assert.equal(engine.info.threads, setup.threads);
      await prepare(engine, setup, request);
      const answer = await answerOf(engine, request);
      assert.equal(answer.hash, alone.answer.hash);
      const isCached = setup.prefixCache !== false && setup.before !== undefined;
      assert.equal(answer.cachedTokens > 0, isCached, `${answer.cachedTokens} cached tokens`);
      assert.equal(await hashLogits(engine, wholeText(alone.answer)), alone.logits);
    });
  });
}

test('the same logits from the reference', async (t) => {
  t.diagnostic(seedNote(seed));
  await withEngine(file.path, { kernels: 'reference', threads: 1 }, async (engine) => {
    assert.equal(engine.info.kernels, 'reference');
    assert.equal(await hashLogits(engine, wholeText(alone.answer)), alone.logits);
  });
});

test('the same bits alone and beside up to 31 others that come, go and are cut off', async (t) => {
  t.diagnostic(seedNote(seed));
  const setup = { kernels: 'relaxed', threads: 2, stepRowsMax: rowsIn(16, 40) } as const;
  await withEngine(file.path, setup, async (engine) => {
    for (const others of [1, rowsIn(2, 30), 31]) {
      const note = `${others} others, ${setup.stepRowsMax} rows a step`;
      const company = Array.from({ length: others }, () => neighbour(engine));
      const [answer, logits] = await Promise.all([
        answerOf(engine, request),
        hashLogits(engine, wholeText(alone.answer)),
      ]);
      const cuts = await Promise.all(company);
      t.diagnostic(`${note}, ${cuts.filter(Boolean).length} cut off`);
      assert.equal(answer.hash, alone.answer.hash, note);
      assert.equal(logits, alone.logits, note);
    }
  });
});

test('the same bits alone and among 31 others in one batch', async (t) => {
  t.diagnostic(seedNote(seed));
  const setup = { kernels: 'relaxed', threads: 2, stepRowsMax: rowsIn(40, 70) } as const;
  await withEngine(file.path, setup, async (engine) => {
    const others = await keepBusy(engine, 31, () =>
      randomRequest(random, { prompt: rowsIn(1, 20), answer: 44, vocabulary: VOCABULARY }),
    );
    let most = 0;
    const look = () => {
      most = Math.max(most, engine.load().running);
    };
    assert.equal(await hashLogits(engine, wholeText(alone.answer), look), alone.logits);
    assert.equal(most, 32, 'running while the logits came');
    most = 0;
    const { hash } = await answerOf(engine, request, { onToken: look });
    assert.equal(hash, alone.answer.hash);
    assert.equal(most, 32, 'running while the answer came');
    await others.leave();
  });
});

test('the same bits with and without guessed tokens', async (t) => {
  t.diagnostic(seedNote(seed));
  // At temperature 0 a model of random weights soon repeats itself.
  const sampling = { ...request.sampling, temperature: 0, repetitionPenalty: 1 };
  const long: GenerateRequest = { ...request, maxTokens: 120, sampling };
  const [guessed, plain] = await Promise.all(
    [true, false].map((speculation) =>
      withEngine(file.path, { kernels: 'relaxed', threads: 2, speculation }, (engine) =>
        answerOf(engine, long),
      ),
    ),
  );
  assert.ok(guessed.acceptedTokens > 0, 'some guesses are right');
  assert.equal(plain.acceptedTokens, 0);
  assert.equal(guessed.hash, plain.hash);
});

test('the same bits when the cache is too small for all answers at once', async (t) => {
  t.diagnostic(seedNote(seed));
  // Four at once, and 12 pages: the context's 8 and one for each.
  const few = { cacheTokens: 512, stepRowsMax: 4, speculation: true };
  const setup = { kernels: 'relaxed', threads: 2, ...few } as const;
  const sizes = { prompt: 20, answer: 240, vocabulary: VOCABULARY };
  const requests = Array.from({ length: 4 }, () => randomRequest(random, sizes));
  const [together, apart] = await withEngine(file.path, setup, async (engine) => {
    const all = await Promise.all(requests.map((one) => answerOf(engine, one)));
    const each: Answer[] = [];
    for (const one of requests) each.push(await answerOf(engine, one));
    return [all, each];
  });
  assert.deepEqual(
    together.map(({ hash }) => hash),
    apart.map(({ hash }) => hash),
  );
});

test('the same bits from a process of its own', async (t) => {
  t.diagnostic(seedNote(seed));
  const setup = { kernels: 'relaxed', threads: 2 } as const;
  const task = { modelPath: file.path, setup, request, text: wholeText(alone.answer) };
  const { hash, tokens } = alone.answer;
  assert.deepEqual(await measureInProcess(task), { hash, tokens, logits: alone.logits });
});

/** Some other request; one of four is cut off at a random token. Resolves to whether it was. */
async function neighbour(engine: MeasurableEngine): Promise<boolean> {
  const sizes = { prompt: rowsIn(1, 40), answer: rowsIn(1, 6), vocabulary: VOCABULARY };
  const other: GenerateRequest = randomRequest(random, sizes);
  const cutAt = random.next() % 4 === 0 ? random.next() % sizes.answer : Number.NaN;
  const controller = new AbortController();
  let count = 0;
  for await (const event of engine.generate(other, controller.signal)) {
    if (event.type !== 'token') continue;
    if (count === cutAt) controller.abort();
    count += 1;
  }
  return controller.signal.aborted;
}

test('the sampler over the logits of one evaluation gives the tokens of the answer', async (t) => {
  t.diagnostic(seedNote(seed));
  const { tokens } = alone.answer;
  assert.equal(tokens.length, SIZES.answer);
  const sampler = new Sampler(VOCABULARY);
  const replayed: number[] = [];
  await withEngine(file.path, { kernels: 'relaxed', threads: 2 }, (engine) =>
    engine.evaluateLogits(wholeText(alone.answer), (at, logits) => {
      const done = at + 1 - SIZES.prompt;
      if (done < 0 || done >= tokens.length) return;
      const history = {
        promptTokens: request.promptTokens,
        answerTokens: tokens.slice(0, done),
      };
      const place = { position: at + 1, choiceIndex: 0 };
      replayed.push(sampler.sample(logits, request.sampling, history, place).tokenId);
    }),
  );
  assert.deepEqual(replayed, tokens);
});

test('another prompt, another seed of the weights: other hashes', async () => {
  const other = await writeRandomModel({ seed: seed + 1, types: ['Q4_0'] });
  try {
    const setup = { kernels: 'relaxed', threads: 1 } as const;
    const text = wholeText(alone.answer);
    await withEngine(other.path, setup, async (engine) => {
      assert.notEqual(await hashLogits(engine, text), alone.logits);
    });
    await withEngine(file.path, setup, async (engine) => {
      assert.notEqual(await hashLogits(engine, [text[0] ^ 1, ...text.slice(1)]), alone.logits);
    });
  } finally {
    await other.remove();
  }
});
