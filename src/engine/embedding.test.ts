/** Embeddings through the engine as users open it: tiny encoders of random weights. */
import { strict as assert } from 'node:assert';
import { randomInt } from 'node:crypto';
import { test } from 'node:test';
import { type RandomEncoderOptions, randomEncoder } from '../../test/random-encoder.ts';
import { writeModel, writeRandomModel } from '../../test/random-model.ts';
import { type Engine, GREEDY, type OpenEngineOptions, openEngine } from './index.ts';
import { Random } from './kernels/index.ts';

async function withEncoder(
  options: RandomEncoderOptions & Partial<OpenEngineOptions>,
  use: (engine: Engine) => Promise<void>,
): Promise<void> {
  const file = await writeModel(randomEncoder(options));
  const { threads = 1, kernels, stepRowsMax } = options;
  const engine = await openEngine({ modelPath: file.path, threads, kernels, stepRowsMax });
  try {
    await use(engine);
  } finally {
    await engine.close();
    await file.remove();
  }
}

const seed = randomInt(1, 2 ** 31);

/** Token ids between [CLS] and [SEP]. */
function randomTexts(count: number, lengthMax: number): number[][] {
  const random = new Random(seed);
  return Array.from({ length: count }, () => [
    2,
    ...Array.from(
      { length: 1 + (random.next() % (lengthMax - 2)) },
      () => 5 + (random.next() % 80),
    ),
    3,
  ]);
}

for (const architecture of ['bert', 'nomic-bert'] as const) {
  test(`${architecture}: one text, the same bits alone and among others, whatever computes it`, async (t) => {
    t.diagnostic(`seed ${seed}`);
    const model = { architecture, contextTokens: 200, type: 'Q4_1' as const };
    const texts = randomTexts(40, 200);
    let together: Float32Array[] | undefined;
    await withEncoder({ ...model, kernels: 'relaxed', threads: 2 }, async (engine) => {
      together = await engine.embed({ texts });
      assert.equal(together?.length, texts.length);
      for (const [i, text] of texts.slice(0, 5).entries()) {
        assert.deepEqual(await engine.embed({ texts: [text] }), [together?.[i]], `text ${i}`);
      }
      const both = await Promise.all([
        engine.embed({ texts: texts.slice(10, 30) }),
        engine.embed({ texts: [texts[1]] }),
      ]);
      assert.deepEqual(both, [together?.slice(10, 30), [together?.[1]]]);
    });
    for (const setup of [
      { kernels: 'simd128', threads: 1 },
      { kernels: 'relaxed', threads: 3, stepRowsMax: 1 },
    ] as const) {
      await withEncoder({ ...model, ...setup }, async (engine) => {
        assert.deepEqual(await engine.embed({ texts }), together, JSON.stringify(setup));
      });
    }
    await withEncoder({ ...model, kernels: 'reference' }, async (engine) => {
      const few = texts.filter(({ length }) => length < 90).slice(0, 3);
      const expected = few.map((text) => together?.[texts.indexOf(text)]);
      assert.deepEqual(await engine.embed({ texts: few }), expected);
    });
  });
}

test('embeddings have length 1, differ from text to text, and follow the pooling', async () => {
  const texts = randomTexts(4, 20);
  const of = async (pooling: 'mean' | 'cls'): Promise<Float32Array[]> => {
    let out: Float32Array[] = [];
    await withEncoder({ pooling }, async (engine) => {
      out = (await engine.embed({ texts })) ?? [];
      assert.equal(engine.info.model.embedding?.pooling, pooling);
    });
    return out;
  };
  const [mean, cls] = [await of('mean'), await of('cls')];
  for (const values of [...mean, ...cls]) {
    const square = values.reduce((sum, value) => sum + value * value, 0);
    assert.ok(Math.abs(square - 1) < 1e-6, `${square}`);
  }
  assert.equal(new Set([...mean, ...cls].map(String)).size, 8);
});

test('fewer dimensions are the first values scaled anew, and only for models trained so', async () => {
  const name = 'nomic-embed-text-v1.5';
  await withEncoder({ architecture: 'nomic-bert', name }, async (engine) => {
    assert.equal(engine.info.model.embedding?.isMatryoshka, true);
    const texts = randomTexts(1, 20);
    const [whole] = (await engine.embed({ texts })) ?? [];
    const [cut] = (await engine.embed({ texts, dimensions: 10 })) ?? [];
    assert.equal(cut.length, 10);
    const length = Math.hypot(...whole.subarray(0, 10));
    for (const [i, value] of cut.entries()) assert.ok(Math.abs(value - whole[i] / length) < 1e-6);
    await assert.rejects(engine.embed({ texts, dimensions: 65 }), /from 1 to 64, got 65/);
  });
  await withEncoder({}, async (engine) => {
    const texts = randomTexts(1, 20);
    assert.equal((await engine.embed({ texts, dimensions: 64 }))?.[0].length, 64);
    await assert.rejects(engine.embed({ texts, dimensions: 10 }), {
      ...{ code: 'bad-request', message: /expected 64, got 10; this model is not trained/ },
    });
  });
});

test('what cannot be embedded is refused with its numbers', async () => {
  await withEncoder({}, async (engine) => {
    const refused = (texts: number[][], code: string, message: RegExp) =>
      assert.rejects(engine.embed({ texts }), { code, message });
    await refused([], 'bad-request', /at least one text/);
    await refused([[5], []], 'bad-request', /text 1 has no tokens/);
    await refused([new Array(65).fill(5)], 'prompt-too-long', /65 tokens; .* at most 64/);
    await refused([[100_000]], 'bad-request', /token id 100000/);
    assert.equal((await engine.embed({ texts: [new Array(64).fill(5)] }))?.length, 1);
  });
});

test('a model of embeddings gives no text, and one of text no embeddings', async () => {
  await withEncoder({}, async (engine) => {
    assert.throws(() => engine.encodeChat([{ role: 'user', content: 'hello' }]), {
      ...{ code: 'wrong-model-kind', message: /"Random bert" \(bert\) gives embeddings, not text/ },
    });
    const request = { promptTokens: [1], maxTokens: 1, stopSequences: [] };
    const events = engine.generate({ ...request, sampling: { ...GREEDY, seed: 0n } });
    await assert.rejects(events[Symbol.asyncIterator]().next(), { code: 'wrong-model-kind' });
  });
  const file = await writeRandomModel();
  const engine = await openEngine({ modelPath: file.path, threads: 1 });
  await assert.rejects(engine.embed({ texts: [[1]] }), { code: 'wrong-model-kind' });
  await engine.close();
  await file.remove();
});

test('a request that is aborted ends at once, waiting or running, and leaves the others alone', async () => {
  await withEncoder({ contextTokens: 512, width: 128, layers: 8 }, async (engine) => {
    const long = { texts: Array.from({ length: 400 }, () => new Array<number>(512).fill(7)) };
    const stop = new AbortController();
    const running = engine.embed(long, stop.signal);
    const other = engine.embed({ texts: [[2, 9, 3]] });
    while (engine.load().running === 0) await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    assert.equal(await running, undefined);
    assert.equal((await other)?.length, 1);
    const started = performance.now();
    assert.equal((await engine.embed({ texts: [[2, 9, 3]] }))?.length, 1);
    assert.ok(performance.now() - started < 5000, 'the steps of the aborted request are left');
    assert.deepEqual(engine.load(), { running: 0, waiting: 0 });
    assert.equal(await engine.embed(long, AbortSignal.abort()), undefined);
  });
});

test('a request of one text is not held up by one of many', async () => {
  await withEncoder({ contextTokens: 256 }, async (engine) => {
    const many = Array.from({ length: 300 }, () => new Array<number>(200).fill(7));
    const order: string[] = [];
    const first = engine.embed({ texts: many }).then(() => order.push('many'));
    const second = engine.embed({ texts: [[2, 9, 3]] }).then(() => order.push('one'));
    await Promise.all([first, second]);
    assert.deepEqual(order, ['one', 'many']);
  });
});

test('values that are not finite end the request with the name of the tensor', async () => {
  await withEncoder({ isBroken: true }, async (engine) => {
    await assert.rejects(engine.embed({ texts: [[2, 9, 3]] }), {
      ...{ code: 'numeric-fault', message: /not finite/ },
    });
  });
});
