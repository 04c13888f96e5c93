/**
 * Forward passes of tiny random models, as lists of kernel calls: against a plain pass in f64 on
 * the dequantised weights, and bit for bit between implementations, chunks and neighbours.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { plainForward } from '../../../test/plain-forward.ts';
import { dequantize, TENSOR_TYPES, type TensorInfo, tensorBytes } from '../gguf/index.ts';
import {
  bindModule,
  bindReference,
  createMemory,
  initializeMemory,
  type Kernels,
  OpList,
  pack,
  Random,
  randomWeights,
  type WeightType,
} from '../kernels/index.ts';
import type { ModelConfig } from './config.ts';
import { buildForward, type Model } from './forward.ts';
import { planMemory } from './memory-plan.ts';
import { fillRopeTable } from './rope.ts';
import { readTensors, type Tensor } from './tensors.ts';

const ROW_COUNT_MAX = 24;

function configOf(width: number): ModelConfig {
  return {
    ...{ architecture: 'llama', layers: 2, width, ffnWidth: 2 * width, heads: width / 32 },
    ...{ kvHeads: width / 64, headDimension: 32, vocabularySize: 67, ropeBase: 10000 },
    ...{ ropeHalfPairs: false, normEps: 1e-5, trainedContextTokens: 192 },
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

type Bind = (memory: WebAssembly.Memory) => Kernels;

interface Row {
  /** Which of three sequences. */
  sequence: number;
  position: number;
  token: number;
}

/** A model in memory; `step` computes rows and gives their logits. */
class Runner {
  readonly model: Model;
  readonly memory: WebAssembly.Memory;
  readonly #list: OpList;
  readonly #kernels: Kernels;

  constructor(bind: Bind, config: ModelConfig, file: ReturnType<typeof makeFile>) {
    const weights = readTensors(file.infos, config);
    const plan = planMemory(config, weights, {
      ...{ contextTokens: 192, pageCount: 9, sequenceCount: 3, rowCountMax: ROW_COUNT_MAX },
      ...{ logitRowsMax: ROW_COUNT_MAX, workers: 1 },
    });
    this.model = { config, weights, plan };
    this.memory = createMemory(plan.totalBytes, false);
    const { buffer } = this.memory;
    initializeMemory(buffer);
    for (const tensor of weights.all) this.#load(tensor, file.contents.get(tensor.name));
    const table = new Float32Array(buffer, plan.ropeTable, 192 * config.headDimension);
    fillRopeTable(table, config.ropeBase, config.headDimension);
    // Pages out of order, and full of what an earlier sequence left.
    new Uint32Array(buffer, plan.pageTables, 9).set([4, 0, 8, 1, 7, 3, 2, 6, 5]);
    new Uint8Array(buffer, plan.kv, 9 * plan.pageBytes).fill(0x3a);
    this.#list = new OpList(buffer, plan.list, plan.listCapacity, 4);
    this.#kernels = bind(this.memory);
  }

  #load(tensor: Tensor, bytes: Uint8Array | undefined): void {
    assert.ok(bytes !== undefined);
    const out = new Uint8Array(this.memory.buffer, tensor.address, tensor.packedBytes);
    pack(tensor.type, tensor.K, bytes, out);
  }

  step(rows: readonly Row[]): Float32Array[] {
    const { plan, config } = this.model;
    const { buffer } = this.memory;
    for (const [i, { sequence, position, token }] of rows.entries()) {
      const table = plan.pageTables + sequence * plan.pagesPerSequence * 4;
      new Int32Array(buffer, plan.rows + i * 16, 4).set([token, position, table, 0]);
      new Int32Array(buffer, plan.logitIndex + i * 4, 1)[0] = i;
    }
    buildForward(this.#list, this.model, { rowCount: rows.length, logitCount: rows.length });
    this.#kernels.run(this.#list.start, this.#list.count, 0, 1);
    return rows.map((_, i) =>
      new Float32Array(buffer, plan.logits + i * plan.logitStride, config.vocabularySize).slice(),
    );
  }

  /** All tokens of one sequence, in chunks of these lengths, again from the first when they end. */
  sequence(tokens: readonly number[], chunks: readonly number[], sequence = 0): Float32Array[] {
    const logits: Float32Array[] = [];
    for (let i = 0; logits.length < tokens.length; i += 1) {
      const from = logits.length;
      const piece = tokens.slice(from, from + chunks[i % chunks.length]);
      logits.push(...this.step(piece.map((token, j) => ({ sequence, position: from + j, token }))));
    }
    return logits;
  }
}

function bindBuild(name: string): Bind {
  const url = new URL(`../kernels/build/${name}.wasm`, import.meta.url);
  const module = new WebAssembly.Module(readFileSync(url));
  return (memory) => bindModule(module, memory);
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
];

for (const [type, width, errorMax] of CASES) {
  const config = configOf(width);
  const file = makeFile(config, type);

  test(`${type}: logits are those of a plain pass in f64, but for what rounding inputs costs`, (t) => {
    const tokens = TOKENS.slice(0, 12);
    const ours = new Runner(bindBuild('vitrine-simd128'), config, file).sequence(tokens, [12]);
    const error = relativeError(ours, exactLogits(config, file, tokens));
    t.diagnostic(`relative error ${error.toExponential(2)}`);
    assert.ok(error > 0 && error < errorMax, `${error}`);
  });

  test(`${type}: the same bits from all implementations, in all chunks, beside others`, () => {
    const fresh = (bind: Bind) => new Runner(bind, config, file);
    const simd = bindBuild('vitrine-simd128');
    const whole = fresh(simd).sequence(TOKENS, [ROW_COUNT_MAX]);
    for (const chunks of [[1], [3, 7, 1], [64, 1].map((n) => Math.min(n, ROW_COUNT_MAX))]) {
      assert.deepEqual(fresh(simd).sequence(TOKENS, chunks), whole, `${chunks}`);
    }
    assert.deepEqual(fresh(bindBuild('vitrine-relaxed')).sequence(TOKENS, [9]), whole);
    // The reference is slow: 14 rows are tiles of 8, 4 and 1.
    const few = TOKENS.slice(0, width > 64 ? 5 : 14);
    assert.deepEqual(fresh(bindReference).sequence(few, [14]), whole.slice(0, few.length));
    assert.deepEqual(besideOthers(fresh(simd)), whole);
  });
}

function relativeError(ours: readonly Float32Array[], exact: readonly Float64Array[]): number {
  let [square, energy] = [0, 0];
  for (const [p, logits] of ours.entries()) {
    for (const [n, logit] of logits.entries()) {
      square += (logit - exact[p][n]) ** 2;
      energy += exact[p][n] ** 2;
    }
  }
  assert.ok(energy > 0);
  return Math.sqrt(square / energy);
}

test('the comparison notices another pairing, base or epsilon (canaries)', () => {
  const config = configOf(64);
  const file = makeFile(config, 'F32');
  const tokens = TOKENS.slice(0, 12);
  const exact = exactLogits(config, file, tokens);
  for (const wrong of [{ ropeHalfPairs: true }, { ropeBase: 20000 }, { normEps: 0.5 }]) {
    const runner = new Runner(bindBuild('vitrine-simd128'), { ...config, ...wrong }, file);
    const error = relativeError(runner.sequence(tokens, [12]), exact);
    assert.ok(error > 5e-3, `${JSON.stringify(wrong)}: ${error}`);
  }
});

/** Logits of TOKENS in sequence 1, each step beside rows of two other sequences. */
function besideOthers(runner: Runner): Float32Array[] {
  const logits: Float32Array[] = [];
  for (const [position, token] of TOKENS.entries()) {
    const rows: Row[] = [{ sequence: 1, position, token }];
    const other = (sequence: number, at: number) =>
      rows.push({ sequence, position: at, token: (at * 5 + sequence) % 67 });
    if (position % 2 === 0) rows.reverse();
    for (let i = 0; i < position % 4; i += 1) other(0, 4 * Math.floor(position / 4) + i);
    if (position % 3 === 0) rows.unshift({ sequence: 2, position: position / 3, token: 1 });
    const mine = rows.findIndex(({ sequence }) => sequence === 1);
    logits.push(runner.step(rows)[mine]);
  }
  return logits;
}
