/**
 * A tiny encoder of random weights as a GGUF file, for tests of everything around the engine: bert
 * with mean pooling, or nomic-bert. Its WordPiece vocabulary has the letters and a few words.
 */
import { type TensorToWrite, type TypedValue, writeGguf } from '../src/engine/gguf/index.ts';
import { Random, randomWeights, type WeightType } from '../src/engine/kernels/index.ts';

export interface RandomEncoderOptions {
  seed?: number;
  architecture?: 'bert' | 'nomic-bert';
  /** `general.name`. */
  name?: string;
  contextTokens?: number;
  layers?: number;
  /** Multiple of 32; more makes it slower. */
  width?: number;
  pooling?: 'mean' | 'cls';
  /** Type of the matrices; block types have random contents. */
  type?: WeightType;
  /** Puts +infinity into the last norm, so that computing fails with numeric-fault. */
  isBroken?: boolean;
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz0123456789.,!?'.split('');
const WORDS = ['hello', 'world', 'cat', 'dog', 'the', 'sat', 'mat', 'green', 'tea', 'cup'];
/** Ids 0 to 4, then pieces that start a word, then those that go on. */
const TOKENS = [
  ...['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'],
  ...[...WORDS, ...LETTERS].map((text) => `\u2581${text}`),
  ...LETTERS,
];

export function randomEncoder(options: RandomEncoderOptions = {}): Uint8Array {
  const { architecture = 'bert', seed = 1, layers = 2, width = 64, type = 'F32' } = options;
  const { contextTokens = 64 } = options;
  const random = new Random(seed);
  const isBert = architecture === 'bert';
  const ffnWidth = 2 * width;
  const tensor = (name: string, dims: number[], value: () => number): TensorToWrite => {
    const data = Float32Array.from({ length: dims.reduce((a, b) => a * b) }, value);
    return { name, type: 'F32', dims, data: new Uint8Array(data.buffer) };
  };
  const unit = (): number => random.next() / 2 ** 31 - 1;
  const matrix = (name: string, N: number, K: number): TensorToWrite =>
    type === 'F32'
      ? tensor(name, [K, N], () => (2 * unit()) / Math.sqrt(K))
      : { name, type, dims: [K, N], data: randomWeights(type, N, K, random) };
  const norm = (name: string, weight = 1): TensorToWrite[] => [
    tensor(`${name}.weight`, [width], () => weight * (1 + unit() / 4)),
    tensor(`${name}.bias`, [width], () => unit() / 4),
  ];
  const product = (name: string, N: number, K: number): TensorToWrite[] => [
    matrix(`${name}.weight`, N, K),
    ...(isBert ? [tensor(`${name}.bias`, [N], () => unit() / 4)] : []),
  ];
  const tensors = [
    tensor('token_embd.weight', [width, TOKENS.length], unit),
    tensor('token_types.weight', [width, 2], unit),
    ...(isBert ? [tensor('position_embd.weight', [width, contextTokens], unit)] : []),
    ...norm('token_embd_norm'),
  ];
  for (let i = 0; i < layers; i += 1) {
    const at = `blk.${i}.`;
    tensors.push(
      ...(isBert
        ? ['q', 'k', 'v'].flatMap((part) => product(`${at}attn_${part}`, width, width))
        : product(`${at}attn_qkv`, 3 * width, width)),
      ...product(`${at}attn_output`, width, width),
      ...norm(`${at}attn_output_norm`),
      ...(isBert ? [] : product(`${at}ffn_gate`, ffnWidth, width)),
      ...product(`${at}ffn_up`, ffnWidth, width),
      ...product(`${at}ffn_down`, width, ffnWidth),
      ...norm(`${at}layer_output_norm`, options.isBroken && i === layers - 1 ? 2.5e38 : 1),
    );
  }
  return writeGguf(
    metadataOf(options, { architecture, layers, width, ffnWidth, contextTokens }),
    tensors,
  );
}

interface Shape {
  architecture: string;
  layers: number;
  width: number;
  ffnWidth: number;
  contextTokens: number;
}

function metadataOf(options: RandomEncoderOptions, shape: Shape): Map<string, TypedValue> {
  const { architecture, width } = shape;
  const u32 = (value: number): TypedValue => ({ type: 'u32', value });
  const text = (value: string): TypedValue => ({ type: 'string', value });
  const types = TOKENS.map((token) => (token.startsWith('[') ? 3 : 1));
  return new Map<string, TypedValue>([
    ['general.architecture', text(architecture)],
    ['general.name', text(options.name ?? `Random ${architecture}`)],
    ['general.license', text('apache-2.0')],
    [`${architecture}.embedding_length`, u32(width)],
    [`${architecture}.block_count`, u32(shape.layers)],
    [`${architecture}.feed_forward_length`, u32(shape.ffnWidth)],
    [`${architecture}.attention.head_count`, u32(width / 32)],
    [`${architecture}.attention.layer_norm_epsilon`, { type: 'f32', value: 1e-12 }],
    [`${architecture}.attention.causal`, { type: 'bool', value: false }],
    [`${architecture}.pooling_type`, u32(options.pooling === 'cls' ? 2 : 1)],
    [`${architecture}.context_length`, u32(shape.contextTokens)],
    ['tokenizer.ggml.model', text('bert')],
    ['tokenizer.ggml.tokens', { type: 'array', elementType: 'string', value: [...TOKENS] }],
    ['tokenizer.ggml.token_type', { type: 'array', elementType: 'i32', value: types }],
    ['tokenizer.ggml.unknown_token_id', u32(1)],
    ['tokenizer.ggml.bos_token_id', u32(2)],
    ['tokenizer.ggml.seperator_token_id', u32(3)],
  ]);
}
