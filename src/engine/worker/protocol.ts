/**
 * Messages between the HTTP thread and the coordinator, and what compute threads are born with.
 * All of it is plain data that structured clone carries.
 */

import type { SamplingParams } from '../sampler/index.ts';
import type { StampedFile } from './model-file.ts';

export interface LoadOptions {
  /** The file, or any part of a split one. */
  modelPath: string;
  /**
   * Expected SHA-256; the file's own is computed either way. Of a split model: of its parts one
   * after the other.
   */
  digest?: string;
  threads: number;
  contextTokens?: number;
  kernels: 'auto' | 'relaxed' | 'simd128' | 'reference';
  /** Rows of one step at most. Below the number of slots, that many requests run at once. */
  stepRowsMax?: number;
  /** Positions of the KV cache, shared by all requests; at least the context. */
  cacheTokens?: number;
  /** Default true, both. */
  prefixCache?: boolean;
  speculation?: boolean;
}

export interface GenerateJob {
  id: number;
  promptTokens: readonly number[];
  maxTokens: number;
  sampling: SamplingParams;
  /** Ids that end the answer. */
  endTokenIds: readonly number[];
  /** Whose it is; requests of different tenants share no cached text. */
  tenant?: string;
  /** Alternatives to report with each token; undefined: no log-probabilities. */
  logprobs?: number;
}

export interface EmbedJob {
  id: number;
  /** Token ids of all texts, one text after the other. */
  tokens: Int32Array<ArrayBuffer>;
  /** Tokens of each text; each at least 1 and at most the context. */
  lengths: Int32Array<ArrayBuffer>;
  /** Values of an embedding, at most the model's width; undefined: all. */
  dimensions?: number;
}

export type ToCoordinator =
  | { type: 'generate'; job: GenerateJob }
  /** Logits at every position of a text, for measurements. */
  | { type: 'evaluate'; id: number; tokens: readonly number[] }
  /** To a model of embeddings; the others have `generate` and `evaluate`. */
  | { type: 'embed'; job: EmbedJob }
  | { type: 'cancel'; id: number }
  | { type: 'close' };

export interface LoadedInfo {
  digest: string;
  fileBytes: number;
  parameterCount: number;
  tensorTypes: Record<string, number>;
  /** Bytes of tensors in the file, the embedding counted once: what decoding reads a token. */
  tensorBytes: number;
  architecture: string;
  contextTokens: number;
  trainedContextTokens: number;
  vocabularySize: number;
  memoryBytes: number;
  kernels: string;
  kernelDigest: string;
  threads: number;
  /** Sequences that can run at once. */
  slotCount: number;
  loadMs: number;
  /** Present: the model gives embeddings, of so many values. */
  embedding?: { pooling: 'mean' | 'cls'; dimensions: number };
}

export interface TokenMessage {
  type: 'token';
  id: number;
  tokenId: number;
  isEnd: boolean;
  logprob?: number;
  topLogprobs?: readonly { tokenId: number; logprob: number }[];
  /** Tokens that were guessed after the one before; told with the first of a step. */
  draftedTokens: number;
  /** 1: this one had been guessed. */
  acceptedTokens: number;
}

export type FromCoordinator =
  | { type: 'progress'; bytesDone: number; bytesTotal: number }
  | { type: 'loaded'; info: LoadedInfo; metadata: ReadonlyMap<string, unknown> }
  | { type: 'load-failed'; code: string; message: string }
  /** The engine cannot go on; nothing follows. */
  | { type: 'died'; reason: string }
  | { type: 'admitted'; id: number }
  | {
      type: 'prefill';
      id: number;
      promptTokens: number;
      /** Of them, those that were not computed again. */
      cachedTokens: number;
      prefillMs: number;
    }
  | TokenMessage
  | { type: 'end'; id: number; reason: EndReason; decodeMs: number }
  /** f32 [count][vocabularySize], positions from `position`. */
  | { type: 'logits'; id: number; position: number; count: number; logits: Float32Array }
  /** f32 [dimensions] of text `index` of a request. */
  | { type: 'embedding'; id: number; index: number; values: Float32Array }
  | { type: 'failed'; id: number; code: string; message: string };

export type EndReason =
  | 'end-turn'
  | 'max-tokens'
  | 'context-window'
  | 'cancelled'
  | 'evaluated'
  | 'embedded';

/** A run of whole rows of one tensor, to be read and repacked. */
export interface LoadUnit {
  tensor: string;
  type: string;
  K: number;
  /** Which file of a split model. */
  file: number;
  offsetBytes: number;
  sizeBytes: number;
  address: number;
  packedBytes: number;
}

/** workerData of a compute thread. */
export interface ComputeThreadData {
  /** The model's files, as they were when they were opened to be hashed (model-file.ts). */
  files: readonly StampedFile[];
  units: readonly LoadUnit[];
  memory: WebAssembly.Memory;
  module: WebAssembly.Module;
  worker: number;
  workers: number;
}
