/**
 * What this machine can do for the engine: which kernel modules work, and how fast all compute
 * threads together read memory. Decoding reads every weight once a token, so the bandwidth bounds
 * it.
 */
import { readFileSync } from 'node:fs';
import { messageOf } from '../../base/index.ts';
import {
  bindModule,
  createMemory,
  HEAP_START,
  initializeMemory,
  type KernelVariant,
  OpList,
  passesSelfTest,
  RECORD_BYTES,
} from '../kernels/index.ts';
import { Team } from './team.ts';

export interface KernelReport {
  readonly variant: Exclude<KernelVariant, 'reference'>;
  readonly works: boolean;
  /** Why not. */
  readonly reason?: string;
}

/** Unit of the read kernel, bytes. */
const UNIT_BYTES = 65536;
/** Larger than the caches of the machines that one meets. */
const READ_BYTES_MAX = 512 * 1024 * 1024;
const PASSES = 8;
const CHUNKS = 64;

/** Runs the self-test of every module, as a load does. */
export function testKernels(): KernelReport[] {
  const variants: KernelReport['variant'][] = ['relaxed', 'simd128'];
  return variants.map((variant) => {
    try {
      const works = [true, false].every((shared) => {
        const module = new WebAssembly.Module(readFileSync(moduleUrl(variant, shared)));
        return passesSelfTest((memory) => bindModule(module, memory), shared);
      });
      return works ? { variant, works } : { variant, works, reason: 'other bits than expected' };
    } catch (error) {
      return { variant, works: false, reason: messageOf(error) };
    }
  });
}

/**
 * The best of some passes over memory that exceeds the caches, bytes per second. Holds the calling
 * thread for about a second.
 */
export async function measureReadBandwidth(threads: number): Promise<number> {
  const room = Math.min(READ_BYTES_MAX, process.availableMemory() / 4);
  const units = Math.max(1, Math.floor(room / UNIT_BYTES));
  const bytes = units * UNIT_BYTES;
  const sums = HEAP_START + RECORD_BYTES;
  const start = Math.ceil((sums + units * 16) / UNIT_BYTES) * UNIT_BYTES;
  const memory = createMemory(start + bytes, true);
  initializeMemory(memory.buffer);
  // Pages that nobody has written are all one page of zeros, which is read from the cache.
  new Uint8Array(memory.buffer, start, bytes).fill(1);
  const url = moduleUrl('simd128', true);
  const module = new WebAssembly.Module(readFileSync(url));
  const team = new Team(memory, bindModule(module, memory));
  try {
    // Compute threads load nothing here.
    const shared = { files: [], units: [], memory, module, workers: threads };
    const others = Array.from({ length: threads - 1 }, (_, i) => i + 1);
    await Promise.all(others.map((worker) => team.start({ ...shared, worker })));
    const list = new OpList(memory.buffer, HEAP_START, 1, CHUNKS);
    let bestMs = Number.POSITIVE_INFINITY;
    for (let pass = 0; pass < PASSES; pass += 1) {
      list.clear();
      list.read({ start, sums, bytes });
      const before = performance.now();
      team.run(list);
      bestMs = Math.min(bestMs, performance.now() - before);
    }
    return (1000 * bytes) / bestMs;
  } finally {
    await team.close();
  }
}

function moduleUrl(variant: KernelReport['variant'], shared: boolean): URL {
  const name = `vitrine-${variant}${shared ? '-shared' : ''}.wasm`;
  return new URL(`../kernels/build/${name}`, import.meta.url);
}
