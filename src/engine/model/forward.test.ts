/**
 * Forward passes of tiny random models, as lists of kernel calls: against a plain pass in f64 on
 * the dequantised weights, and bit for bit between implementations, chunks and neighbours.
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
import { plainForward } from '../../../test/plain-forward.ts';
import { dequantize, TENSOR_TYPES, type TensorInfo, tensorBytes } from '../gguf/index.ts';
import { bindReference, Random, randomWeights, type WeightType } from '../kernels/index.ts';
import { llama } from './architectures/llama.ts';
import { type ModelConfig, neutral } from './config.ts';

function configOf(width: number): ModelConfig {
  return {
    ...{ architecture: 'llama', layers: 2, width, ffnWidth: 2 * width, heads: width / 32 },
    ...{ kvHeads: width / 64, headDimension: 32, vocabularySize: 67, ropeBase: 10000 },
    ...{ ...neutral(llama, 2, 32), normEps: 1e-5, trainedContextTokens: 192 },
  };
}

/** Tensors of a model whose matrices are of `type`, with random contents by name. */
function makeFile(config: ModelConfig, type: WeightType) {
  const infos: TensorInfo[] = [];
  const contents = new Map<string, Uint8Array>();
  const random = new Random(99);
  const add = (name: string, K: number, N?: number): void => {
    const kind = N === undefined ? 'F32' : type;
    const elementCount = K * (N ?? 1);
    const dims = N === undefined ? [K] : [K, N];
    const sizeBytes = tensorBytes(kind, elementCount);
    const { id: typeId } = TENSOR_TYPES[kind];
    infos.push({ name, type: kind, typeId, dims, elementCount, offsetBytes: 0, sizeBytes });
    contents.set(name, N === undefined ? normWeights(K) : randomWeights(kind, N, K, random));
  };
  // So that scores of attention and inputs of SiLU are of the size of 1, as in a trained model.
  const sample = new Float32Array(16 * config.width);
  dequantize(type, randomWeights(type, 16, config.width, random), sample);
  const energy = sample.reduce((sum, w) => sum + w * w, 0) / 16;
  const normWeights = (K: number): Uint8Array => {
    const scale = () => (0.5 + (random.next() % 1024) / 1024) / Math.sqrt(energy);
    return new Uint8Array(Float32Array.from({ length: K }, scale).buffer);
  };
  const { width, ffnWidth } = config;
  const q = config.heads * 32;
  const kv = config.kvHeads * 32;
  add('token_embd.weight', width, config.vocabularySize);
  for (let i = 0; i < config.layers; i += 1) {
    const blk = (name: string) => `blk.${i}.${name}.weight`;
    add(blk('attn_norm'), width);
    add(blk('attn_q'), width, q);
    add(blk('attn_k'), width, kv);
    add(blk('attn_v'), width, kv);
    add(blk('attn_output'), q, width);
    add(blk('ffn_norm'), width);
    add(blk('ffn_gate'), width, ffnWidth);
    add(blk('ffn_up'), width, ffnWidth);
    add(blk('ffn_down'), ffnWidth, width);
  }
  add('output_norm.weight', width);
  return { infos, contents };
}

const TOKENS = Array.from({ length: 70 }, (_, i) => (i * 37 + 11) % 67);

/** The same model in f64, on the dequantised weights. */
function exactLogits(config: ModelConfig, file: ReturnType<typeof makeFile>, tokens: number[]) {
  const weights = (name: string): Float32Array => {
    const info = file.infos.find((other) => other.name === name);
    const bytes = file.contents.get(name);
    assert.ok(info !== undefined && bytes !== undefined);
    const out = new Float32Array(info.elementCount);
    dequantize(info.type, bytes, out);
    return out;
  };
  return plainForward(config, weights, tokens);
}

const CASES: [type: WeightType, width: number, error: number][] = [
  ['F32', 64, 2e-3],
  ['F16', 64, 2e-3],
  ['BF16', 64, 2e-3],
  ['Q8_0', 64, 2e-3],
  ['Q4_0', 64, 3e-2],
  ['Q4_1', 64, 3e-2],
  ['Q5_0', 64, 3e-2],
  ['Q5_1', 64, 3e-2],
  ['Q4_K', 256, 3e-2],
  ['Q5_K', 256, 3e-2],
  ['Q6_K', 256, 3e-2],
  ['Q2_K', 256, 3e-2],
  ['Q3_K', 256, 3e-2],
  ['IQ4_NL', 64, 2e-3],
  ['IQ4_XS', 256, 2e-3],
  ['MXFP4', 64, 2e-3],
];

for (const [type, width, errorMax] of CASES) {
  const config = configOf(width);
  const file = makeFile(config, type);

  test(`${type}: logits are those of a plain pass in f64, but for what rounding inputs costs`, (t) => {
    const tokens = TOKENS.slice(0, 12);
    const ours = new ModelRunner(bindBuild('vitrine-simd128'), config, file).sequence(tokens, [12]);
    const error = relativeError(ours, exactLogits(config, file, tokens));
    t.diagnostic(`relative error ${error.toExponential(2)}`);
    assert.ok(error > 0 && error < errorMax, `${error}`);
  });

  test(`${type}: the same bits from all implementations, in all chunks, beside others`, () => {
    const fresh = (bind: Bind) => new ModelRunner(bind, config, file);
    const simd = bindBuild('vitrine-simd128');
    const whole = fresh(simd).sequence(TOKENS, [ROW_COUNT_MAX]);
    for (const chunks of [[1], [3, 7, 1], [64, 1].map((n) => Math.min(n, ROW_COUNT_MAX))]) {
      assert.deepEqual(fresh(simd).sequence(TOKENS, chunks), whole, `${chunks}`);
    }
    assert.deepEqual(fresh(bindBuild('vitrine-relaxed')).sequence(TOKENS, [9]), whole);
    // The reference is slow: 14 rows are tiles of 8, 4 and 1.
    const few = TOKENS.slice(0, width > 64 ? 5 : 14);
    assert.deepEqual(fresh(bindReference).sequence(few, [14]), whole.slice(0, few.length));
    assert.deepEqual(besideOthers(fresh(simd), TOKENS, 67), whole);
  });
}

test('the comparison notices another pairing, base or epsilon (canaries)', () => {
  const config = configOf(64);
  const file = makeFile(config, 'F32');
  const tokens = TOKENS.slice(0, 12);
  const exact = exactLogits(config, file, tokens);
  for (const wrong of [{ ropeHalfPairs: true }, { ropeBase: 20000 }, { normEps: 0.5 }]) {
    const runner = new ModelRunner(bindBuild('vitrine-simd128'), { ...config, ...wrong }, file);
    const error = relativeError(runner.sequence(tokens, [12]), exact);
    assert.ok(error > 5e-3, `${JSON.stringify(wrong)}: ${error}`);
  }
});
