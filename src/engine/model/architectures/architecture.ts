/**
 * What a file of this folder declares: the shape of an architecture's block, and what it reads from
 * the metadata beyond what all have. forward.ts and tensors.ts know nothing else about it.
 */
import type { ModelConfig } from '../config.ts';
import type { Keys } from '../keys.ts';

export interface BlockShape {
  /** The inputs of attention and feed-forward are normed. */
  preNorms: boolean;
  /** Their outputs are normed before they are added to the stream. */
  postNorms: boolean;
  /** q, k and v have biases. */
  qkvBias: boolean;
  /** Norm of queries and keys before the rotation: of each head, or of the row as a whole. */
  queryKeyNorm: 'none' | 'head' | 'row';
  /** One matrix holds q, k and v; in decoders one holds gate and up as well. */
  isFused: boolean;
  activation: 'swiglu' | 'geglu' | 'gelu';
}

/** A model of embeddings: every position sees all others, layer norms follow the residuals. */
export interface EncoderShape {
  /** Learnt vectors of positions; without them queries and keys are rotated. */
  hasPositionTable: boolean;
  /** All products have biases. */
  hasBiases: boolean;
}

export interface Architecture {
  /** `general.architecture`, and the prefix of its keys. */
  name: string;
  block: BlockShape;
  /** Pairs of rotation: false: neighbours (2i, 2i + 1); true: (i, i + R/2). */
  ropeHalfPairs: boolean;
  /** Only the first `rope.dimension_count` values of a head may be rotated. */
  allowsPartialRope?: boolean;
  /** `attention.sliding_window` means something; others refuse it. */
  hasWindows?: boolean;
  /** Present: it gives vectors, not text. */
  encoder?: EncoderShape;
  /** What differs from the neutral values of `ModelConfig`. */
  read?(keys: Keys, config: ModelConfig): Partial<ModelConfig>;
}

/** The block of Llama: norm, attention, residual, norm, SwiGLU, residual. */
export const LLAMA_BLOCK: BlockShape = {
  preNorms: true,
  postNorms: false,
  qkvBias: false,
  queryKeyNorm: 'none',
  isFused: false,
  activation: 'swiglu',
};

/** The block of BERT: attention, residual, norm, feed-forward, residual, norm. */
export const ENCODER_BLOCK: BlockShape = { ...LLAMA_BLOCK, preNorms: false };
