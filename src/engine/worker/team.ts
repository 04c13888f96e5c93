/** The coordinator's side of the compute threads: starts them, runs lists with them, ends them. */
import { Worker } from 'node:worker_threads';
import { VitrineError } from '../../base/index.ts';
import { CONTROL, FAULT, type Kernels, type OpList } from '../kernels/index.ts';
import { CONTROL_WORDS, COUNT, FINISHED, LIST, STEP, STOP } from './control.ts';
import type { ComputeThreadData } from './protocol.ts';

/** Reads of the counter before the coordinator sleeps: a thread may have lost its core. */
const FINISH_SPINS = 4000;

export class Team {
  readonly #kernels: Kernels;
  readonly #control: Int32Array;
  readonly #fault: Int32Array;
  readonly #threads: Worker[] = [];

  constructor(memory: WebAssembly.Memory, kernels: Kernels) {
    this.#kernels = kernels;
    this.#control = new Int32Array(memory.buffer, CONTROL, CONTROL_WORDS);
    this.#fault = new Int32Array(memory.buffer, FAULT, 1);
  }

  get workers(): number {
    return this.#threads.length + 1;
  }

  /** Starts a compute thread; resolves when it has loaded its share and stands ready. */
  start(data: ComputeThreadData): Promise<void> {
    const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
    const url = new URL(`./compute-thread.${extension}`, import.meta.url);
    const thread = new Worker(url, { workerData: data });
    this.#threads.push(thread);
    return new Promise((resolve, reject) => {
      thread.once('message', (message: { type: string; code: string; message: string }) => {
        if (message.type === 'ready') resolve();
        else reject(new VitrineError(message.code, message.message));
      });
      thread.once('error', reject);
    });
  }

  /**
   * Runs a list with all threads and returns when all have left it.
   * @throws VitrineError numeric-fault when a value was not finite, with the tensor's name
   */
  run(list: OpList): void {
    const control = this.#control;
    this.#fault[0] = 0;
    Atomics.store(control, LIST, list.start);
    Atomics.store(control, COUNT, list.count);
    Atomics.store(control, FINISHED, 0);
    Atomics.add(control, STEP, 1);
    Atomics.notify(control, STEP);
    this.#kernels.run(list.start, list.count, 0, this.workers);
    this.#awaitFinished();
    const record = this.#fault[0];
    if (record === 0) return;
    throw new VitrineError(
      'numeric-fault',
      `a value that is not finite came into ${list.labelOf(record)}; the weights or the prompt ` +
        'drive this model out of range',
    );
  }

  /** The others have passed the last barrier and only have to leave the call. */
  #awaitFinished(): void {
    for (let spins = 0; ; spins += 1) {
      const finished = Atomics.load(this.#control, FINISHED);
      if (finished >= this.#threads.length) return;
      if (spins > FINISH_SPINS) Atomics.wait(this.#control, FINISHED, finished, 1);
    }
  }

  async close(): Promise<void> {
    Atomics.store(this.#control, STOP, 1);
    Atomics.add(this.#control, STEP, 1);
    Atomics.notify(this.#control, STEP);
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
