/**
 * What the engine offers to the rest of Vitrine. `server` and `cli` see these types and
 * `openEngine`, nothing else. The engine computes in worker threads; everything here is cheap on
 * the calling thread, but tokenising, which is linear in the text.
 */

import type { ChatMessage, PromptOptions, TemplateOrigin, ToolSyntax } from './chat/index.ts';
import type { SamplingParams, TokenLogprob } from './sampler/index.ts';
import type { Tokenizer } from './tokenizer/index.ts';

export type {
  ChatMessage,
  JsonObject,
  PromptOptions,
  TemplateOrigin,
  ToolCall,
  ToolCallEvent,
  ToolCallOptions,
  ToolCallParser,
  ToolDefinition,
  ToolSyntax,
} from './chat/index.ts';
export type { SamplingParams, TokenLogprob } from './sampler/index.ts';
export type { EncodeOptions, TextStream, Tokenizer } from './tokenizer/index.ts';

export const GREEDY: Omit<SamplingParams, 'seed'> = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
};

export interface GenerateRequest {
  /** Token ids of the prompt, at least one, fewer than the context. */
  promptTokens: readonly number[];
  /** Tokens to generate at most; the window may end earlier. */
  maxTokens: number;
  sampling: SamplingParams;
  /** Generation ends before the first of these; none of its text is emitted. */
  stopSequences: readonly string[];
  /** Also ends at these ids, besides the model's own end-of-turn ids. */
  stopTokenIds?: readonly number[];
  /** Ignore the model's end-of-turn ids (benchmarks). */
  ignoreEndOfTurn?: boolean;
  /** Whose request it is: tenants get even shares, and share no cached text. */
  tenant?: string;
  /**
   * Shows the control tokens in which the model writes tool calls (`toolSyntax.markers`) as text,
   * for `createToolCallParser`; other control tokens are never shown.
   */
  showToolMarkers?: boolean;
  /** When set, tokens carry log-probabilities with this many alternatives (0 to 20). */
  logprobs?: number;
}

export type FinishReason =
  /** An end-of-turn token. */
  | 'end-turn'
  | 'stop-sequence'
  | 'max-tokens'
  /** Prompt and answer together fill the context. */
  | 'context-window';

export type GenerateEvent =
  /** The prompt is computed; the first token follows. */
  | { type: 'prefill'; promptTokens: number; cachedTokens: number }
  /**
   * One token. `text` is what can be shown now: empty while a character is incomplete or while the
   * text could still become a stop sequence. The texts of all events concatenated are the answer.
   */
  | {
      type: 'token';
      tokenId: number;
      text: string;
      logprob?: number;
      topLogprobs?: readonly TokenLogprob[];
    }
  | {
      type: 'end';
      reason: FinishReason;
      /** Which stop sequence was met. */
      stopSequence?: string;
      /** Text that was held back and turned out not to be a stop sequence. */
      text: string;
      promptTokens: number;
      /** Generated tokens, the end-of-turn token included. */
      outputTokens: number;
      /** Milliseconds. */
      prefillMs: number;
      decodeMs: number;
      /** Tokens that were guessed ahead, and those of them that were right. */
      draftedTokens: number;
      acceptedTokens: number;
    };

export interface EmbedRequest {
  /** Token ids of each text, special ones included: `encode` with `addSpecial`. */
  texts: readonly (readonly number[])[];
  /** Values of an embedding; fewer than the model's only where it is trained for that. */
  dimensions?: number;
}

/** What only a model of embeddings has. */
export interface EmbeddingInfo {
  /** Values of an embedding. */
  dimensions: number;
  /** How the rows of a text become one: their mean, or the first. */
  pooling: 'mean' | 'cls';
  /** Trained so that the first values alone are an embedding too. */
  isMatryoshka: boolean;
}

export interface ModelInfo {
  /** general.name of the file, or its base name. */
  name: string;
  architecture: string;
  /** general.license of the file, when present. */
  licence?: string;
  /** SHA-256 of the model file, lower-case hex. */
  digest: string;
  fileBytes: number;
  parameterCount: number;
  /** Tensor types by name with their count, for example { Q4_1: 210 }. */
  tensorTypes: Readonly<Record<string, number>>;
  vocabularySize: number;
  /** Context served, tokens. */
  contextTokens: number;
  /** Context the model was trained for, tokens. */
  trainedContextTokens: number;
  /** Longest token in UTF-8 bytes: a text of n bytes has at least n / this many tokens. */
  tokenBytesMax: number;
  /** What makes a prompt of messages: a given template, or what stands in for a missing one. */
  chatTemplate: TemplateOrigin;
  /** Bytes of WebAssembly memory taken. */
  memoryBytes: number;
  /** Present: the model gives embeddings, and no text. */
  embedding?: EmbeddingInfo;
}

export interface EngineInfo {
  model: ModelInfo;
  /** For example "vitrine-numerics/1-draft". */
  numerics: string;
  /** relaxed, simd128 or reference. */
  kernels: string;
  /** SHA-256 of the kernel module, lower-case hex; of the empty string for the reference. */
  kernelDigest: string;
  threads: number;
  loadMs: number;
}

export interface Engine {
  readonly info: EngineInfo;
  readonly tokenizer: Tokenizer;
  /** How the model writes tool calls; undefined: in no way that the parser knows. */
  readonly toolSyntax: ToolSyntax | undefined;
  /**
   * Messages -> token ids through the file's chat template. Users' text never becomes special
   * tokens. @throws VitrineError bad-template when the template refuses the messages.
   */
  encodeChat(messages: readonly ChatMessage[], options?: PromptOptions): number[];
  /**
   * Runs one request. Requests wait for each other in order of arrival. Aborting the signal ends
   * the iteration within one step and frees everything.
   * @throws VitrineError prompt-too-long, bad-request, wrong-model-kind, numeric-fault,
   * engine-closed
   */
  generate(request: GenerateRequest, signal?: AbortSignal): AsyncIterable<GenerateEvent>;
  /**
   * Embeddings of texts, f32 [dimensions] each, of length 1. A text's bits are the same alone and
   * among others. Requests take turns text by text. Aborting the signal ends it: undefined.
   * @throws VitrineError prompt-too-long, bad-request, wrong-model-kind, numeric-fault,
   * engine-closed
   */
  embed(request: EmbedRequest, signal?: AbortSignal): Promise<Float32Array[] | undefined>;
  /** Requests running and waiting, now. */
  load(): { running: number; waiting: number };
  /** Resolves with the reason when the engine ended by itself; all requests fail from then on. */
  readonly died: Promise<string>;
  /** Ends the workers; running requests end with engine-closed. */
  close(): Promise<void>;
}

export interface OpenEngineOptions {
  /** Path of a GGUF file. */
  modelPath: string;
  /** Expected SHA-256; a file that differs is refused. Computed either way. */
  digest?: string;
  threads: number;
  /** Jinja chat template instead of the file's own. */
  chatTemplate?: string;
  /** Tokens; default: the model's own as far as memory allows, 8192 at most. */
  contextTokens?: number;
  kernels?: 'auto' | 'relaxed' | 'simd128' | 'reference';
  /** Positions of the KV cache that all requests share; default: twice the context if it fits. */
  cacheTokens?: number;
  /** Keep computed texts for requests that begin alike; default true; no bit depends on it. */
  prefixCache?: boolean;
  /** Guess tokens from the text itself; default true; no bit depends on it. */
  speculation?: boolean;
  /** Rows of one step at most, default 256; the answer is the same for any number from 1. */
  stepRowsMax?: number;
  onProgress?: (progress: LoadProgress) => void;
}

export interface LoadProgress {
  phase: 'reading' | 'ready';
  bytesDone: number;
  bytesTotal: number;
}

export type EngineErrorCode =
  | 'file-not-found'
  | 'not-gguf'
  | 'truncated-file'
  | 'bad-header'
  | 'unsupported-architecture'
  | 'unsupported-tensor-type'
  | 'unsupported-tokenizer'
  | 'bad-tensor'
  | 'bad-template'
  | 'digest-mismatch'
  | 'out-of-memory'
  | 'kernel-fault'
  | 'numeric-fault'
  | 'prompt-too-long'
  | 'bad-request'
  /** Text was asked of a model of embeddings, or embeddings of one of text. */
  | 'wrong-model-kind'
  | 'engine-closed';
