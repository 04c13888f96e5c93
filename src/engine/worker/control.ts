/**
 * Words in shared memory (at CONTROL, memory-map.ts) by which the coordinator and the compute
 * threads work as one. Owner of each word beside it; all access is atomic.
 */
import { ABORTED } from '../kernels/index.ts';

export const CONTROL_WORDS = 16;
/** Number of the current step; the coordinator raises it to start one. */
export const STEP = 0;
/** Address of the list, records in it, and how many workers run it: set before STEP is raised. */
export const LIST = 1;
export const COUNT = 2;
/** Compute threads that have left the current step; each adds one. */
export const FINISHED = 3;
/** 1: compute threads end. */
export const STOP = 4;
/** Next load unit; claimed by whoever is free. */
export const NEXT_UNIT = 5;
/** Kilobytes loaded; whoever loads adds. */
export const LOADED_KB = 6;

/**
 * How long a thread spins for the next step before it sleeps, milliseconds. Between two steps of
 * decoding lie sampling and messages, some 0.1 to 0.3 ms; waking a sleeper costs up to 0.1 ms.
 */
export const SPIN_MS = 0.5;

/** Tells all workers that the list which they run will not end; the engine is done for. */
export function abortList(memory: WebAssembly.Memory): void {
  Atomics.store(new Int32Array(memory.buffer, ABORTED, 1), 0, 1);
}
