/** Which tensors an encoder has, of which shape: name in the file -> place in the model. */
import type { TensorInfo } from '../gguf/index.ts';
import type { ModelConfig } from './config.ts';
import { type Tensor, TensorBook, type TensorSet } from './tensors.ts';

/** A layer norm. */
export interface Norm {
  weight: Tensor;
  bias: Tensor;
}

/** Matrices whose outputs lie side by side, and their biases; none or one for each. */
export interface Projection {
  weights: Tensor[];
  biases: Tensor[];
}

export interface EncoderLayer {
  /** q, k, v, or one matrix of all three. */
  qkv: Projection;
  attentionOut: Projection;
  attentionNorm: Norm;
  /** gate, up; only up where there is no gate. */
  gateUp: Projection;
  down: Projection;
  outputNorm: Norm;
}

export interface EncoderWeights extends TensorSet {
  embedding: Tensor;
  /** f32 [types][width]; the first is added to every position. */
  tokenTypes: Tensor;
  /** f32 [trained context][width]. */
  positions?: Tensor;
  embeddingNorm: Norm;
  layers: EncoderLayer[];
}

/** Segments of a text pair; a single text has the first. */
const TOKEN_TYPES_MAX = 16;

/** @throws VitrineError bad-tensor, unsupported-tensor-type */
export function readEncoderTensors(
  tensors: readonly TensorInfo[],
  config: ModelConfig,
): EncoderWeights {
  const book = new TensorBook(tensors);
  const { width, vocabularySize, encoder } = config;
  const embedding = book.matrix('token_embd.weight', vocabularySize, width);
  const typeCount = Math.min(book.rowsOf('token_types.weight'), TOKEN_TYPES_MAX);
  const tokenTypes = book.table('token_types.weight', typeCount, width);
  const positions = encoder?.hasPositionTable
    ? book.table('position_embd.weight', config.trainedContextTokens, width)
    : undefined;
  const embeddingNorm = readNorm(book, 'token_embd_norm', width);
  const layers = Array.from({ length: config.layers }, (_, i) => readLayer(book, config, i));
  book.refuseUnused();
  // An embedding takes all that a layer knows: every input keeps 15 bits.
  for (const tensor of book.taken) tensor.precise = true;
  return { embedding, tokenTypes, positions, embeddingNorm, layers, all: book.taken };
}

function readNorm(book: TensorBook, name: string, width: number): Norm {
  return { weight: book.vector(`${name}.weight`, width), bias: book.vector(`${name}.bias`, width) };
}

function readLayer(book: TensorBook, config: ModelConfig, i: number): EncoderLayer {
  const { width, ffnWidth, block, encoder } = config;
  const queryWidth = config.heads * config.headDimension;
  const kvWidth = config.kvHeads * config.headDimension;
  const projection = (K: number, ...rows: [name: string, N: number][]): Projection => ({
    weights: rows.map(([name, N]) => book.matrix(`blk.${i}.${name}.weight`, N, K)),
    biases: encoder?.hasBiases
      ? rows.map(([name, N]) => book.vector(`blk.${i}.${name}.bias`, N))
      : [],
  });
  const hasGate = block.activation !== 'gelu';
  return {
    qkv: block.isFused
      ? projection(width, ['attn_qkv', queryWidth + 2 * kvWidth])
      : projection(width, ['attn_q', queryWidth], ['attn_k', kvWidth], ['attn_v', kvWidth]),
    attentionOut: projection(queryWidth, ['attn_output', width]),
    attentionNorm: readNorm(book, `blk.${i}.attn_output_norm`, width),
    gateUp: hasGate
      ? projection(width, ['ffn_gate', ffnWidth], ['ffn_up', ffnWidth])
      : projection(width, ['ffn_up', ffnWidth]),
    down: projection(ffnWidth, ['ffn_down', width]),
    outputNorm: readNorm(book, `blk.${i}.layer_output_norm`, width),
  };
}
