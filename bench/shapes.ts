/**
 * Models of random weights in the shapes of real ones that no package registry carries: speed
 * depends on shapes and types alone. The vocabulary is single bytes and fillers.
 */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type QuantizedType, quantize } from '../src/convert/index.ts';
import { TENSOR_TYPES, type TypedValue, writeGgufHead } from '../src/engine/gguf/index.ts';
import { BYTE_CHARS } from '../src/engine/tokenizer/byte-alphabet.ts';

interface Shape {
  architecture: 'llama' | 'qwen2';
  layers: number;
  width: number;
  ffnWidth: number;
  heads: number;
  kvHeads: number;
  headDimension: number;
  vocabulary: number;
  ropeBase: number;
  contextTokens: number;
  /** The output layer is the embedding, read again. */
  isTied: boolean;
}

/** Shapes by name, as the makers publish them in config.json. */
const SHAPES: Readonly<Record<string, Shape>> = {
  'qwen2.5-0.5b': {
    ...{ architecture: 'qwen2', layers: 24, width: 896, ffnWidth: 4864, heads: 14, kvHeads: 2 },
    ...{ headDimension: 64, vocabulary: 151936, ropeBase: 1e6, contextTokens: 32768 },
    isTied: true,
  },
  'llama-3.2-1b': {
    ...{ architecture: 'llama', layers: 16, width: 2048, ffnWidth: 8192, heads: 32, kvHeads: 8 },
    ...{ headDimension: 64, vocabulary: 128256, ropeBase: 5e5, contextTokens: 131072 },
    isTied: true,
  },
};

/** `random:qwen2.5-0.5b:Q4_0` */
const REFERENCE = /^random:([^:]+):([A-Z0-9_]+)$/;
/** Rows of a matrix that differ; the rest repeat them. */
const ROWS_OF_A_KIND = 16;

/** The path of a `random:SHAPE:TYPE` model, made below .cache once; undefined for other names. */
export function shapePath(reference: string): string | undefined {
  const [, name, type] = REFERENCE.exec(reference) ?? [];
  if (name === undefined) return undefined;
  const shape = SHAPES[name];
  if (shape === undefined) {
    throw new Error(`no shape ${name}: expected one of ${Object.keys(SHAPES).join(', ')}`);
  }
  const folder = fileURLToPath(new URL('../.cache/shapes', import.meta.url));
  const path = `${folder}/${name}-${type}.gguf`;
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    console.error(`writing ${path}`);
    writeShape(shape, type as QuantizedType, path);
  }
  return path;
}

function writeShape(shape: Shape, type: QuantizedType, path: string): void {
  const tensors = tensorsOf(shape, type);
  const head = writeGgufHead(metadataOf(shape), tensors);
  const file = openSync(`${path}.part`, 'w');
  writeSync(file, head.bytes, 0, head.bytes.length, 0);
  for (const [i, { type: tensorType, dims }] of tensors.entries()) {
    const [K, N = 1] = dims;
    const rows = Math.min(N, ROWS_OF_A_KIND);
    const { blockElements, blockBytes } = TENSOR_TYPES[tensorType];
    const bytes = new Uint8Array(((K * rows) / blockElements) * blockBytes);
    quantize(tensorType, valuesOf(K * rows, N === 1), bytes);
    for (let row = 0; row < N; row += rows) {
      const length = (bytes.length / rows) * Math.min(rows, N - row);
      writeSync(file, bytes, 0, length, head.offsetsBytes[i] + (row / rows) * bytes.length);
    }
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
}

/** Values whose products stay of the size of their inputs; those of a norm are 1. */
function valuesOf(count: number, isVector: boolean): Float32Array {
  if (isVector) return new Float32Array(count).fill(1);
  let state = 12345;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return ((state >>> 8) / 2 ** 24 - 0.5) * 0.04;
  });
}

function tensorsOf(shape: Shape, type: QuantizedType) {
  const { width, ffnWidth, heads, kvHeads, headDimension: D } = shape;
  const matrix = (name: string, N: number, K: number) => {
    // As llama.cpp does where a row is no whole number of blocks of 256.
    const fits = K % TENSOR_TYPES[type].blockElements === 0;
    return { name: `${name}.weight`, type: fits ? type : ('Q5_0' as const), dims: [K, N] };
  };
  const vector = (name: string, length: number) => ({ name, type: 'F32' as const, dims: [length] });
  const embedding = matrix('token_embd', shape.vocabulary, width);
  const all: { name: string; type: QuantizedType; dims: number[] }[] = [embedding];
  for (let i = 0; i < shape.layers; i += 1) {
    const block = `blk.${i}`;
    all.push(
      vector(`${block}.attn_norm.weight`, width),
      matrix(`${block}.attn_q`, heads * D, width),
      matrix(`${block}.attn_k`, kvHeads * D, width),
      matrix(`${block}.attn_v`, kvHeads * D, width),
      matrix(`${block}.attn_output`, width, heads * D),
      vector(`${block}.ffn_norm.weight`, width),
      matrix(`${block}.ffn_gate`, ffnWidth, width),
      matrix(`${block}.ffn_up`, ffnWidth, width),
      matrix(`${block}.ffn_down`, width, ffnWidth),
    );
    if (shape.architecture !== 'qwen2') continue;
    all.push(
      vector(`${block}.attn_q.bias`, heads * D),
      vector(`${block}.attn_k.bias`, kvHeads * D),
      vector(`${block}.attn_v.bias`, kvHeads * D),
    );
  }
  all.push(vector('output_norm.weight', width));
  if (!shape.isTied) all.push(matrix('output', shape.vocabulary, width));
  return all;
}

function metadataOf(shape: Shape): Map<string, TypedValue> {
  const u32 = (value: number): TypedValue => ({ type: 'u32', value });
  const f32 = (value: number): TypedValue => ({ type: 'f32', value });
  const text = (value: string): TypedValue => ({ type: 'string', value });
  const texts = (value: string[]): TypedValue => ({
    ...{ type: 'array', elementType: 'string', value },
  });
  const { architecture: name, vocabulary } = shape;
  const fillers = Array.from({ length: vocabulary - 259 }, (_, i) => `<filler${i}>`);
  // Some merge must be there.
  const tokens = [...BYTE_CHARS, '<|im_start|>', '<|im_end|>', 'ĠĠ', ...fillers];
  const types = tokens.map((_, id) => (id < 256 || id === 258 ? 1 : 3));
  return new Map<string, TypedValue>([
    ['general.architecture', text(name)],
    ['general.name', text('random weights')],
    [`${name}.block_count`, u32(shape.layers)],
    [`${name}.context_length`, u32(shape.contextTokens)],
    [`${name}.embedding_length`, u32(shape.width)],
    [`${name}.feed_forward_length`, u32(shape.ffnWidth)],
    [`${name}.attention.head_count`, u32(shape.heads)],
    [`${name}.attention.head_count_kv`, u32(shape.kvHeads)],
    [`${name}.attention.layer_norm_rms_epsilon`, f32(1e-6)],
    [`${name}.rope.freq_base`, f32(shape.ropeBase)],
    [`${name}.rope.dimension_count`, u32(shape.headDimension)],
    ['tokenizer.ggml.model', text('gpt2')],
    ['tokenizer.ggml.pre', text('gpt-2')],
    ['tokenizer.ggml.tokens', texts(tokens)],
    ['tokenizer.ggml.token_type', { type: 'array', elementType: 'i32', value: types }],
    ['tokenizer.ggml.merges', texts(['Ġ Ġ'])],
    ['tokenizer.ggml.bos_token_id', u32(256)],
    ['tokenizer.ggml.eos_token_id', u32(257)],
  ]);
}
