/**
 * Packs the types of few bits whose codes need more than a copy: Q2_K, Q3_K, IQ4_NL, IQ4_XS and
 * MXFP4 (layout.ts draws what comes out; gguf/dequantize.ts what stands in the file).
 */
import { halfToFloat } from './half.ts';

/** The values of IQ4 codes. */
const IQ4_VALUES = [
  -127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113,
] as const;
/** Twice the values of MXFP4 codes. */
const MXFP4_VALUES = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12] as const;

export function copyHalf(
  file: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  lane: number,
): void {
  out[to + lane * 2] = file[from];
  out[to + lane * 2 + 1] = file[from + 1];
}

/** A code of the layout "bytes". */
export function putByte(out: Uint8Array, to: number, lane: number, k: number, code: number): void {
  out[to + (k >> 2) * 16 + lane * 4 + (k & 3)] = code;
}

/** A code of the layout of Q8_0. */
export function putSigned(
  out: Uint8Array,
  to: number,
  lane: number,
  k: number,
  code: number,
): void {
  out[to + (k >> 2) * 16 + ((k >> 1) & 1) * 8 + lane * 2 + (k & 1)] = code;
}

type PackUnit = (file: Uint8Array, from: number, out: Uint8Array, to: number, lane: number) => void;

export const SMALL_PACKERS = {
  Q2_K: packTwo,
  Q3_K: packThree,
  IQ4_NL: (file, from, out, to, lane) => {
    putTable(file, from + 2, out, to, lane, IQ4_VALUES);
    copyHalf(file, from, out, to + 128, lane);
  },
  IQ4_XS: packIq4Xs,
  MXFP4: (file, from, out, to, lane) => {
    putTable(file, from + 1, out, to, lane, MXFP4_VALUES);
    // Half of 2^(e - 127), since the codes are doubled; the first two are subnormal.
    const e = file[from];
    putWord(out, to + 128 + lane * 4, e < 2 ? 0x00200000 << e : (e - 1) << 23);
  },
} as const satisfies Record<string, PackUnit>;

/** 32 nibbles through a table: low ones are k 0..15, high ones k 16..31. */
function putTable(
  file: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  lane: number,
  table: readonly number[],
): void {
  for (let k = 0; k < 32; k += 1) {
    const byte = file[from + (k & 15)];
    putSigned(out, to, lane, k, table[k < 16 ? byte & 15 : byte >> 4] & 255);
  }
}

const word = new Uint32Array(1);
const wordAsFloat = new Float32Array(word.buffer);

function putWord(out: Uint8Array, to: number, bits: number): void {
  for (let i = 0; i < 4; i += 1) out[to + i] = bits >>> (8 * i);
}

/** IQ4_XS in the file: d, 16 upper bits of the scales, 4 bytes of lower bits, 128 nibbles. */
function packIq4Xs(
  file: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  lane: number,
): void {
  const d = halfToFloat(file[from] | (file[from + 1] << 8));
  const high = file[from + 2] | (file[from + 3] << 8);
  for (let b = 0; b < 8; b += 1) {
    const low = (file[from + 4 + (b >> 1)] >> (4 * (b & 1))) & 15;
    const scale = (low | (((high >> (2 * b)) & 3) << 4)) - 32;
    const block = to + b * 144;
    putTable(file, from + 8 + 16 * b, out, block, lane, IQ4_VALUES);
    // 11 bits times 6 bits: exact.
    wordAsFloat[0] = d * scale;
    putWord(out, block + 128 + lane * 4, word[0]);
  }
}

/** Q2_K in the file: 16 bytes scale | min << 4, 64 bytes of pairs of bits, d, dmin. */
function packTwo(file: Uint8Array, from: number, out: Uint8Array, to: number, lane: number): void {
  copyHalf(file, from + 80, out, to, lane);
  copyHalf(file, from + 82, out, to + 8, lane);
  for (let b = 0; b < 8; b += 1) {
    const block = to + 16 + b * 80;
    for (let half = 0; half < 2; half += 1) {
      const byte = file[from + 2 * b + half];
      out[block + 64 + half * 4 + lane] = byte & 15;
      out[block + 72 + half * 4 + lane] = byte >> 4;
    }
    for (let k = 0; k < 32; k += 1) {
      const code = pairOf(file, from + 16, b, k);
      out[block + ((k & 15) >> 2) * 16 + lane * 4 + (k & 3)] |= k < 16 ? code : code << 4;
    }
  }
}

/** Two bits of element k of block b: 32 bytes for each half of 256, a pair of bits a block. */
function pairOf(file: Uint8Array, at: number, b: number, k: number): number {
  return (file[at + (b >> 2) * 32 + k] >> (2 * (b & 3))) & 3;
}

/** Q3_K in the file: 32 bytes of upper bits, 64 of lower pairs, 12 of 6-bit scales, d. */
function packThree(
  file: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  lane: number,
): void {
  copyHalf(file, from + 108, out, to, lane);
  for (let b = 0; b < 8; b += 1) {
    const block = to + 16 + b * 136;
    for (let half = 0; half < 2; half += 1) {
      out[block + 128 + half * 4 + lane] = threeScale(file, from + 96, 2 * b + half) & 255;
    }
    for (let k = 0; k < 32; k += 1) {
      const upper = ((file[from + k] >> b) & 1) << 2;
      // A code of Q6_K less 32 must be this one less 4.
      putByte(out, block, lane, k, (pairOf(file, from + 32, b, k) | upper) + 28);
    }
  }
}

/** Scale s of 16, less 32: four lower bits in bytes 0..7, two upper ones in bytes 8..11. */
function threeScale(file: Uint8Array, at: number, s: number): number {
  const low = (file[at + (s & 7)] >> (4 * (s >> 3))) & 15;
  const high = (file[at + 8 + (s & 3)] >> (2 * (s >> 2))) & 3;
  return (low | (high << 4)) - 32;
}
