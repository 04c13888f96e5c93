/** Which tensors a llama model has, of which shape: name in the file -> place in the model. */
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

export interface Layer {
  attentionNorm: Tensor;
  q: Tensor;
  k: Tensor;
  v: Tensor;
  attentionOut: Tensor;
  ffnNorm: Tensor;
  gate: Tensor;
  up: Tensor;
  down: Tensor;
}

export interface Weights {
  embedding: Tensor;
  layers: Layer[];
  norm: Tensor;
  /** The embedding itself when tied. */
  output: Tensor;
  /** Each tensor once. */
  all: Tensor[];
}

/** @throws VitrineError bad-tensor, unsupported-tensor-type */
export function readTensors(tensors: readonly TensorInfo[], config: ModelConfig): Weights {
  const book = new TensorBook(tensors);
  const { width, ffnWidth, vocabularySize } = config;
  const queryWidth = config.heads * config.headDimension;
  const kvWidth = config.kvHeads * config.headDimension;
  const embedding = book.matrix('token_embd.weight', vocabularySize, width);
  const layers = Array.from({ length: config.layers }, (_, i): Layer => {
    const matrix = (name: string, N: number, K: number): Tensor =>
      book.matrix(`blk.${i}.${name}.weight`, N, K);
    return {
      attentionNorm: book.vector(`blk.${i}.attn_norm.weight`, width),
      q: matrix('attn_q', queryWidth, width),
      k: matrix('attn_k', kvWidth, width),
      v: matrix('attn_v', kvWidth, width),
      attentionOut: matrix('attn_output', width, queryWidth),
      ffnNorm: book.vector(`blk.${i}.ffn_norm.weight`, width),
      gate: matrix('ffn_gate', ffnWidth, width),
      up: matrix('ffn_up', ffnWidth, width),
      down: matrix('ffn_down', width, ffnWidth),
    };
  });
  const norm = book.vector('output_norm.weight', width);
  const output = book.has('output.weight')
    ? book.matrix('output.weight', vocabularySize, width)
    : embedding;
  book.refuseUnused();
  markPrecise(layers, output);
  return { embedding, layers, norm, output, all: book.taken };
}

/**
 * The products whose input keeps 15 bits: all but the gate and up projections of the layers before
 * the last, which are half of the work and bring in the least noise for it (docs/performance.md,
 * "Precision").
 */
function markPrecise(layers: readonly Layer[], output: Tensor): void {
  for (const [i, layer] of layers.entries()) {
    const isLast = i === layers.length - 1;
    const { q, k, v, attentionOut, gate, up, down } = layer;
    for (const tensor of [q, k, v, attentionOut, down]) tensor.precise = true;
    for (const tensor of [gate, up]) tensor.precise = isLast;
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

class TensorBook {
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
    if (K % columnMultiple(type) !== 0) {
      throw modelError(
        'bad-tensor',
        `${name} has ${K} columns; ${type} needs a multiple of ${columnMultiple(type)}`,
      );
    }
    const { offsetBytes, sizeBytes } = info;
    const packed = packedBytes(type, N, K);
    const tensor: Tensor = {
      ...{ name, type, N, K, offsetBytes, sizeBytes },
      ...{ address: 0, packedBytes: packed, precise: false },
    };
    this.taken.push(tensor);
    return tensor;
  }
}
