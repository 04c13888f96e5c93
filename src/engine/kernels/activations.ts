/**
 * Prepared inputs of matrix products ("activations"). Columns stand in tiles: 8 columns as long as
 * they last, then 4, then single ones. A tile of W columns is, for each 32 k:
 *
 *   int8:   q 8 groups of [W][4 bytes] | step[W] | sum[W] | sum of k 0..15 [W] | of k 16..31 [W]
 *   int16:  q 16 groups of [W][2 x i16] | step[W]
 *
 * step and sums are f32; the sums are exact integers. Which tile a column stands in changes no bit
 * of any result.
 */
import type { Form } from './ops.ts';

/** Bytes of one column of K elements. */
export function activationBytes(form: Form, K: number): number {
  if (form === 'float') return K * 4;
  return (K / 32) * (form === 'int8' ? 48 : 68);
}

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
