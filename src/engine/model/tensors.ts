/** Which tensors a model has, of which shape: name in the file -> place in the model. */
import type { TensorInfo } from '../gguf/index.ts';
import {
  columnMultiple,
  type Form,
  formOf,
  isWeightType,
  packedBytes,
  type WeightType,
} from '../kernels/index.ts';
import type { ModelConfig } from './config.ts';
import { modelError } from './errors.ts';

/** An N x K matrix (rows x columns), or a vector of K with N = 1. */
export interface Tensor {
  name: string;
  type: WeightType;
  N: number;
  K: number;
  /** Which file of a split model; 0 for a whole one. */
  file: number;
  /** In the file. */
  offsetBytes: number;
  sizeBytes: number;
  /** In the kernels' memory, our layout. Set by planMemory. */
  address: number;
  packedBytes: number;
  /** Its input keeps 15 bits where the type gives the choice (numerics.md section 2). */
  precise: boolean;
}

/** How the input of a product with this tensor is prepared. */
export function formOfTensor(tensor: Tensor): Form {
  return formOf(tensor.type, tensor.precise);
}

/** One block. What an architecture has not is undefined or an empty list (`BlockShape`). */
export interface Layer {
  attentionNorm?: Tensor;
  /** q, k, v, or one matrix of all three; their rows lie one after the other in the plan's qkv. */
  qkv: Tensor[];
  qkvBias: Tensor[];
  queryNorm?: Tensor;
  keyNorm?: Tensor;
  attentionOut: Tensor;
  attentionPostNorm?: Tensor;
  ffnNorm?: Tensor;
  /** gate, up, or one matrix of both. */
  gateUp: Tensor[];
  down: Tensor;
  ffnPostNorm?: Tensor;
}

/** What loading and planning need of a model's tensors. */
export interface TensorSet {
  /** f32 [R/2]: divisors of the frequencies of rotation. */
  ropeFactors?: Tensor;
  /** Each tensor once. */
  all: Tensor[];
}

export interface Weights extends TensorSet {
  embedding: Tensor;
  layers: Layer[];
  norm: Tensor;
  /** The embedding itself when tied. */
  output: Tensor;
}

/** @throws VitrineError bad-tensor, unsupported-tensor-type */
export function readTensors(tensors: readonly TensorInfo[], config: ModelConfig): Weights {
  const book = new TensorBook(tensors);
  const { width, vocabularySize } = config;
  const embedding = book.matrix('token_embd.weight', vocabularySize, width);
  const ropeFactors = readRopeFactors(book, config);
  const layers = Array.from({ length: config.layers }, (_, i) => readLayer(book, config, i));
  const norm = book.vector('output_norm.weight', width);
  const output = book.has('output.weight')
    ? book.matrix('output.weight', vocabularySize, width)
    : embedding;
  book.refuseUnused();
  markPrecise(layers, output);
  return { embedding, ropeFactors, layers, norm, output, all: book.taken };
}

function readLayer(book: TensorBook, config: ModelConfig, i: number): Layer {
  const { width, ffnWidth, block } = config;
  const { preNorms, postNorms, isFused, queryKeyNorm } = block;
  const queryWidth = config.heads * config.headDimension;
  const kvWidth = config.kvHeads * config.headDimension;
  const matrix = (name: string, N: number, K: number): Tensor =>
    book.matrix(`blk.${i}.${name}.weight`, N, K);
  const norm = (isThere: boolean, name: string, K = width): Tensor | undefined =>
    isThere ? book.vector(`blk.${i}.${name}.weight`, K) : undefined;
  const bias = (name: string, N: number): Tensor => book.vector(`blk.${i}.${name}.bias`, N);
  const [queryNormed, keyNormed] =
    queryKeyNorm === 'head' ? [config.headDimension, config.headDimension] : [queryWidth, kvWidth];
  return {
    attentionNorm: norm(preNorms, 'attn_norm'),
    qkv: isFused
      ? [matrix('attn_qkv', queryWidth + 2 * kvWidth, width)]
      : [
          matrix('attn_q', queryWidth, width),
          matrix('attn_k', kvWidth, width),
          matrix('attn_v', kvWidth, width),
        ],
    qkvBias: block.qkvBias
      ? [bias('attn_q', queryWidth), bias('attn_k', kvWidth), bias('attn_v', kvWidth)]
      : [],
    queryNorm: norm(queryKeyNorm !== 'none', 'attn_q_norm', queryNormed),
    keyNorm: norm(queryKeyNorm !== 'none', 'attn_k_norm', keyNormed),
    attentionOut: matrix('attn_output', width, queryWidth),
    attentionPostNorm: norm(postNorms, 'post_attention_norm'),
    ffnNorm: norm(preNorms, 'ffn_norm'),
    gateUp: isFused
      ? [matrix('ffn_up', 2 * ffnWidth, width)]
      : [matrix('ffn_gate', ffnWidth, width), matrix('ffn_up', ffnWidth, width)],
    down: matrix('ffn_down', width, ffnWidth),
    ffnPostNorm: norm(postNorms, 'post_ffw_norm'),
  };
}

/** Llama 3 has one set; longrope has two, of which the file's context says which holds. */
function readRopeFactors(book: TensorBook, config: ModelConfig): Tensor | undefined {
  const K = config.ropeDimension / 2;
  if (config.ropeScaling.type === 'longrope') {
    const [long, short] = ['long', 'short'].map((which) =>
      book.vector(`rope_factors_${which}.weight`, K),
    );
    return config.ropeScaling.isLong ? long : short;
  }
  return book.has('rope_freqs.weight') ? book.vector('rope_freqs.weight', K) : undefined;
}

/**
 * The products whose input keeps 15 bits: all but the gate and up projections of the layers before
 * the last, which are half of the work and bring in the least noise for it (docs/performance.md,
 * "Precision").
 */
function markPrecise(layers: readonly Layer[], output: Tensor): void {
  for (const [i, layer] of layers.entries()) {
    const isLast = i === layers.length - 1;
    const { qkv, attentionOut, gateUp, down } = layer;
    for (const tensor of [...qkv, attentionOut, down]) tensor.precise = true;
    for (const tensor of gateUp) tensor.precise = isLast;
  }
  output.precise = true;
}

/** Rows of the token embedding: the size of the vocabulary. */
export function vocabularySizeOf(tensors: readonly TensorInfo[]): number {
  const embedding = tensors.find((tensor) => tensor.name === 'token_embd.weight');
  if (embedding === undefined || embedding.dims.length !== 2) {
    throw modelError('bad-tensor', 'the file has no matrix token_embd.weight');
  }
  return embedding.dims[1];
}

/** The tensors of a file, taken one by one by name and shape. */
export class TensorBook {
  readonly taken: Tensor[] = [];
  readonly #byName: Map<string, TensorInfo>;

  constructor(tensors: readonly TensorInfo[]) {
    this.#byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  vector(name: string, K: number): Tensor {
    const tensor = this.#take(name, [K]);
    if (tensor.type !== 'F32') {
      throw modelError('unsupported-tensor-type', `${name} is ${tensor.type}; expected F32`);
    }
    return tensor;
  }

  /** Rows of a matrix; 1 for a vector or when there is none. */
  rowsOf(name: string): number {
    return this.#byName.get(name)?.dims[1] ?? 1;
  }

  /** A matrix whose rows are added as they are. */
  table(name: string, N: number, K: number): Tensor {
    const tensor = this.#take(name, [K, N]);
    if (tensor.type === 'F32') return tensor;
    throw modelError('unsupported-tensor-type', `${name} is ${tensor.type}; expected F32`);
  }

  matrix(name: string, N: number, K: number): Tensor {
    return this.#take(name, [K, N]);
  }

  /** A tensor that the forward pass would not read changes the model: refused, not ignored. */
  refuseUnused(): void {
    const used = new Set(this.taken.map((tensor) => tensor.name));
    const unused = [...this.#byName.keys()].filter((name) => !used.has(name));
    if (unused.length === 0) return;
    const shown = unused.slice(0, 3).join(', ');
    throw modelError(
      'unsupported-architecture',
      `the file has ${unused.length} tensors that this architecture does not use yet: ${shown}`,
    );
  }

  #take(name: string, dims: readonly number[]): Tensor {
    const info = this.#byName.get(name);
    if (info === undefined) throw modelError('bad-tensor', `the file lacks the tensor ${name}`);
    if (info.dims.length !== dims.length || info.dims.some((size, i) => size !== dims[i])) {
      throw modelError(
        'bad-tensor',
        `${name} is ${info.dims.join(' x ')}; expected ${dims.join(' x ')}`,
      );
    }
    const type: string = info.type;
    if (!isWeightType(type)) {
      throw modelError('unsupported-tensor-type', `${name} is ${type}, which is not supported yet`);
    }
    const [K, N = 1] = dims;
    if (dims.length > 1 && K % columnMultiple(type) !== 0) {
      throw modelError(
        'bad-tensor',
        `${name} has ${K} columns; ${type} needs a multiple of ${columnMultiple(type)}`,
      );
    }
    const { offsetBytes, sizeBytes, file = 0 } = info;
    const packed = packedBytes(type, N, K);
    const tensor: Tensor = {
      ...{ name, type, N, K, file, offsetBytes, sizeBytes },
      ...{ address: 0, packedBytes: packed, precise: false },
    };
    this.taken.push(tensor);
    return tensor;
  }
}
