/**
 * Where requests get their turn at the engine: the bounded waiting line, the end of what a client
 * no longer waits for, measurements, and the end of all of them at shutdown.
 */
import type { EmbedRequest, Engine, GenerateEvent, GenerateRequest } from '../engine/index.ts';
import { RequestError } from './error-table.ts';
import type { FinishedReason, Metrics } from './metrics.ts';

/** What the log says of a request. */
export interface GenerationSummary {
  promptTokens: number;
  outputTokens: number;
  /** Empty until it ended by itself. */
  reason: string;
  firstTokenMs?: number;
}

export class GenerationDesk {
  readonly #metrics: Metrics;
  readonly #waitingMax: number;
  readonly #shutdown = new AbortController();

  constructor(metrics: Metrics, waitingMax: number) {
    this.#metrics = metrics;
    this.#waitingMax = waitingMax;
  }

  /**
   * To be asked before a prompt is made, and in the same turn of the event loop as `run`.
   * @throws RequestError overloaded
   */
  checkRoom(engine: Engine): void {
    const { running, waiting } = engine.load();
    // A request counts as waiting until the engine has picked it up, also when it is idle.
    const queued = running === 0 ? waiting - 1 : waiting;
    if (queued < this.#waitingMax) return;
    throw new RequestError(
      'overloaded',
      `${queued} requests are waiting, as many as the line holds; try again later.`,
    );
  }

  /** Ends every running request with shutting-down. */
  abortAll(): void {
    this.#shutdown.abort();
  }

  /**
   * Events of one request, to the `end` event.
   * @param gone  aborts when the client does
   * @param summary  kept up to date
   * @throws RequestError client-closed, shutting-down; VitrineError of the engine
   */
  async *run(
    engine: Engine,
    request: GenerateRequest,
    gone: AbortSignal,
    summary: GenerationSummary,
  ): AsyncGenerator<GenerateEvent, void, undefined> {
    const clock = new RequestClock(this.#metrics);
    const signal = AbortSignal.any([gone, this.#shutdown.signal]);
    summary.promptTokens = request.promptTokens.length;
    let finished: FinishedReason = 'abort';
    try {
      for await (const event of engine.generate(request, signal)) {
        clock.observe(event, summary);
        if (event.type === 'end') {
          finished = isLength(event.reason) ? 'length' : 'stop';
          summary.reason = event.reason;
        }
        yield event;
        if (event.type === 'end') return;
      }
    } finally {
      this.#metrics.finished(finished);
    }
    throw this.#cutOff();
  }

  /**
   * Embeddings of one request.
   * @param gone  aborts when the client does
   * @param summary  kept up to date
   * @throws RequestError client-closed, shutting-down; VitrineError of the engine
   */
  async embed(
    engine: Engine,
    request: EmbedRequest,
    gone: AbortSignal,
    summary: GenerationSummary,
  ): Promise<Float32Array[]> {
    const signal = AbortSignal.any([gone, this.#shutdown.signal]);
    for (const tokens of request.texts) summary.promptTokens += tokens.length;
    let finished: FinishedReason = 'abort';
    try {
      const embeddings = await engine.embed(request, signal);
      if (embeddings === undefined) throw this.#cutOff();
      this.#metrics.promptComputed(summary.promptTokens);
      finished = 'stop';
      summary.reason = 'embedded';
      return embeddings;
    } finally {
      this.#metrics.finished(finished);
    }
  }

  /** Why a request ended before its end. */
  #cutOff(): RequestError {
    if (!this.#shutdown.signal.aborted) {
      return new RequestError('client-closed', 'the client went away.');
    }
    return new RequestError('shutting-down', 'the server is shutting down; try again in a moment.');
  }
}

export function isLength(reason: Extract<GenerateEvent, { type: 'end' }>['reason']): boolean {
  return reason === 'max-tokens' || reason === 'context-window';
}

class RequestClock {
  readonly #metrics: Metrics;
  readonly #startMs = performance.now();
  #computedMs = 0;
  #lastTokenMs: number | undefined;

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  observe(event: GenerateEvent, summary: GenerationSummary): void {
    const nowMs = performance.now();
    if (event.type === 'prefill') {
      this.#computedMs = nowMs;
      this.#metrics.promptComputed(event.promptTokens - event.cachedTokens);
    } else if (event.type === 'token') {
      summary.outputTokens += 1;
      this.#metrics.outputToken();
      if (this.#lastTokenMs === undefined) {
        summary.firstTokenMs = Math.round(nowMs - this.#startMs);
        this.#metrics.firstToken((nowMs - this.#startMs) / 1000);
      } else {
        this.#metrics.nextToken((nowMs - this.#lastTokenMs) / 1000);
      }
      this.#lastTokenMs = nowMs;
    } else {
      const queueMs = Math.max(0, this.#computedMs - this.#startMs - event.prefillMs);
      this.#metrics.ended({
        promptTokens: event.promptTokens,
        outputTokens: event.outputTokens,
        e2eSeconds: (nowMs - this.#startMs) / 1000,
        queueSeconds: queueMs / 1000,
        prefillSeconds: event.prefillMs / 1000,
        decodeSeconds: event.decodeMs / 1000,
      });
    }
  }
}
