import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { isVitrineError, WASM_MEMORY_BYTES_MAX } from '../../base/index.ts';
import { TENSOR_TYPES, type TensorInfo, tensorBytes } from '../gguf/index.ts';
import { activationBytes, attentionScratchBytes, HEAP_START } from '../kernels/index.ts';
import { gemma3 } from './architectures/gemma3.ts';
import { llama } from './architectures/llama.ts';
import { type ModelConfig, neutral } from './config.ts';
import { type PlanOptions, planMemory } from './memory-plan.ts';
import { readTensors, type Tensor, vocabularySizeOf } from './tensors.ts';

const CONFIG: ModelConfig = {
  ...{ architecture: 'llama', layers: 2, width: 64, ffnWidth: 96, heads: 2, kvHeads: 1 },
  ...{ headDimension: 32, vocabularySize: 301, ropeBase: 10000, ...neutral(llama, 2, 32) },
  ...{ normEps: 1e-5, trainedContextTokens: 512 },
};

const OPTIONS: PlanOptions = {
  ...{ contextTokens: 200, pageCount: 5, sequenceCount: 3, rowCountMax: 9, logitRowsMax: 4 },
  workers: 3,
};

type Type = 'F32' | 'Q4_1' | 'Q8_0' | 'F16' | 'Q4_K' | 'Q2_K' | 'IQ2_XS';

function info(name: string, type: Type, dims: number[]): TensorInfo {
  const elementCount = dims.reduce((a, b) => a * b, 1);
  const sizeBytes = tensorBytes(type, elementCount);
  const { id: typeId } = TENSOR_TYPES[type];
  return { name, type, typeId, dims, elementCount, offsetBytes: 0, sizeBytes };
}

function tensorsOf(config: ModelConfig, type: Type): TensorInfo[] {
  const { width, ffnWidth, vocabularySize } = config;
  const q = config.heads * config.headDimension;
  const kv = config.kvHeads * config.headDimension;
  const list = [info('token_embd.weight', 'Q8_0', [width, vocabularySize])];
  for (let i = 0; i < config.layers; i += 1) {
    const matrix = (name: string, N: number, K: number) =>
      info(`blk.${i}.${name}.weight`, type, [K, N]);
    list.push(info(`blk.${i}.attn_norm.weight`, 'F32', [width]));
    list.push(matrix('attn_q', q, width), matrix('attn_k', kv, width), matrix('attn_v', kv, width));
    list.push(matrix('attn_output', width, q), info(`blk.${i}.ffn_norm.weight`, 'F32', [width]));
    list.push(matrix('ffn_gate', ffnWidth, width), matrix('ffn_up', ffnWidth, width));
    list.push(matrix('ffn_down', width, ffnWidth));
  }
  return [...list, info('output_norm.weight', 'F32', [width])];
}

test('no two regions overlap, all are aligned, and all lie within the stated size', () => {
  const weights = readTensors(tensorsOf(CONFIG, 'Q4_1'), CONFIG);
  const plan = planMemory(CONFIG, weights, OPTIONS);
  const { width, ffnWidth, headDimension: D } = CONFIG;
  const regions: [string, number, number][] = [
    ['list', plan.list, plan.listCapacity * 64],
    ['rope', plan.ropeTable, 200 * D * 4],
    ['rows', plan.rows, 9 * 16],
    ['logit index', plan.logitIndex, 16],
    ['page tables', plan.pageTables, 3 * plan.pagesPerSequence * 4],
    ['hidden', plan.hidden, 9 * width * 4],
    ['qkv', plan.qkv, 9 * plan.qkvStride],
    ['attention', plan.attention, 9 * 64 * 4],
    ['gate and up', plan.gateUp, 9 * 2 * ffnWidth * 4],
    // Gate and up of the first layer; down, and all of the last layer; the output.
    ['int8', plan.activations.int8, 9 * activationBytes('int8', 64)],
    ['int15', plan.activations.int15, 9 * activationBytes('int15', 96)],
    ['int16', plan.activations.int16, 9 * activationBytes('int16', 64)],
    ['logits', plan.logits, 4 * plan.logitStride],
    ['scratch', plan.scratch, 3 * attentionScratchBytes(CONFIG)],
    ['kv', plan.kv, 5 * plan.pageBytes],
    ...weights.all.map(
      ({ name, address, packedBytes }) => [name, address, packedBytes] as [string, number, number],
    ),
  ];
  regions.sort((a, b) => a[1] - b[1]);
  let end = HEAP_START;
  for (const [name, start, bytes] of regions) {
    assert.ok(start >= end, `${name} starts at ${start}, inside what ends at ${end}`);
    assert.equal(start % 64, 0, name);
    end = start + bytes;
  }
  assert.ok(end <= plan.totalBytes);
  assert.equal(plan.activations.float, 0);
  assert.equal(plan.pagesPerSequence, 4);
  // 301 tokens are written in groups of 4 rows.
  assert.equal(plan.logitStride, 304 * 4);
  assert.equal(plan.pageBytes, 2 * 64 * 32 * 2 * 2);
});

test('post norms, and a rotation of their own of windowed layers, get their room', () => {
  const weights = readTensors(tensorsOf(CONFIG, 'Q4_1'), CONFIG);
  const plain = planMemory(CONFIG, weights, OPTIONS);
  assert.equal(plain.branch, 0);
  assert.equal(plain.localRopeTable, plain.ropeTable);
  const config = { ...CONFIG, block: gemma3.block, localRopeBase: 500 };
  const plan = planMemory(config, weights, OPTIONS);
  assert.equal(plan.branch - plan.gateUp, 9 * 2 * CONFIG.ffnWidth * 4);
  assert.equal(plan.localRopeTable - plan.ropeTable, 200 * 32 * 4);
});

test('a tied output is the embedding itself and takes no room of its own', () => {
  const tied = readTensors(tensorsOf(CONFIG, 'Q4_1'), CONFIG);
  assert.equal(tied.output, tied.embedding);
  assert.equal(tied.all.filter(({ name }) => name === 'token_embd.weight').length, 1);
  const own = info('output.weight', 'Q8_0', [64, 301]);
  const untied = readTensors([...tensorsOf(CONFIG, 'Q4_1'), own], CONFIG);
  assert.equal(untied.output.name, 'output.weight');
});

test('a model beyond one WebAssembly memory is refused with its numbers', () => {
  const config = { ...CONFIG, layers: 256, width: 4096, ffnWidth: 14336, heads: 32, kvHeads: 8 };
  const large = { ...config, headDimension: 128, vocabularySize: 128256 };
  const weights = readTensors(tensorsOf(large, 'Q4_1'), large);
  assert.throws(
    () => planMemory(large, weights, OPTIONS),
    (error) =>
      isVitrineError(error, 'out-of-memory') &&
      /needs [\d.]+ GB \(weights [\d.]+ GB, KV cache [\d.]+ MB for .*\); .* holds 4\.3 GB\. The weights alone/.test(
        error.message,
      ),
  );
});

test('a KV cache beyond one WebAssembly memory is refused, the largest that fits is not', () => {
  const weights = readTensors(tensorsOf(CONFIG, 'Q4_1'), CONFIG);
  const pages = (pageCount: number) => planMemory(CONFIG, weights, { ...OPTIONS, pageCount });
  const rest = pages(0).totalBytes;
  const fitting = Math.floor((WASM_MEMORY_BYTES_MAX - rest) / pages(1).pageBytes);
  assert.ok(pages(fitting).totalBytes <= WASM_MEMORY_BYTES_MAX);
  assert.throws(
    () => pages(fitting + 1),
    (error) => isVitrineError(error, 'out-of-memory') && /--context/.test(error.message),
  );
});

function refusal(tensors: TensorInfo[], config = CONFIG): { code: string; message: string } {
  try {
    readTensors(tensors, config);
  } catch (error) {
    assert.ok(isVitrineError(error), `${error}`);
    return error;
  }
  assert.fail('accepted');
}

function replaced(name: string, tensor: TensorInfo | undefined): TensorInfo[] {
  const rest = tensorsOf(CONFIG, 'Q4_1').filter((other) => other.name !== name);
  return tensor === undefined ? rest : [...rest, tensor];
}

test('every tensor that is missing is named', () => {
  for (const { name } of tensorsOf(CONFIG, 'Q4_1') as readonly Pick<Tensor, 'name'>[]) {
    const { code, message } = refusal(replaced(name, undefined));
    assert.equal(code, 'bad-tensor');
    assert.ok(message.includes(name), message);
  }
});

test('tensors of another shape or type, and tensors too many, are refused', () => {
  const name = 'blk.1.ffn_up.weight';
  const cases: [TensorInfo[], string, RegExp][] = [
    [replaced(name, info(name, 'Q4_1', [64, 95])), 'bad-tensor', /64 x 95; expected 64 x 96/],
    [replaced(name, info(name, 'Q4_1', [64])), 'bad-tensor', /64; expected 64 x 96/],
    [replaced(name, info(name, 'Q2_K', [256, 24])), 'bad-tensor', /256 x 24/],
    [
      replaced('output_norm.weight', info('output_norm.weight', 'F16', [64])),
      ...(['unsupported-tensor-type', /F16; expected F32/] as const),
    ],
    [
      [...tensorsOf(CONFIG, 'Q4_1'), info('blk.0.attn_q.bias', 'F32', [64])],
      ...(['unsupported-architecture', /1 tensors .*: blk\.0\.attn_q\.bias/] as const),
    ],
  ];
  for (const [tensors, code, pattern] of cases) {
    const error = refusal(tensors);
    assert.equal(error.code, code, error.message);
    assert.match(error.message, pattern);
  }
  const wide = { ...CONFIG, width: 256, heads: 8, kvHeads: 8, ffnWidth: 288 };
  assert.match(refusal(tensorsOf(wide, 'Q4_K'), wide).message, /288 columns; Q4_K .* 256/);
  const unknown = { ...CONFIG, width: 256, heads: 8, kvHeads: 8, ffnWidth: 256 };
  assert.equal(refusal(tensorsOf(unknown, 'IQ2_XS'), unknown).code, 'unsupported-tensor-type');
});

test('the vocabulary is as large as the embedding has rows', () => {
  assert.equal(vocabularySizeOf(tensorsOf(CONFIG, 'Q4_1')), 301);
  assert.throws(() => vocabularySizeOf([]), /no matrix token_embd/);
  const flat = [info('token_embd.weight', 'F32', [64])];
  assert.throws(() => vocabularySizeOf(flat), /no matrix token_embd/);
});
