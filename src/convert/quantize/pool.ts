/**
 * Quantises on several threads: blocks do not know each other, so the bytes are the same on any
 * number of them. With one thread everything happens here.
 */
import { Worker } from 'node:worker_threads';
import { tensorBytes } from '../../engine/gguf/index.ts';
import { type QuantizedType, quantize } from './index.ts';
import type { Work } from './thread.ts';

export class QuantizerPool {
  readonly threads: number;
  readonly #idle: Worker[] = [];
  readonly #all: Worker[] = [];
  #isClosed = false;
  readonly #waiting: ((worker: Worker) => void)[] = [];

  constructor(threads: number) {
    this.threads = Math.max(1, threads);
  }

  /** `values` are gone afterwards. */
  async quantize(type: QuantizedType, values: Float32Array<ArrayBuffer>): Promise<Uint8Array> {
    if (this.threads === 1) {
      const bytes = new Uint8Array(tensorBytes(type, values.length));
      quantize(type, values, bytes);
      return bytes;
    }
    const worker = await this.#take();
    try {
      if (this.#isClosed) throw new Error('the threads that quantise were ended');
      return await answerOf(worker, { type, values });
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#idle.push(worker);
      else next(worker);
    }
  }

  /** Work that is under way fails. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all(this.#all.map((worker) => worker.terminate()));
  }

  async #take(): Promise<Worker> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    if (this.#all.length < this.threads) {
      const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
      const worker = new Worker(new URL(`./thread.${extension}`, import.meta.url));
      this.#all.push(worker);
      return worker;
    }
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
    });
  }
}

function answerOf(worker: Worker, work: Work): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const onMessage = (bytes: Uint8Array): void => {
      stop();
      resolve(bytes);
    };
    const onError = (error: Error): void => {
      stop();
      reject(error);
    };
    const onExit = (): void => onError(new Error('a thread that quantises ended'));
    const stop = (): void => {
      worker.off('message', onMessage);
      worker.off('error', onError);
      worker.off('exit', onExit);
    };
    worker.on('message', onMessage);
    worker.on('error', onError);
    worker.on('exit', onExit);
    worker.postMessage(work, [work.values.buffer as ArrayBuffer]);
  });
}
