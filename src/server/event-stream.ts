/**
 * Server-sent events on a Fastify reply: waits for slow readers, says something when there is
 * nothing to say for long (proxies close silent connections), and stops when the reader is gone, or
 * reads nothing for long: it holds a place in the engine.
 */
import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';

export interface KeepAlive {
  /** A whole event or comment. */
  readonly text: string;
  readonly everyMs: number;
}

export interface StreamLimits {
  readonly keepAlive: KeepAlive;
  /** For so long a reader may leave what is written unread, milliseconds. */
  readonly drainMs: number;
}

export class EventStream {
  readonly #raw: ServerResponse;
  readonly #limits: StreamLimits;
  readonly #timer: NodeJS.Timeout;

  /** Sends status 200 and the reply's headers. */
  constructor(reply: FastifyReply, limits: StreamLimits) {
    reply.hijack();
    this.#raw = reply.raw;
    this.#limits = limits;
    for (const [name, value] of Object.entries(reply.getHeaders())) {
      if (value !== undefined) this.#raw.setHeader(name, value);
    }
    this.#raw.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      // nginx would collect the events otherwise.
      'x-accel-buffering': 'no',
    });
    this.#raw.flushHeaders();
    this.#timer = setInterval(() => this.#sayAlive(), limits.keepAlive.everyMs).unref();
  }

  /** Resolves when there is room for more, or nobody to read it. */
  async write(text: string): Promise<void> {
    if (text === '' || this.#isOver()) return;
    this.#timer.refresh();
    if (this.#raw.write(text)) return;
    await new Promise<void>((resolve) => {
      const late = setTimeout(() => this.#raw.destroy(), this.#limits.drainMs);
      const settle = (): void => {
        clearTimeout(late);
        this.#raw.off('drain', settle);
        this.#raw.off('close', settle);
        resolve();
      };
      this.#raw.on('drain', settle);
      this.#raw.on('close', settle);
    });
  }

  end(): void {
    clearInterval(this.#timer);
    if (!this.#isOver()) this.#raw.end();
  }

  #isOver(): boolean {
    return this.#raw.destroyed || this.#raw.writableEnded;
  }

  #sayAlive(): void {
    if (!this.#isOver() && !this.#raw.writableNeedDrain)
      this.#raw.write(this.#limits.keepAlive.text);
  }
}

/** One event; `data` becomes one line of JSON. */
export function formatEvent(data: object, name?: string): string {
  const head = name === undefined ? '' : `event: ${name}\n`;
  return `${head}data: ${JSON.stringify(data)}\n\n`;
}

/** Aborts when the connection of the reply closes before the answer is out. */
export function whenGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  if (reply.raw.destroyed) gone.abort();
  return gone.signal;
}
