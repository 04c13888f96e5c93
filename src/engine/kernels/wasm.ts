/** Binds a kernel module to a memory. Bytes come in; nothing is read from disk here. */
import { runReference, Views } from './reference.ts';

/** What runs lists of kernel calls (ops.ts). */
export interface Kernels {
  /**
   * @param list address of the first record @param count records
   * @param worker this worker's number @param workers how many run this same list at once
   */
  run(list: number, count: number, worker: number, workers: number): void;
}

export type KernelVariant = 'relaxed' | 'simd128' | 'reference';

/** Smallest and largest size of the memory, in bytes, rounded up to pages of 64 KB. */
export function createMemory(bytes: number, shared: boolean): WebAssembly.Memory {
  const pages = Math.ceil(bytes / 65536);
  return new WebAssembly.Memory({ initial: pages, maximum: pages, shared });
}

/** @throws WebAssembly errors when the engine lacks SIMD or the memory is of the other kind */
export function bindModule(module: WebAssembly.Module, memory: WebAssembly.Memory): Kernels {
  const instance = new WebAssembly.Instance(module, { env: { memory } });
  const run = instance.exports.run as Kernels['run'];
  return { run: (list, count, worker, workers) => run(list, count, worker, workers) };
}

/** The reference over the same memory; it has one worker. */
export function bindReference(memory: WebAssembly.Memory): Kernels {
  const views = new Views(memory.buffer);
  return { run: (list, count) => runReference(views, list, count) };
}
