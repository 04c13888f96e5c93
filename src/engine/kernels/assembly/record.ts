/**
 * One kernel call: 16 words of 32 bits, 64 bytes aligned to 64, so that no two calls share a cache
 * line. `../ops.ts` writes them and draws the arguments of each operation; a test compares the
 * numbers of the two files.
 *
 *   byte   0        4       8       12 .. 52      56        60
 *        +--------+-------+-------+-------------+---------+--------+
 *        | opcode | units | grain | a0 .. a10   | claimed | done   |
 *        +--------+-------+-------+-------------+---------+--------+
 *
 * claimed and done are shared by all workers and touched by atomic operations only.
 */
import { ABORTED, SLEEPERS } from './constants';

export const RECORD_BYTES: usize = 64;
export const NO_BARRIER: i32 = 0x10000;

export const OP_EMBED: i32 = 1;
export const OP_ACTIVATE: i32 = 2;
export const OP_MATMUL: i32 = 3;
export const OP_ROPE_KV: i32 = 4;
export const OP_ATTENTION: i32 = 5;
export const OP_READ: i32 = 6;
export const OP_ROWS: i32 = 7;
export const OP_ATTENTION_ALL: i32 = 8;

/** Argument `index` as an address. */
// @ts-ignore: decorator
@inline
export function address(record: usize, index: i32): usize {
  return load<usize>(record + 12 + ((<usize>index) << 2));
}

/** Argument `index` as a signed integer. */
// @ts-ignore: decorator
@inline
export function integer(record: usize, index: i32): i32 {
  return load<i32>(record + 12 + ((<usize>index) << 2));
}

/** Argument `index` as a float, stored by its bits. */
// @ts-ignore: decorator
@inline
export function float(record: usize, index: i32): f32 {
  return load<f32>(record + 12 + ((<usize>index) << 2));
}

/** Takes the next `grain` units; the first of them, `units` or more when nothing is left. */
// @ts-ignore: decorator
@inline
export function claim(record: usize, grain: i32): i32 {
  if (ASC_FEATURE_THREADS) return atomic.add<i32>(record, grain, 56);
  const first = load<i32>(record, 56);
  store<i32>(record, first + grain, 56);
  return first;
}

/**
 * Reads of the counter before a worker sleeps: some 10 microseconds. Between two calls the workers
 * differ by less; who waits longer waits for a thread that has lost its core to another process.
 */
const SPINS: i32 = 4000;

/**
 * Sleeps of a millisecond before a worker takes another for lost, a minute in all. No call lasts
 * nearly as long, and while the whole process is stopped none is counted.
 */
const SLICES: i32 = 60000;

/** Waits until all workers have left this call: spins for a while, then sleeps. */
// @ts-ignore: decorator
@inline
export function barrier(record: usize, workers: i32): void {
  if (ASC_FEATURE_THREADS) {
    if (atomic.add<i32>(record, 1, 60) + 1 < workers) awaitOthers(record, workers);
    else if (atomic.load<i32>(SLEEPERS) != 0) atomic.notify(record + 60, -1);
  }
}

/**
 * Who sleeps is counted before the counter is read again, so that the last to come wakes it. Traps
 * when a worker has failed: this list will not end.
 */
function awaitOthers(record: usize, workers: i32): void {
  for (let i = 0; i < SPINS; i++) {
    if (atomic.load<i32>(record, 60) >= workers) return;
  }
  atomic.add<i32>(SLEEPERS, 1);
  for (let slices = 0; ; slices++) {
    const done = atomic.load<i32>(record, 60);
    if (done >= workers) break;
    if (atomic.load<i32>(ABORTED) != 0 || slices > SLICES) unreachable();
    atomic.wait<i32>(record + 60, done, 1000000);
  }
  atomic.sub<i32>(SLEEPERS, 1);
}
