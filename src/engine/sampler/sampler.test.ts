/** The sampler against a plain one that sorts, against its vectors, and against probabilities. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isVitrineError } from '../../base/index.ts';
import { expF32, Random, roundTiesToEven } from '../kernels/index.ts';
import type { SamplingParams } from './params.ts';
import { uniformOf } from './philox.ts';
import { type History, Sampler } from './sampler.ts';

const f = Math.fround;
const NONE = Number.NEGATIVE_INFINITY;

const PLAIN: SamplingParams = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  seed: 7n,
};
const NO_HISTORY: History = { promptTokens: [], answerTokens: [] };

interface Request {
  change?: Partial<SamplingParams>;
  history?: History;
  position?: number;
  choiceIndex?: number;
  masked?: readonly number[];
}

function maskOf(masked: readonly number[], length: number): Uint32Array {
  const mask = new Uint32Array(Math.ceil(length / 32)).fill(0xffffffff);
  for (const id of masked) mask[id >> 5] &= ~(1 << (id & 31));
  return mask;
}

function choose(logits: Float32Array, request: Request = {}, sampler?: Sampler): number {
  const { change, history = NO_HISTORY, position = 0, choiceIndex = 0, masked } = request;
  const options = masked === undefined ? {} : { mask: maskOf(masked, logits.length) };
  const used = sampler ?? new Sampler(logits.length);
  const place = { position, choiceIndex };
  return used.sample(logits, { ...PLAIN, ...change }, history, place, options).tokenId;
}

interface VectorCase {
  seed: string;
  position: number;
  tokenId: number;
  masked?: number[];
  promptTokens?: number[];
  answerTokens?: number[];
  logitBias?: [number, number][];
}

test('tokens are those of the vectors, which numpy made from the document', () => {
  const url = new URL('../../../test/oracle/numerics/vectors.json', import.meta.url);
  const { sampling } = JSON.parse(readFileSync(url, 'utf8'));
  const logits = new Float32Array(new Uint8Array(Buffer.from(sampling.logits, 'base64')).buffer);
  const cases = sampling.cases as VectorCase[];
  assert.ok(cases.length >= 60);
  for (const { seed, position, tokenId, masked, promptTokens, answerTokens, ...rest } of cases) {
    const change = { ...rest, seed: BigInt(seed), logitBias: new Map(rest.logitBias) };
    const history = { promptTokens: promptTokens ?? [], answerTokens: answerTokens ?? [] };
    const chosen = choose(logits, { change, history, position, masked });
    assert.equal(chosen, tokenId, JSON.stringify(rest));
  }
  for (const [seed, position, choiceIndex, u] of sampling.uniform) {
    assert.equal(uniformOf(BigInt(seed), { position, choiceIndex }), u);
  }
});

/** All steps, as the document writes them, with a full sort. */
function plainChoice(logits: Float32Array, request: Required<Request>): number {
  const p = { ...PLAIN, ...request.change };
  const { promptTokens, answerTokens } = request.history;
  const values = logits.slice();
  for (const id of new Set([...promptTokens, ...answerTokens])) {
    const r = f(p.repetitionPenalty);
    values[id] = values[id] > 0 ? f(values[id] / r) : f(values[id] * r);
  }
  for (const id of new Set(answerTokens)) {
    const count = answerTokens.filter((other) => other === id).length;
    values[id] = f(values[id] - f(f(count * f(p.frequencyPenalty)) + f(p.presencePenalty)));
  }
  for (const [id, bias] of p.logitBias) values[id] = f(values[id] + f(bias));
  for (const id of request.masked) values[id] = NONE;
  const order = [...values.keys()].filter((id) => values[id] > NONE);
  order.sort((a, b) => values[b] - values[a] || a - b);
  const temperature = f(p.temperature);
  if (temperature === 0 || p.topK === 1) return order[0];
  const max = values[order[0]];
  const weight = (id: number): bigint => {
    const d = f(f(values[id] - max) / temperature);
    return d < -23 ? 0n : BigInt(roundTiesToEven(expF32(d) * 2 ** 32));
  };
  const sumOf = (ids: readonly number[]) => ids.reduce((sum, id) => sum + weight(id), 0n);
  let kept = p.topK > 0 ? order.slice(0, p.topK) : order;
  if (p.topP < 1) {
    const target = p.topP * Number(sumOf(kept));
    let count = 1;
    while (count < kept.length && Number(sumOf(kept.slice(0, count))) < target) count += 1;
    kept = kept.slice(0, count);
  }
  kept = kept.filter((id) => Number(weight(id)) >= p.minP * 2 ** 32 && weight(id) > 0n);
  kept.sort((a, b) => a - b);
  const { position, choiceIndex } = request;
  const target = uniformOf(p.seed, { position, choiceIndex }) * Number(sumOf(kept));
  let reached = 0n;
  for (const id of kept) {
    reached += weight(id);
    if (Number(reached) > target) return id;
  }
  return kept[kept.length - 1];
}

test('3000 random requests choose what a plain sampler that sorts chooses', (t) => {
  const seed = Number(process.env.VITRINE_INTERNAL_TEST_SEED ?? Date.now() % 2 ** 31);
  t.diagnostic(`seed ${seed} (VITRINE_INTERNAL_TEST_SEED)`);
  const random = new Random(seed);
  const below = (n: number): number => random.next() % n;
  const oneOf = <T>(...values: T[]): T => values[below(values.length)];
  for (let round = 0; round < 3000; round += 1) {
    const length = 1 + below(40);
    // Few different values: ties are common.
    const spread = oneOf(0.25, 2, 30, 1e4);
    const logits = Float32Array.from({ length }, () => (below(9) - 4) * spread + oneOf(0, 0, 0.1));
    for (let id = 1; id < length; id += 1) if (below(12) === 0) logits[id] = NONE;
    const tokens = () => Array.from({ length: below(6) }, () => below(length));
    const change = {
      ...{ temperature: oneOf(0, 0.3, 1, 1, 2.5, 1e6), topK: oneOf(0, 0, 1, 3, 10, 1000) },
      ...{ topP: oneOf(1, 1, 0, 0.3, 0.9, 0.999), minP: oneOf(0, 0, 0.05, 0.5, 1) },
      repetitionPenalty: oneOf(1, 1.3, 0.7),
      presencePenalty: oneOf(0, 0.5, -0.5),
      frequencyPenalty: oneOf(0, 0.25, -1.1),
      logitBias: new Map(oneOf([], [[below(length), oneOf(-100, 3, 100)]])) as Map<number, number>,
      seed: BigInt(random.next()) * 2n ** 32n + BigInt(random.next()),
    };
    const history = { promptTokens: tokens(), answerTokens: tokens() };
    // The first token stays, so that one is left.
    const masked = oneOf(
      [],
      tokens().filter((id) => id > 0),
    );
    const request = { change, history, position: below(1e6), choiceIndex: below(3), masked };
    const chosen = choose(logits, request);
    assert.equal(chosen, plainChoice(logits, request), `seed ${seed}, round ${round}`);
  }
});

test('temperature 0 takes the highest logit, the lowest id among equals, whatever the seed', () => {
  const logits = Float32Array.from([1, 5, -2, 5, 5]);
  for (const seed of [0n, 1n, 99n]) {
    assert.equal(choose(logits, { change: { temperature: 0, seed } }), 1);
  }
  assert.equal(choose(Float32Array.from([-0, 0]), { change: { temperature: 0 } }), 0);
  assert.equal(choose(Float32Array.from([0, -0]), { change: { temperature: 0 } }), 0);
});

test('a temperature too small for f32 is 0', () => {
  const change = { temperature: 1e-46 };
  for (let position = 0; position < 20; position += 1) {
    assert.equal(choose(Float32Array.from([0, 0, 0]), { change, position }), 0);
  }
});

test('the same place and seed give the same token, other ones others', () => {
  const logits = new Float32Array(1000);
  const at = (position: number, choiceIndex: number, seed: bigint) =>
    choose(logits, { position, choiceIndex, change: { seed } });
  const first = [0, 1, 2, 3].map((position) => at(position, 0, 5n));
  assert.deepEqual(
    first,
    [0, 1, 2, 3].map((position) => at(position, 0, 5n)),
  );
  for (const other of [
    [0, 1, 2, 3].map((p) => at(p, 1, 5n)),
    [0, 1, 2, 3].map((p) => at(p, 0, 6n)),
  ]) {
    assert.notDeepEqual(first, other);
  }
});

test('nothing is left behind in the sampler, and the logits are not changed', () => {
  const logits = Float32Array.from({ length: 50 }, (_, i) => Math.sin(i) * 3);
  const before = logits.slice();
  const sampler = new Sampler(50);
  const history = { promptTokens: [1, 2, 2], answerTokens: [3, 3, 4] };
  const heavy = { topK: 9, topP: 0.7, repetitionPenalty: 1.5, presencePenalty: 1, minP: 0.01 };
  for (let position = 0; position < 50; position += 1) {
    choose(logits, { change: heavy, history, masked: [5, 6, 7], position }, sampler);
    assert.equal(choose(logits, { position }, sampler), choose(logits, { position }));
  }
  assert.deepEqual(logits, before);
});

/** Draws at `count` positions -> occurrences of each token. */
function occurrences(logits: Float32Array, change: Partial<SamplingParams>, count: number) {
  const sampler = new Sampler(logits.length);
  const counts = new Array<number>(logits.length).fill(0);
  for (let position = 0; position < count; position += 1) {
    counts[choose(logits, { change: { seed: 2024n, ...change }, position }, sampler)] += 1;
  }
  return counts;
}

/** Critical values of chi-square at 0.001, by degrees of freedom. */
const CHI_SQUARE: Record<number, number> = { 2: 13.82, 3: 16.27, 4: 18.47, 7: 24.32, 9: 27.88 };

function checkDistribution(change: Partial<SamplingParams>, kept: readonly number[]): void {
  const logits = Float32Array.from([0, 1, -1, 2, 0.5, -2, 1.5, -0.5, 0.25, 1.75]);
  const { temperature = 1 } = change;
  const shares = kept.map((id) => Math.exp(logits[id] / temperature));
  const total = shares.reduce((a, b) => a + b);
  const draws = 60_000;
  const counts = occurrences(logits, change, draws);
  let chi = 0;
  for (const [i, id] of kept.entries()) {
    const expected = (draws * shares[i]) / total;
    assert.ok(expected > 5);
    chi += (counts[id] - expected) ** 2 / expected;
    counts[id] = 0;
  }
  assert.ok(
    counts.every((count) => count === 0),
    `tokens that were cut off were drawn: ${counts}`,
  );
  assert.ok(chi < CHI_SQUARE[kept.length - 1], `chi-square ${chi}`);
}

const EVERY = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

test('60,000 draws follow the probabilities (chi-square, fixed seed)', () => {
  checkDistribution({}, EVERY);
});
test('so they do at temperatures 0.5 and 3', () => {
  checkDistribution({ temperature: 0.5 }, EVERY);
  checkDistribution({ temperature: 3 }, EVERY);
});
test('top-k keeps the k highest, in their proportions', () => {
  checkDistribution({ topK: 3 }, [3, 9, 6]);
});
test('top-p keeps the least set that reaches p, the crossing token included', () => {
  // Shares in order: 0.291, 0.227, 0.177, 0.107 ...: 0.7 is crossed by the fourth token.
  checkDistribution({ topP: 0.7 }, [3, 9, 6, 1]);
});
test('min-p keeps what has that share of the highest', () => {
  // e^-1.5 = 0.223 of the highest belongs to token 4 (0.5), e^-1.75 = 0.174 to token 8.
  checkDistribution({ minP: 0.2 }, [3, 9, 6, 1, 4]);
  checkDistribution(
    { minP: 0.05 },
    [0, 1, 2, 3, 4, 6, 7, 8, 9].filter((id) => id !== 2),
  );
});

test('a share that is met exactly is enough for top-p: halves', () => {
  // Two equal tokens: the first alone has a half.
  const logits = Float32Array.from([3, 3]);
  assert.deepEqual(occurrences(logits, { topP: 0.5 }, 200), [200, 0]);
  const [first, second] = occurrences(logits, { topP: 0.5000001 }, 200);
  assert.ok(first > 50 && second > 50);
});

test('among equal logits top-k and top-p keep the lowest ids', () => {
  const logits = Float32Array.from([1, 2, 2, 2, 2]);
  for (const change of [{ topK: 2 }, { topP: 0.4 }]) {
    const counts = occurrences(logits, change, 200);
    assert.ok(counts[1] > 0 && counts[2] > 0);
    assert.deepEqual([counts[0], counts[3], counts[4]], [0, 0, 0]);
  }
});

/** A logit of another token that the penalised one must beat or lose to, to the last bit. */
function exactLogit(start: number, request: Request, expected: number): void {
  const greedy = { ...request, change: { ...request.change, temperature: 0 } };
  const up = (x: number): number => nextFloat(x, 1);
  // Token 0 is under test, token 1 stands at the value: ties go to token 0.
  assert.equal(choose(Float32Array.from([start, expected]), greedy), 0);
  assert.equal(choose(Float32Array.from([start, up(expected)]), greedy), 1);
}

function nextFloat(x: number, step: 1 | -1): number {
  const floats = Float32Array.from([x]);
  const words = new Int32Array(floats.buffer);
  words[0] += floats[0] >= 0 ? step : -step;
  return floats[0];
}

test('penalties and bias change the logit to the last bit', () => {
  const seen = { promptTokens: [0], answerTokens: [] };
  const said = { promptTokens: [], answerTokens: [0, 0, 0] };
  const r = f(1.3);
  exactLogit(2.7, { history: seen, change: { repetitionPenalty: 1.3 } }, f(f(2.7) / r));
  exactLogit(-2.7, { history: seen, change: { repetitionPenalty: 1.3 } }, f(f(-2.7) * r));
  exactLogit(2.7, { history: said, change: { repetitionPenalty: 1.3 } }, f(f(2.7) / r));
  exactLogit(2.7, { history: said, change: { presencePenalty: 0.3 } }, f(f(2.7) - f(0.3)));
  const thrice = f(f(3 * f(0.3)) + f(0.1));
  const both = { presencePenalty: 0.1, frequencyPenalty: 0.3 };
  exactLogit(2.7, { history: said, change: both }, f(f(2.7) - thrice));
  exactLogit(2.7, { change: { logitBias: new Map([[0, 0.1]]) } }, f(f(2.7) + f(0.1)));
});

test('presence and frequency penalties do not look at the prompt, the repetition penalty does', () => {
  const logits = Float32Array.from([2, 1.9]);
  const history = { promptTokens: [0, 0], answerTokens: [] };
  const greedy = (change: Partial<SamplingParams>) =>
    choose(logits, { history, change: { temperature: 0, ...change } });
  assert.equal(greedy({ presencePenalty: 1, frequencyPenalty: 1 }), 0);
  assert.equal(greedy({ repetitionPenalty: 1.5 }), 1);
});

test('a mask wins over a bias, and a bias is added before the temperature', () => {
  const logits = Float32Array.from([0, 1, 2]);
  const logitBias = new Map([[0, 1000]]);
  assert.equal(choose(logits, { change: { logitBias } }), 0);
  const counts = [0, 0, 0];
  for (let position = 0; position < 100; position += 1) {
    counts[choose(logits, { change: { logitBias }, masked: [0], position })] += 1;
  }
  assert.equal(counts[0], 0);
  assert.ok(counts[1] > 5 && counts[2] > 5);
});

function codeOf(run: () => unknown, message: RegExp): string {
  try {
    run();
  } catch (error) {
    assert.ok(isVitrineError(error), `${error}`);
    assert.match(error.message, message);
    return error.code;
  }
  assert.fail('no error');
}

test('NaN and +infinity among the logits are a numeric fault that names token and position', () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const logits = Float32Array.from([1, bad, 2]);
    for (const temperature of [0, 1]) {
      const run = () => choose(logits, { position: 12, change: { temperature } });
      assert.equal(codeOf(run, /token 1 .*position 12/), 'numeric-fault');
    }
    // Even where the token is masked: the model is at fault all the same.
    assert.equal(
      codeOf(() => choose(logits, { masked: [1] }), /token 1/),
      'numeric-fault',
    );
  }
  const none = Float32Array.from([NONE, NONE]);
  assert.equal(
    codeOf(() => choose(none), /no finite logit/),
    'numeric-fault',
  );
});

test('a mask that leaves nothing is a bad request', () => {
  const run = () => choose(Float32Array.from([1, 2]), { masked: [0, 1], position: 3 });
  assert.equal(codeOf(run, /leave no token to choose at position 3/), 'bad-request');
  const rest = () => choose(Float32Array.from([1, NONE]), { masked: [0] });
  assert.equal(codeOf(rest, /leave no token/), 'bad-request');
});

test('logits that a penalty drives to infinity are a fault, not a choice', () => {
  const history = { promptTokens: [0], answerTokens: [] };
  const run = () =>
    choose(Float32Array.from([3e38, 1]), { history, change: { repetitionPenalty: 1e-6 } });
  assert.equal(codeOf(run, /after penalties/), 'numeric-fault');
});

test('log-probabilities come from the unmodified logits', () => {
  const logits = Float32Array.from([0, Math.log(3)]);
  const sampler = new Sampler(2);
  const params = { ...PLAIN, temperature: 0.1, logitBias: new Map([[0, 50]]) };
  const place = { position: 0, choiceIndex: 0 };
  const sample = sampler.sample(logits, params, NO_HISTORY, place, { logprobs: 2 });
  assert.equal(sample.tokenId, 0);
  assert.ok(Math.abs((sample.logprob ?? 0) - Math.log(1 / 4)) < 1e-6);
  assert.deepEqual(
    sample.topLogprobs?.map(({ tokenId }) => tokenId),
    [1, 0],
  );
});
