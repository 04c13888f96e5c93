/**
 * Tiny models of every architecture as GGUF files, with the logits that transformers gave
 * (test/oracle/architectures makes both): read as any file is, computed, compared; and the same
 * bits from every implementation, in every chunk, beside others.
 */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import {
  type Bind,
  besideOthers,
  bindBuild,
  ModelRunner,
  ROW_COUNT_MAX,
  relativeError,
} from '../../../test/model-runner.ts';
import { EXPECTED, type Loaded, load } from '../../../test/oracle/architectures/load.ts';
import { bindReference } from '../kernels/index.ts';
import { ARCHITECTURES } from './architectures/index.ts';
import type { ModelConfig } from './config.ts';

const { tokens: TOKENS, positions: POSITIONS } = EXPECTED;

/** Root mean square of the difference over that of the logits: keys and values are halves here. */
const TOLERANCE = 2e-3;

function errorOf(bind: Bind, { exact, ...file }: Loaded, changes: Partial<ModelConfig> = {}) {
  const runner = new ModelRunner(bind, { ...file.config, ...changes }, file);
  const logits = runner.sequence(TOKENS, [ROW_COUNT_MAX]);
  return relativeError(
    POSITIONS.map((position) => logits[position]),
    exact,
  );
}

const simd = bindBuild('vitrine-simd128');

/** What a model has of its own, and what would be computed without it: each must be noticed. */
const WITHOUT: Record<string, (config: ModelConfig) => Record<string, Partial<ModelConfig>>> = {
  llama: () => ({ pairing: { ropeHalfPairs: true }, base: { ropeBase: 600 } }),
  'llama-llama3': () => ({}),
  'llama-linear': ({ ropeScaling }) => ({ factor: { ropeScaling: { ...ropeScaling, factor: 1 } } }),
  'llama-yarn': ({ ropeScaling }) => ({
    ramp: { ropeScaling: { ...ropeScaling, type: 'linear' } },
    amplitude: { ropeScaling: { ...ropeScaling, amplitude: 1 } },
  }),
  qwen2: () => ({ pairing: { ropeHalfPairs: false } }),
  qwen3: () => ({ pairing: { ropeHalfPairs: false } }),
  gemma2: ({ block }) => ({
    ...{ embedding: { embeddingScale: 1 }, scores: { attentionSoftcap: 0 } },
    ...{ logits: { logitSoftcap: 0 }, window: { windows: [0, 0] }, order: { windows: [0, 12] } },
    width: { windows: [13, 0] },
    activation: { block: { ...block, activation: 'swiglu' } },
  }),
  gemma3: ({ block, ropeScaling }) => ({
    ...{ embedding: { embeddingScale: 1 }, window: { windows: [0, 0] } },
    ...{ local: { localRopeBase: 1e6 }, linear: { ropeScaling: { ...ropeScaling, factor: 1 } } },
    activation: { block: { ...block, activation: 'swiglu' } },
  }),
  olmo2: () => ({ pairing: { ropeHalfPairs: false } }),
  granite: () => ({
    ...{ embedding: { embeddingScale: 1 }, query: { queryScale: 1 / Math.sqrt(32) } },
    ...{ residual: { residualScale: 1 }, logits: { logitScale: 1 } },
  }),
  phi3: () => ({ window: { windows: [0, 0] } }),
  'phi3-longrope': ({ ropeScaling }) => ({
    factors: { ropeScaling: { ...ropeScaling, isLong: false } },
    amplitude: { ropeScaling: { ...ropeScaling, amplitude: 1 } },
  }),
};

for (const name of Object.keys(EXPECTED.logits)) {
  test(`${name}: logits are those of transformers, and what it has of its own matters`, (t) => {
    const loaded = load(name);
    const error = errorOf(simd, loaded);
    t.diagnostic(`relative error ${error.toExponential(2)}`);
    assert.ok(error > 0 && error < TOLERANCE, `${error}`);
    for (const [what, changes] of Object.entries(WITHOUT[name](loaded.config))) {
      const wrong = errorOf(simd, loaded, changes);
      t.diagnostic(`without ${what}: ${wrong.toExponential(2)}`);
      assert.ok(wrong > 4 * TOLERANCE, `${what}: ${wrong}`);
    }
  });

  test(`${name}: the same bits from all implementations, in all chunks, beside others`, () => {
    const { config, ...file } = load(name);
    const fresh = (bind: Bind) => new ModelRunner(bind, config, file);
    const whole = fresh(simd).sequence(TOKENS, [ROW_COUNT_MAX]);
    for (const chunks of [[1], [3, 7, 1]]) {
      assert.deepEqual(fresh(simd).sequence(TOKENS, chunks), whole, `${chunks}`);
    }
    assert.deepEqual(fresh(bindBuild('vitrine-relaxed')).sequence(TOKENS, [9]), whole);
    assert.deepEqual(besideOthers(fresh(simd), TOKENS, config.vocabularySize), whole);
    assert.deepEqual(fresh(bindReference).sequence(TOKENS, [14]), whole);
  });
}

test('every architecture has a model here, but encoders, which encoders.test.ts has', () => {
  const names = Object.keys(EXPECTED.logits);
  for (const { name, encoder } of ARCHITECTURES.values()) {
    assert.ok(encoder !== undefined || names.includes(name), name);
  }
  assert.deepEqual(Object.keys(WITHOUT).sort(), names.sort());
});

test('factors of rotation that are not above 0 are refused', () => {
  const loaded = load('llama-llama3');
  const zeros = new Map(loaded.contents).set('rope_freqs.weight', new Uint8Array(64));
  assert.throws(
    () => new ModelRunner(simd, loaded.config, { ...loaded, contents: zeros }),
    /rope_freqs.weight has a factor that is not above 0/,
  );
  const ones = new Uint8Array(new Float32Array(16).fill(1).buffer);
  const without = new Map(loaded.contents).set('rope_freqs.weight', ones);
  assert.ok(errorOf(simd, { ...loaded, contents: without }) > 4 * TOLERANCE);
});
