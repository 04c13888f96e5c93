/**
 * Tiny encoders as GGUF files, with what transformers computed (test/oracle/encoders makes both):
 * read as any file is, computed, compared; and the same bits from every implementation, alone and
 * beside others, in one list of calls or several.
 */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { type EncoderFile, EncoderRunner, readEncoder } from '../../../test/encoder-runner.ts';
import { type Bind, bindBuild, relativeError } from '../../../test/model-runner.ts';
import { EXPECTED, exactOutputs } from '../../../test/oracle/encoders/load.ts';
import { isVitrineError } from '../../base/index.ts';
import { bindReference } from '../kernels/index.ts';
import { ARCHITECTURES } from './architectures/index.ts';
import { type ModelConfig, readConfig } from './config.ts';
import { planMemory } from './memory-plan.ts';

const TEXTS = EXPECTED.texts;

/** Root mean square of the difference over that of the outputs: keys and values are halves here. */
const TOLERANCE = 2e-3;

const simd = bindBuild('vitrine-simd128');

function errorOf(file: EncoderFile, name: string, changes: Partial<ModelConfig> = {}): number {
  const runner = new EncoderRunner(simd, { ...file, config: { ...file.config, ...changes } });
  return relativeError(runner.step(TEXTS), exactOutputs(name));
}

/** What a model has of its own, and what would be computed without it: each must be noticed. */
const WITHOUT: Record<string, (config: ModelConfig) => Record<string, Partial<ModelConfig>>> = {
  bert: ({ queryScale }) => ({ scale: { queryScale: queryScale * 2 }, eps: { normEps: 0.5 } }),
  'nomic-bert': () => ({
    ...{ base: { ropeBase: 10000 }, pairing: { ropeHalfPairs: false } },
    rotation: { ropeDimension: 0 },
  }),
};

for (const name of Object.keys(EXPECTED.outputs)) {
  test(`${name}: outputs are those of transformers, and what it has of its own matters`, (t) => {
    const file = readEncoder(name);
    const error = errorOf(file, name);
    t.diagnostic(`relative error ${error.toExponential(2)}`);
    assert.ok(error > 0 && error < TOLERANCE, `${error}`);
    for (const [what, changes] of Object.entries(WITHOUT[name](file.config))) {
      const wrong = errorOf(file, name, changes);
      t.diagnostic(`without ${what}: ${wrong.toExponential(2)}`);
      assert.ok(wrong > 4 * TOLERANCE, `${what}: ${wrong}`);
    }
  });

  test(`${name}: the same bits from all implementations, beside others, in slices`, () => {
    const file = readEncoder(name);
    const fresh = (bind: Bind) => new EncoderRunner(bind, file);
    const [whole] = fresh(simd).step([TEXTS[0]]);
    const [short] = fresh(simd).step([TEXTS[1]]);
    const other = TEXTS[0].slice(3, 70);
    const runner = fresh(simd);
    assert.deepEqual(runner.step([other, TEXTS[1], TEXTS[0]]).slice(1), [short, whole]);
    assert.deepEqual(runner.step([TEXTS[1], TEXTS[0]]), [short, whole]);
    assert.deepEqual(runner.step([TEXTS[0]], [1, 2]), [whole]);
    assert.deepEqual(fresh(bindBuild('vitrine-relaxed')).step([TEXTS[0]]), [whole]);
    assert.deepEqual(fresh(bindReference).step([TEXTS[0]]), [whole]);
  });
}

test('every encoder among the architectures has a model here', () => {
  const encoders = [...ARCHITECTURES.values()].filter(({ encoder }) => encoder !== undefined);
  const names = encoders.map(({ name }) => name).sort();
  assert.deepEqual(Object.keys(EXPECTED.outputs).sort(), names);
  assert.deepEqual(Object.keys(WITHOUT).sort(), names);
});

test('the pooling is that of the file, and what is not computed is refused', () => {
  const { header, config } = readEncoder('bert');
  assert.equal(config.encoder?.pooling, 'cls');
  assert.equal(readEncoder('nomic-bert').config.encoder?.pooling, 'mean');
  for (const [key, value, pattern] of [
    ['bert.pooling_type', undefined, /pooling type is missing; supported: mean \(1\) and cls/],
    ['bert.pooling_type', 3, /pooling type is last/],
    ['bert.pooling_type', 9, /pooling type is number 9/],
    ['bert.attention.causal', true, /attention.causal is true/],
    ['bert.rope.scaling.type', 'longrope', /"longrope" is not supported for bert/],
  ] as const) {
    const metadata = new Map(header.metadata);
    if (value === undefined) metadata.delete(key);
    else metadata.set(key, value);
    assert.throws(
      () => readConfig(metadata, config.vocabularySize),
      (error) => isVitrineError(error, 'unsupported-architecture') && pattern.test(error.message),
    );
  }
});

test('the pages of an encoder hold one layer, however many it has', () => {
  const { model } = new EncoderRunner(simd, readEncoder('bert'));
  const { config, weights, plan } = model;
  assert.equal(plan.pageBytes, config.kvHeads * config.headDimension * 64 * 4);
  const deep = planMemory({ ...config, layers: 24 }, weights, plan);
  assert.equal(deep.totalBytes - deep.kv, plan.totalBytes - plan.kv);
  assert.equal(plan.logits, plan.scratch);
});
