/**
 * The engine as `server` and `cli` see it: a model behind a port to the coordinator thread. Text
 * (tokenising, chat template, streaming decode, stop sequences) is handled here, numbers there.
 */
import { receiveMessageOnPort } from 'node:worker_threads';
import { assert, VitrineError } from '../base/index.ts';
import type {
  ChatMessage,
  EmbedRequest,
  Engine,
  EngineInfo,
  GenerateEvent,
  GenerateRequest,
  OpenEngineOptions,
  PromptOptions,
} from './api.ts';
import {
  type ChatTemplate,
  createChatTemplate,
  encodeChat,
  type ToolSyntax,
} from './chat/index.ts';
import { embedJobOf, isMatryoshka } from './embedding.ts';
import { EventQueue } from './event-queue.ts';
import { checkSamplingParams, StopMatcher } from './sampler/index.ts';
import {
  createTextStream,
  createTokenizer,
  type TextStream,
  type VocabularyTokenizer,
} from './tokenizer/index.ts';
import {
  type Coordinator,
  type FromCoordinator,
  type LoadedInfo,
  startCoordinator,
  type ToCoordinator,
} from './worker/index.ts';

/** The number contract that this engine keeps: docs/formats/numerics.md. */
export const NUMERICS_VERSION = 'vitrine-numerics/1-draft';

/** Logits at every position of a text, as they come: f32 [vocabulary] each. */
export type OnLogits = (position: number, logits: Float32Array) => void;

/** An engine, and what only measurements need. */
export interface MeasurableEngine extends Engine {
  /** Bytes of tensors in the file: what decoding one token reads. */
  readonly tensorBytes: number;
  /** Teacher-forced logits: those at position i predict token i + 1. */
  evaluateLogits(tokens: readonly number[], onLogits: OnLogits): Promise<void>;
}

/**
 * Loads a model.
 * @throws VitrineError with the codes of EngineErrorCode
 */
export async function openEngine(options: OpenEngineOptions): Promise<MeasurableEngine> {
  assert(Number.isInteger(options.threads) && options.threads >= 1, 'at least one thread');
  const { stepRowsMax = 1 } = options;
  assert(Number.isInteger(stepRowsMax) && stepRowsMax >= 1, 'at least one row of a step');
  const coordinator = startCoordinator({
    modelPath: options.modelPath,
    digest: options.digest,
    threads: options.threads,
    contextTokens: options.contextTokens,
    kernels: options.kernels ?? 'auto',
    stepRowsMax: options.stepRowsMax,
    cacheTokens: options.cacheTokens,
    ...{ prefixCache: options.prefixCache, speculation: options.speculation },
  });
  try {
    const { info, metadata } = await whenLoaded(coordinator, options);
    const tokenizer = createTokenizer(metadata);
    if (tokenizer.vocabularySize > info.vocabularySize) {
      throw new VitrineError(
        'bad-header',
        `the vocabulary has ${tokenizer.vocabularySize} tokens, the embedding ` +
          `${info.vocabularySize} rows`,
      );
    }
    const source = options.chatTemplate ?? textOf(metadata, 'tokenizer.chat_template');
    const template = createChatTemplate(source, {
      bosToken: tokenizer.bosId === undefined ? '' : tokenizer.tokenText(tokenizer.bosId),
      eosToken: tokenizer.eosId === undefined ? '' : tokenizer.tokenText(tokenizer.eosId),
      controlTexts: tokenizer.controlTexts,
    });
    options.onProgress?.({ phase: 'ready', bytesDone: info.fileBytes, bytesTotal: info.fileBytes });
    return new LocalEngine(coordinator, describe(info, metadata, { tokenizer, template }), {
      tokenizer,
      template,
      tensorBytes: info.tensorBytes,
    });
  } catch (error) {
    await coordinator.terminate();
    throw error;
  }
}

function whenLoaded(
  coordinator: Coordinator,
  options: OpenEngineOptions,
): Promise<Extract<FromCoordinator, { type: 'loaded' }>> {
  const { port } = coordinator;
  let onMessage: (message: FromCoordinator) => void = () => {};
  const loaded = new Promise<Extract<FromCoordinator, { type: 'loaded' }>>((resolve, reject) => {
    onMessage = (message) => {
      if (message.type === 'progress') {
        const { bytesDone, bytesTotal } = message;
        options.onProgress?.({ phase: 'reading', bytesDone, bytesTotal });
      } else if (message.type === 'loaded') {
        resolve(message);
      } else if (message.type === 'load-failed') {
        reject(new VitrineError(message.code, message.message));
      }
    };
    port.on('message', onMessage);
    void coordinator.ended.then(() => {
      // Its last words may still be on their way: the thread ends right after them.
      for (let left = receiveMessageOnPort(port); left; left = receiveMessageOnPort(port)) {
        onMessage(left.message as FromCoordinator);
      }
      reject(
        new VitrineError('kernel-fault', 'the compute thread ended while it loaded the model'),
      );
    });
  });
  return loaded.finally(() => port.off('message', onMessage));
}

function textOf(metadata: ReadonlyMap<string, unknown>, key: string): string | undefined {
  const value = metadata.get(key);
  return typeof value === 'string' ? value : undefined;
}

function describe(
  info: LoadedInfo,
  metadata: ReadonlyMap<string, unknown>,
  { tokenizer, template }: { tokenizer: VocabularyTokenizer; template: ChatTemplate },
): EngineInfo {
  return {
    model: {
      name: textOf(metadata, 'general.name') ?? 'unnamed',
      architecture: info.architecture,
      licence: textOf(metadata, 'general.license'),
      ...{ digest: info.digest, fileBytes: info.fileBytes, memoryBytes: info.memoryBytes },
      ...{ parameterCount: info.parameterCount, tensorTypes: info.tensorTypes },
      vocabularySize: info.vocabularySize,
      contextTokens: info.contextTokens,
      trainedContextTokens: info.trainedContextTokens,
      tokenBytesMax: tokenizer.tokenBytesMax,
      embedding: info.embedding && { ...info.embedding, isMatryoshka: isMatryoshka(metadata) },
      chatTemplate: template.origin,
    },
    numerics: NUMERICS_VERSION,
    kernels: info.kernels,
    kernelDigest: info.kernelDigest,
    threads: info.threads,
    loadMs: info.loadMs,
  };
}

type ForRequest = Exclude<
  FromCoordinator,
  { type: 'progress' | 'loaded' | 'load-failed' | 'died' }
>;

/** How long the threads may take to end before they are terminated, milliseconds. */
const CLOSE_MS_MAX = 5000;

interface Parts {
  tokenizer: VocabularyTokenizer;
  template: ChatTemplate;
  tensorBytes: number;
}

class LocalEngine implements MeasurableEngine {
  readonly info: EngineInfo;
  readonly tokenizer: VocabularyTokenizer;
  readonly tensorBytes: number;
  readonly #coordinator: Coordinator;
  readonly #template: ChatTemplate;
  /** Ids of the control tokens that tool calls are written with. */
  readonly #toolMarkers: ReadonlySet<number>;
  readonly #queues = new Map<number, EventQueue<ForRequest>>();
  /** Requests by state, as the coordinator tells it; a consumer may lag behind. */
  readonly #waiting = new Set<number>();
  readonly #running = new Set<number>();
  readonly died: Promise<string>;
  #reportDeath: (reason: string) => void = () => {};
  #nextId = 1;
  /** Why no request is taken any more. */
  #closedReason: string | undefined;

  constructor(coordinator: Coordinator, info: EngineInfo, parts: Parts) {
    this.info = info;
    this.tokenizer = parts.tokenizer;
    this.tensorBytes = parts.tensorBytes;
    this.#template = parts.template;
    const markers = parts.template.toolSyntax?.markers ?? [];
    const known = markers.filter((text) => this.tokenizer.controlTexts.includes(text));
    const encode = (text: string) => this.tokenizer.encode(text, { parseSpecial: true });
    this.#toolMarkers = new Set(known.flatMap(encode));
    this.#coordinator = coordinator;
    coordinator.port.on('message', (message: FromCoordinator) => this.#receive(message));
    this.died = new Promise((resolve) => {
      this.#reportDeath = resolve;
    });
    void coordinator.ended.then(() => this.#die('the compute thread ended unexpectedly'));
  }

  get toolSyntax(): ToolSyntax | undefined {
    return this.#template.toolSyntax;
  }

  encodeChat(messages: readonly ChatMessage[], options?: PromptOptions): number[] {
    this.#checkKind('text');
    return encodeChat(this.#template, this.tokenizer, messages, options);
  }

  load(): { running: number; waiting: number } {
    return { running: this.#running.size, waiting: this.#waiting.size };
  }

  async *generate(request: GenerateRequest, signal?: AbortSignal): AsyncIterable<GenerateEvent> {
    this.#check(request);
    const stops = new StopMatcher(request.stopSequences);
    if (signal?.aborted) return;
    const { id, queue } = this.#open();
    const onAbort = (): void => queue.end();
    signal?.addEventListener('abort', onAbort, { once: true });
    const ignoresEnd = request.ignoreEndOfTurn === true;
    const endTokenIds = [
      ...(ignoresEnd ? [] : this.tokenizer.endOfTurnIds),
      ...(request.stopTokenIds ?? []),
    ];
    const { promptTokens, maxTokens, sampling, logprobs, tenant } = request;
    this.#send({
      type: 'generate',
      job: { id, promptTokens, maxTokens, sampling, endTokenIds, logprobs, tenant },
    });
    try {
      const shown = request.showToolMarkers === true ? this.#toolMarkers : undefined;
      const texts = { stream: createTextStream(this.tokenizer, { shown }), stops };
      yield* this.#events(queue, texts, promptTokens.length, signal);
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#drop(id);
    }
  }

  async embed(request: EmbedRequest, signal?: AbortSignal): Promise<Float32Array[] | undefined> {
    this.#checkOpen();
    this.#checkKind('embeddings');
    const job = embedJobOf(request, this.info.model);
    if (signal?.aborted) return undefined;
    const { id, queue } = this.#open();
    const onAbort = (): void => queue.end();
    signal?.addEventListener('abort', onAbort, { once: true });
    const embeddings = new Array<Float32Array>(request.texts.length);
    this.#send({ type: 'embed', job: { id, ...job } }, [job.tokens.buffer, job.lengths.buffer]);
    try {
      for (;;) {
        const message = await queue.next();
        if (message === undefined || signal?.aborted) return undefined;
        if (message.type === 'embedding') embeddings[message.index] = message.values;
        if (message.type === 'end') return message.reason === 'embedded' ? embeddings : undefined;
      }
    } finally {
      signal?.removeEventListener('abort', onAbort);
      this.#drop(id);
    }
  }

  async evaluateLogits(tokens: readonly number[], onLogits: OnLogits): Promise<void> {
    this.#checkPrompt(tokens);
    const { id, queue } = this.#open();
    this.#send({ type: 'evaluate', id, tokens });
    const V = this.info.model.vocabularySize;
    try {
      for (;;) {
        const message = await queue.next();
        if (message === undefined || message.type === 'end') return;
        if (message.type !== 'logits') continue;
        for (let i = 0; i < message.count; i += 1) {
          onLogits(message.position + i, message.logits.subarray(i * V, (i + 1) * V));
        }
      }
    } finally {
      this.#drop(id);
    }
  }

  async close(): Promise<void> {
    if (this.#closedReason === undefined) {
      this.#failAll('the engine was closed');
      this.#send({ type: 'close' });
    }
    const timer = setTimeout(() => void this.#coordinator.terminate(), CLOSE_MS_MAX);
    await this.#coordinator.ended;
    clearTimeout(timer);
  }

  /** Messages of one request -> events with text. */
  async *#events(
    queue: EventQueue<ForRequest>,
    { stream, stops }: { stream: TextStream; stops: StopMatcher },
    promptTokens: number,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<GenerateEvent> {
    let outputTokens = 0;
    const guesses = { draftedTokens: 0, acceptedTokens: 0 };
    let prefillMs = 0;
    let decodeStart = 0;
    for (;;) {
      const message = await queue.next();
      if (message === undefined || signal?.aborted) return;
      if (message.type === 'prefill') {
        prefillMs = message.prefillMs;
        decodeStart = performance.now();
        yield { type: 'prefill', promptTokens, cachedTokens: message.cachedTokens };
      } else if (message.type === 'token') {
        outputTokens += 1;
        guesses.draftedTokens += message.draftedTokens;
        guesses.acceptedTokens += message.acceptedTokens;
        const { tokenId, logprob, topLogprobs } = message;
        const met = message.isEnd ? { text: '' } : stops.push(stream.push(tokenId));
        yield { type: 'token', tokenId, text: met.text, logprob, topLogprobs };
        if (met.stopSequence === undefined) continue;
        const decodeMs = performance.now() - decodeStart;
        const counts = { promptTokens, outputTokens, prefillMs, decodeMs, ...guesses };
        const { stopSequence } = met;
        yield { type: 'end', reason: 'stop-sequence', stopSequence, text: '', ...counts };
        return;
      } else if (message.type === 'end') {
        const { reason: ended } = message;
        if (ended === 'cancelled' || ended === 'evaluated' || ended === 'embedded') return;
        const last = stops.push(stream.end());
        const tail = last.stopSequence === undefined ? stops.end() : '';
        const { decodeMs } = message;
        const counts = { promptTokens, outputTokens, prefillMs, decodeMs, ...guesses };
        const reason = last.stopSequence === undefined ? ended : 'stop-sequence';
        const { stopSequence } = last;
        yield { type: 'end', reason, stopSequence, text: last.text + tail, ...counts };
        return;
      }
    }
  }

  #check(request: GenerateRequest): void {
    this.#checkPrompt(request.promptTokens);
    checkSamplingParams(request.sampling, this.info.model.vocabularySize);
    if (!Number.isInteger(request.maxTokens) || request.maxTokens < 1) {
      throw badRequest(`maxTokens: expected a whole number from 1, came ${request.maxTokens}`);
    }
    const { logprobs } = request;
    if (
      logprobs !== undefined &&
      !(Number.isInteger(logprobs) && logprobs >= 0 && logprobs <= 20)
    ) {
      throw badRequest(`logprobs: expected a whole number from 0 to 20, came ${logprobs}`);
    }
  }

  #checkOpen(): void {
    if (this.#closedReason === undefined) return;
    throw new VitrineError('engine-closed', this.#closedReason);
  }

  #checkKind(wanted: 'text' | 'embeddings'): void {
    const kind = this.info.model.embedding === undefined ? 'text' : 'embeddings';
    if (kind === wanted) return;
    const { name, architecture } = this.info.model;
    throw new VitrineError(
      'wrong-model-kind',
      `${JSON.stringify(name)} (${architecture}) gives ${kind}, not ${wanted}`,
    );
  }

  #checkPrompt(tokens: readonly number[]): void {
    this.#checkOpen();
    this.#checkKind('text');
    const { contextTokens, vocabularySize } = this.info.model;
    if (tokens.length === 0) throw badRequest('the prompt has no tokens');
    if (tokens.length >= contextTokens) {
      throw new VitrineError(
        'prompt-too-long',
        `the prompt has ${tokens.length} tokens; the context of ${contextTokens} holds at most ` +
          `${contextTokens - 1} and one of the answer`,
      );
    }
    for (const token of tokens) {
      if (!(Number.isInteger(token) && token >= 0 && token < vocabularySize)) {
        throw badRequest(`token id ${token} is not in the vocabulary of ${vocabularySize}`);
      }
    }
  }

  #open(): { id: number; queue: EventQueue<ForRequest> } {
    const id = this.#nextId;
    this.#nextId += 1;
    const queue = new EventQueue<ForRequest>();
    this.#queues.set(id, queue);
    this.#waiting.add(id);
    return { id, queue };
  }

  /** Forgets a request; one that still runs is cancelled. */
  #drop(id: number): void {
    this.#leave(id);
    if (this.#queues.delete(id) && this.#closedReason === undefined)
      this.#send({ type: 'cancel', id });
  }

  #leave(id: number): void {
    this.#waiting.delete(id);
    this.#running.delete(id);
  }

  #receive(message: FromCoordinator): void {
    if (message.type === 'died') this.#die(message.reason);
    if (!('id' in message)) return;
    const queue = this.#queues.get(message.id);
    if (queue === undefined) return;
    if (message.type === 'end' || message.type === 'failed') this.#leave(message.id);
    if (message.type === 'admitted') {
      this.#waiting.delete(message.id);
      this.#running.add(message.id);
    } else if (message.type === 'failed') {
      queue.fail(new VitrineError(message.code, message.message));
    } else {
      queue.push(message);
    }
  }

  /** The engine ended by itself. */
  #die(reason: string): void {
    if (this.#closedReason !== undefined) return;
    this.#failAll(`the engine has failed: ${reason}`);
    this.#reportDeath(reason);
  }

  #failAll(reason: string): void {
    this.#closedReason = reason;
    const error = new VitrineError('engine-closed', reason);
    for (const queue of this.#queues.values()) queue.fail(error);
  }

  #send(message: ToCoordinator, transfer: ArrayBuffer[] = []): void {
    this.#coordinator.port.postMessage(message, transfer);
  }
}

function badRequest(message: string): Error {
  return new VitrineError('bad-request', message);
}
