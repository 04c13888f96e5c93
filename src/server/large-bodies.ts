/**
 * Reads long request bodies in a thread of its own, one after another, so that no body holds the
 * HTTP thread. What comes back is checked and flat (every message's content one text), so that
 * receiving it is cheap too. The thread starts with the first long body. Its memory is bounded by
 * json-bounds.ts and not by V8's limit for a worker: a parse that meets that one ends the process.
 * Bodies that wait are bounded in bytes, and one whose client is gone waits no longer.
 */
import type { EventEmitter } from 'node:events';
import { Worker } from 'node:worker_threads';
import { BODY_BYTES_MAX } from '../base/index.ts';
import { RequestError } from './error-table.ts';
import type { BodyAnswer, BodyJob } from './large-body-worker.ts';

/** Four of the longest; one takes a second or two. */
const WAITING_BYTES_MAX = 4 * BODY_BYTES_MAX;

interface Waiting {
  job: BodyJob;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class LargeBodies {
  readonly #waiting: Waiting[] = [];
  readonly #waitingBytesMax: number;
  #worker: Worker | undefined;

  constructor(waitingBytesMax = WAITING_BYTES_MAX) {
    this.#waitingBytesMax = waitingBytesMax;
  }

  /** Bytes of the body that is read and of those that wait. */
  get waitingBytes(): number {
    return this.#waiting.reduce((sum, { job }) => sum + job.body.length, 0);
  }

  /**
   * @param connection  emits `close` when nobody waits for the answer any more
   * @throws RequestError bad-json, bad-request, overloaded, client-closed
   */
  async read(route: string, body: Buffer, connection: EventEmitter): Promise<unknown> {
    if (this.waitingBytes + body.length > this.#waitingBytesMax) {
      throw new RequestError(
        'overloaded',
        `${this.#waiting.length} long requests wait to be read, as many as may; try again later.`,
      );
    }
    let drop = (): void => {};
    try {
      return await new Promise((resolve, reject) => {
        const waiting = { job: { route, body }, resolve, reject };
        drop = () => this.#drop(waiting);
        connection.once('close', drop);
        this.#waiting.push(waiting);
        if (this.#waiting.length === 1) this.#sendNext();
      });
    } finally {
      connection.off('close', drop);
    }
  }

  /** The first one is with the thread, which answers it in any case. */
  #drop(waiting: Waiting): void {
    const index = this.#waiting.indexOf(waiting);
    if (index < 1) return;
    this.#waiting.splice(index, 1);
    waiting.reject(new RequestError('client-closed', 'the client went away.'));
  }

  async close(): Promise<void> {
    await this.#worker?.terminate();
  }

  #sendNext(): void {
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#worker ??= this.#start();
    this.#worker.postMessage(next.job);
  }

  #start(): Worker {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const worker = new Worker(new URL(`./large-body-worker.${extension}`, import.meta.url));
    worker.on('message', (answer: BodyAnswer) => {
      const waiting = this.#waiting.shift();
      if ('value' in answer) waiting?.resolve(answer.value);
      else waiting?.reject(new RequestError(answer.code, answer.message, { param: answer.param }));
      this.#sendNext();
    });
    worker.on('error', (cause) => this.#died(cause));
    worker.unref();
    return worker;
  }

  #died(cause: unknown): void {
    this.#worker = undefined;
    const message = 'the thread that reads long bodies failed.';
    const error = new RequestError('internal', message, { cause });
    this.#waiting.shift()?.reject(error);
    this.#sendNext();
  }
}
