/**
 * Reads memory and does nothing with it: the measure of bandwidth that decoding is held against.
 * A unit is 64 KB. a0 start, a1 where the sum of each unit goes (16 bytes each).
 */
import { address } from './record';

export function readAll(record: usize, first: i32, end: i32): void {
  for (let unit = first; unit < end; unit++) {
    let p = address(record, 0) + (<usize>unit << 16);
    const stop = p + 65536;
    let a = i32x4.splat(0), b = i32x4.splat(0), c = i32x4.splat(0), d = i32x4.splat(0);
    while (p < stop) {
      a = v128.xor(a, v128.load(p));
      b = v128.xor(b, v128.load(p, 16));
      c = v128.xor(c, v128.load(p, 32));
      d = v128.xor(d, v128.load(p, 48));
      p += 64;
    }
    v128.store(address(record, 1) + (<usize>unit << 4), v128.xor(v128.xor(a, b), v128.xor(c, d)));
  }
}
