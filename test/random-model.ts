/**
 * A tiny llama model of random weights as a GGUF file: tests of everything around the engine need a
 * model that loads at once, not one that makes sense. Byte-level vocabulary without merges, ChatML
 * template. Its greedy text is printable ASCII: the output rows of those bytes stand out.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  dequantize,
  type TensorToWrite,
  type TypedValue,
  writeGguf,
} from '../src/engine/gguf/index.ts';
import { Random, randomWeights, type WeightType } from '../src/engine/kernels/index.ts';
// The byte alphabet is not part of the tokenizer's surface; test models need it all the same.
import { BYTE_CHARS } from '../src/engine/tokenizer/byte-alphabet.ts';

export interface RandomModelOptions {
  /** Another seed is another model. */
  seed?: number;
  /** Context that the file names, tokens. */
  contextTokens?: number;
  layers?: number;
  /** Multiple of 64; more makes it slower. */
  width?: number;
  /** Types of the matrices, taken in turn; default: all F32. Block types have random contents. */
  types?: readonly WeightType[];
  /** Puts +infinity into the final norm, so that computing fails with numeric-fault. */
  isBroken?: boolean;
}

export interface ModelFile {
  readonly path: string;
  remove(): Promise<void>;
}

const CONTROL_TOKENS = ['<|im_start|>', '<|im_end|>'];
const HEAD_DIMENSION = 32;
/** Logits of printable bytes are this many times as large as those of others. */
const PRINTABLE_GAIN = 8;

/** Writes the model into a new folder under the system's temporary one. */
export function writeRandomModel(options: RandomModelOptions = {}): Promise<ModelFile> {
  return writeModel(randomModel(options));
}

/** Likewise for a file that is made already. */
export async function writeModel(bytes: Uint8Array): Promise<ModelFile> {
  const folder = await mkdtemp(join(tmpdir(), 'vitrine-model-'));
  const path = join(folder, 'random.gguf');
  await writeFile(path, bytes);
  return { path, remove: () => rm(folder, { recursive: true, force: true }) };
}

export function randomModel(options: RandomModelOptions = {}): Uint8Array {
  const { seed = 1, contextTokens = 512, layers = 2, width = 64, isBroken = false } = options;
  const random = generator(seed);
  const tokens = [...BYTE_CHARS, ...CONTROL_TOKENS];
  const heads = width / HEAD_DIMENSION;
  const ffnWidth = 2 * width;
  const kvWidth = HEAD_DIMENSION;
  const { types = ['F32'] } = options;
  const blocks = new Random(seed);
  let matrixCount = 0;
  const matrix = (name: string, N: number, K: number, gain: (row: number) => number = () => 1) => {
    const type = types[matrixCount % types.length];
    matrixCount += 1;
    if (type !== 'F32') return blockTensor(name, type, N, K, blocks);
    return tensor(name, [K, N], (i) => (gain(Math.floor(i / K)) * random()) / Math.sqrt(K));
  };
  // So that a product's outputs are of the size of 1, as in a trained model.
  const normScale = types.length === 1 && types[0] === 'F32' ? 1 : 1 / spreadOf(types, width);
  const ones = (name: string, value = 1) => tensor(name, [width], () => value * normScale);
  const tensors = [matrix('token_embd.weight', tokens.length, width, () => Math.sqrt(width))];
  for (let layer = 0; layer < layers; layer += 1) {
    const block = `blk.${layer}.`;
    tensors.push(
      ones(`${block}attn_norm.weight`),
      matrix(`${block}attn_q.weight`, width, width),
      matrix(`${block}attn_k.weight`, kvWidth, width),
      matrix(`${block}attn_v.weight`, kvWidth, width),
      matrix(`${block}attn_output.weight`, width, width),
      ones(`${block}ffn_norm.weight`),
      matrix(`${block}ffn_gate.weight`, ffnWidth, width),
      matrix(`${block}ffn_up.weight`, ffnWidth, width),
      matrix(`${block}ffn_down.weight`, width, ffnWidth),
    );
  }
  tensors.push(ones('output_norm.weight', isBroken ? 3e38 : 1));
  const gain = (row: number) => (row >= 0x20 && row < 0x7f ? PRINTABLE_GAIN : 1);
  tensors.push(matrix('output.weight', tokens.length, width, gain));
  return writeGguf(
    metadataOf({ seed, contextTokens, layers, width, heads, ffnWidth, tokens }),
    tensors,
  );
}

interface Shape {
  seed: number;
  contextTokens: number;
  layers: number;
  width: number;
  heads: number;
  ffnWidth: number;
  tokens: readonly string[];
}

function metadataOf(shape: Shape): Map<string, TypedValue> {
  const { tokens } = shape;
  const u32 = (value: number): TypedValue => ({ type: 'u32', value });
  const text = (value: string): TypedValue => ({ type: 'string', value });
  const types = tokens.map((token) => (CONTROL_TOKENS.includes(token) ? 3 : 1));
  return new Map<string, TypedValue>([
    ['general.architecture', text('llama')],
    ['general.name', text(`Random ${shape.seed}`)],
    ['general.license', text('apache-2.0')],
    ['llama.embedding_length', u32(shape.width)],
    ['llama.block_count', u32(shape.layers)],
    ['llama.feed_forward_length', u32(shape.ffnWidth)],
    ['llama.attention.head_count', u32(shape.heads)],
    ['llama.attention.head_count_kv', u32(1)],
    ['llama.context_length', u32(shape.contextTokens)],
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text('smollm')],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', value: [...tokens] }],
    ['tokenizer.ggml.token_type', { type: 'array', elementType: 'i32', value: types }],
    ['tokenizer.ggml.merges', { type: 'array', elementType: 'string', value: [] }],
    ['tokenizer.ggml.eos_token_id', u32(tokens.indexOf('<|im_end|>'))],
  ]);
}

/** F32; `value` is called for each element, columns first. */
function tensor(
  name: string,
  dims: readonly number[],
  value: (i: number) => number,
): TensorToWrite {
  const count = dims.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: count }, (_, i) => value(i));
  return { name, type: 'F32', dims, data: new Uint8Array(data.buffer) };
}

/** Random blocks of a type as they stand in a file. */
function blockTensor(
  name: string,
  type: WeightType,
  N: number,
  K: number,
  random: Random,
): TensorToWrite {
  return { name, type, dims: [K, N], data: randomWeights(type, N, K, random) };
}

/** Root of the mean energy of a row of random blocks of these types. */
function spreadOf(types: readonly WeightType[], K: number): number {
  const random = new Random(7);
  let energy = 0;
  for (const type of types) {
    const row = new Float32Array(K);
    dequantize(type, randomWeights(type, 1, K, random), row);
    energy += row.reduce((sum, w) => sum + w * w, 0);
  }
  return Math.sqrt(energy / types.length);
}

/** Uniform in -1.7 to 1.7 (variance near 1), mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (((t ^ (t >>> 14)) >>> 0) / 2 ** 32 - 0.5) * 3.4;
  };
}
