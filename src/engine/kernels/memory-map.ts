/**
 * Fixed addresses at the bottom of the kernels' memory; everything else is allocated above
 * `HEAP_START`. The kernels hold no data of their own, so whoever makes a memory calls
 * `initializeMemory` once. Twin of assembly/constants.ts (a test compares them).
 *
 *   0      1024               1088   1152    1156       1160      1164   1216                2048
 *   +------+------------------+------+-------+----------+---------+------+-------------------+----
 *   | none | constant vectors |      | fault | sleepers | aborted |      | control (worker/) | heap
 */
export const ONES = 1024;
export const MASK4 = 1040;
export const HALF_MASK = 1056;
export const HALF_SCALE = 1072;
/** i32: address of the kernel call that met a value that is not finite, 0 for none. */
export const FAULT = 1152;
/** i32: workers that sleep at a barrier (assembly/record.ts). */
export const SLEEPERS = 1156;
/** i32: 1 once a worker has failed inside a list: the memory is of no use any more. */
export const ABORTED = 1160;
/** 16 words that the workers use to wake each other. */
export const CONTROL = 1216;
export const HEAP_START = 2048;

/**
 * Writes the constant vectors. Owner: the thread that made the memory, before any other sees it.
 */
export function initializeMemory(buffer: ArrayBufferLike): void {
  new Int16Array(buffer, ONES, 8).fill(1);
  new Uint8Array(buffer, MASK4, 16).fill(15);
  new Uint32Array(buffer, HALF_MASK, 4).fill(0x8fffe000);
  new Float32Array(buffer, HALF_SCALE, 4).fill(2 ** 112);
  new Int32Array(buffer, FAULT, 1).fill(0);
}
