/**
 * Reads long request bodies in a thread of its own, one after another, so that no body holds the
 * HTTP thread. What comes back is checked and flat (every message's content one text), so that
 * receiving it is cheap too. The thread starts with the first long body. Its memory is bounded by
 * json-bounds.ts and not by V8's limit for a worker: a parse that meets that one ends the process.
 */
import { Worker } from 'node:worker_threads';
import { RequestError } from './error-table.ts';
import type { BodyAnswer, BodyJob } from './large-body-worker.ts';

interface Waiting {
  job: BodyJob;
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class LargeBodies {
  readonly #waiting: Waiting[] = [];
  #worker: Worker | undefined;

  /** @throws RequestError bad-json, bad-request */
  read(route: string, body: Buffer): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job: { route, body }, resolve, reject });
      if (this.#waiting.length === 1) this.#sendNext();
    });
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
