/**
 * Prepared inputs of matrix products ("activations"). Columns stand in tiles: 8 columns as long as
 * they last, then 4, then single ones. A tile of W columns is, for each 32 k:
 *
 *   int8:   q 8 groups of [W][4 bytes] | step[W] | sum[W] | sum of k 0..15 [W] | of k 16..31 [W]
 *   int15:  high 8 groups of [W][4 bytes] | low 8 groups of [W][4 bytes] | step and sums as int8
 *   int16:  q 16 groups of [W][2 x i16] | step[W]
 *
 * An int15 is 128 high + low with low in -64..63, so that weights of few bits take it in two passes
 * of the product that int8 takes one of. step and sums are f32; the sums are exact integers. Which
 * tile a column stands in changes no bit of any result.
 */
import type { Form } from './ops.ts';

/** Bytes of one column of K elements. */
export function activationBytes(form: Form, K: number): number {
  return form === 'float' ? K * 4 : (K / 32) * BLOCK_BYTES[form];
}

/** Bytes of 32 k of one column. */
export const BLOCK_BYTES = { int8: 48, int15: 80, int16: 68 } as const;

/** Largest magnitude of an integer of the form. */
export const INTEGER_MAX = { int8: 127, int15: 16319, int16: 32767 } as const;

/** Width of the tile of column c among n. */
export function tileWidth(c: number, n: number): 8 | 4 | 1 {
  const eights = n & ~7;
  if (c < eights) return 8;
  return c < eights + (n & 4) ? 4 : 1;
}

/** Where column c of n starts: its tile's address offset, width, and its place in the tile. */
export function tileOf(
  form: Form,
  K: number,
  c: number,
  n: number,
): { offset: number; width: number; lane: number } {
  const width = tileWidth(c, n);
  const lane = c & (width - 1);
  return { offset: (c - lane) * activationBytes(form, K), width, lane };
}
