/** IEEE binary16, exactly as the kernels read and write it (assembly/half.ts). */
import { powerOfTwo } from './math.ts';

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** Bits of a finite half -> its value. */
export function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const mantissa = bits & 1023;
  if (exponent === 0) return sign * mantissa * 5.9604644775390625e-8;
  return sign * (1024 + mantissa) * powerOfTwo(exponent - 25);
}

/** Bits of the nearest half, ties to even; infinity (0x7c00) from 65520 on. */
export function floatToHalf(x: number): number {
  floats[0] = x;
  const sign = (words[0] >>> 16) & 0x8000;
  const magnitude = words[0] & 0x7fffffff;
  if (magnitude >= 0x477ff000) return sign | 0x7c00;
  if (magnitude < 0x38800000) {
    floats[0] = Math.fround(Math.abs(x) + 0.5);
    return sign | (words[0] - 0x3f000000);
  }
  const rounded = magnitude + 0xfff + ((magnitude >> 13) & 1) - 0x38000000;
  return sign | (rounded >> 13);
}
