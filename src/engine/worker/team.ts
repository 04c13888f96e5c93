/** The coordinator's side of the compute threads: starts them, runs lists with them, ends them. */
import { Worker } from 'node:worker_threads';
import { VitrineError } from '../../base/index.ts';
import { ABORTED, CONTROL, FAULT, type Kernels, type OpList } from '../kernels/index.ts';
import { abortList, CONTROL_WORDS, COUNT, FINISHED, LIST, STEP, STOP } from './control.ts';
import type { ComputeThreadData } from './protocol.ts';

/** Reads of the counter before the coordinator sleeps: a thread may have lost its core. */
const FINISH_SPINS = 4000;

export class Team {
  readonly #kernels: Kernels;
  readonly #control: Int32Array;
  readonly #fault: Int32Array;
  readonly #memory: WebAssembly.Memory;
  readonly #aborted: Int32Array;
  readonly #threads: Worker[] = [];
  readonly #failed: Promise<string>;
  #fail: (reason: string) => void = () => {};

  constructor(memory: WebAssembly.Memory, kernels: Kernels) {
    this.#kernels = kernels;
    this.#memory = memory;
    this.#aborted = new Int32Array(memory.buffer, ABORTED, 1);
    this.#failed = new Promise((resolve) => {
      this.#fail = resolve;
    });
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
      const fail = (error: Error): void => {
        reject(error);
        this.#fail(error.message);
      };
      thread.on('message', (message: { type: string; code: string; message: string }) => {
        if (message.type === 'ready') resolve();
        else fail(new VitrineError(message.code, message.message));
      });
      thread.on('error', fail);
      thread.on('exit', () => fail(new VitrineError('kernel-fault', 'a compute thread ended')));
    });
  }

  /** Resolves with the reason when a compute thread fails after it stood ready. */
  get failed(): Promise<string> {
    return this.#failed;
  }

  /**
   * Runs a list with all threads and returns when all have left it.
   * @throws VitrineError numeric-fault when a value was not finite, with the tensor's name; any
   * other error is the end of the team
   */
  run(list: OpList): void {
    const control = this.#control;
    this.#fault[0] = 0;
    Atomics.store(control, LIST, list.start);
    Atomics.store(control, COUNT, list.count);
    Atomics.store(control, FINISHED, 0);
    Atomics.add(control, STEP, 1);
    Atomics.notify(control, STEP);
    try {
      this.#kernels.run(list.start, list.count, 0, this.workers);
    } catch (error) {
      abortList(this.#memory);
      throw error;
    }
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
      if (spins < FINISH_SPINS) continue;
      if (Atomics.load(this.#aborted, 0) === 1) throw new Error('a compute thread failed');
      Atomics.wait(this.#control, FINISHED, finished, 1);
    }
  }

  async close(): Promise<void> {
    Atomics.store(this.#control, STOP, 1);
    Atomics.add(this.#control, STEP, 1);
    Atomics.notify(this.#control, STEP);
    await Promise.all(this.#threads.map((thread) => thread.terminate()));
  }
}
