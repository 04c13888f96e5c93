/**
 * Internal layouts of weights. Packed types interleave 4 rows, so that one 16-byte vector holds 4
 * consecutive k of each and a splat of 4 activations feeds all four (facts: no horizontal sums).
 *
 * A group is 4 rows; a block is 32 k of a group:
 *
 *   nibbles  64 B: vector i of 4: byte 4r + j = code[r][4i + j] | code[r][16 + 4i + j] << 4
 *   bytes   128 B: vector i of 8: byte 4r + j = code[r][4i + j]
 *   Q8_0    128 B: vector i of 8: byte 8h + 2r + j = code[r][4i + 2h + j], signed
 *
 *   Q4_0  nibbles, d[4]            Q4_1  nibbles, d[4], m[4]
 *   Q5_0  bytes, d[4]              Q5_1  bytes, d[4], m[4]        Q8_0  Q8_0, d[4]
 *   Q4_K, Q5_K, Q6_K: super-blocks of 256 k: d[4], dmin[4] (Q6_K: d[4], 8 zero bytes), 8 blocks:
 *   Q4_K  nibbles, scale[4], min[4]  (bytes 0..63)
 *   Q5_K  bytes, scale[4], min[4]
 *   Q6_K  bytes, scale of k 0..15 [4], scale of k 16..31 [4]  (signed bytes)
 *   Q2_K  nibbles, scale of k 0..15 [4], of k 16..31 [4], min of k 0..15 [4], of k 16..31 [4]
 *   IQ4_XS, MXFP4: blocks of 32 k: Q8_0, then f32 scale[4] (exact in both)
 *   Q3_K becomes Q6_K (code + 28), IQ4_NL becomes Q8_0 (its table's entry): the same values.
 *
 * d, m, dmin: halves, as in the file. Codes are unsigned, as in the file (Q8_0 signed). Rows past N
 * in the last group are zero. F32, F16 and BF16 stay as in the file, row after row.
 */
import { assert } from '../../base/index.ts';
import type { Form } from './ops.ts';
import { copyHalf, putByte, putSigned, SMALL_PACKERS } from './pack-small.ts';

/** Types with a layout of their own and its number in kernel calls; twins stand in assembly/. */
export const LAYOUT_NUMBERS = {
  F32: 0,
  F16: 1,
  BF16: 2,
  Q4_0: 3,
  Q4_1: 4,
  Q5_0: 5,
  Q5_1: 6,
  Q8_0: 7,
  Q4_K: 8,
  Q5_K: 9,
  Q6_K: 10,
  Q2_K: 11,
  IQ4_XS: 12,
} as const;

/** All types; some are repacked to the layout of another and have its number. */
export const WEIGHT_TYPES = {
  ...LAYOUT_NUMBERS,
  Q3_K: LAYOUT_NUMBERS.Q6_K,
  IQ4_NL: LAYOUT_NUMBERS.Q8_0,
  MXFP4: LAYOUT_NUMBERS.IQ4_XS,
} as const;

export type WeightType = keyof typeof WEIGHT_TYPES;

interface TypeLayout {
  /** Elements and bytes of a block in the file. */
  fileBlock: number;
  fileBytes: number;
  /** k in a unit of our layout, and bytes of that unit for 4 rows; 0: not packed. */
  unit: 32 | 256;
  unitBytes: number;
}

const LAYOUTS: Readonly<Record<WeightType, TypeLayout>> = {
  F32: { fileBlock: 1, fileBytes: 4, unit: 32, unitBytes: 0 },
  F16: { fileBlock: 1, fileBytes: 2, unit: 32, unitBytes: 0 },
  BF16: { fileBlock: 1, fileBytes: 2, unit: 32, unitBytes: 0 },
  Q4_0: { fileBlock: 32, fileBytes: 18, unit: 32, unitBytes: 72 },
  Q4_1: { fileBlock: 32, fileBytes: 20, unit: 32, unitBytes: 80 },
  Q5_0: { fileBlock: 32, fileBytes: 22, unit: 32, unitBytes: 136 },
  Q5_1: { fileBlock: 32, fileBytes: 24, unit: 32, unitBytes: 144 },
  Q8_0: { fileBlock: 32, fileBytes: 34, unit: 32, unitBytes: 136 },
  Q4_K: { fileBlock: 256, fileBytes: 144, unit: 256, unitBytes: 592 },
  Q5_K: { fileBlock: 256, fileBytes: 176, unit: 256, unitBytes: 1104 },
  Q6_K: { fileBlock: 256, fileBytes: 210, unit: 256, unitBytes: 1104 },
  Q2_K: { fileBlock: 256, fileBytes: 84, unit: 256, unitBytes: 656 },
  IQ4_XS: { fileBlock: 256, fileBytes: 136, unit: 256, unitBytes: 1152 },
  Q3_K: { fileBlock: 256, fileBytes: 110, unit: 256, unitBytes: 1104 },
  IQ4_NL: { fileBlock: 32, fileBytes: 18, unit: 32, unitBytes: 136 },
  MXFP4: { fileBlock: 32, fileBytes: 17, unit: 32, unitBytes: 144 },
};

export function isWeightType(name: string): name is WeightType {
  return Object.hasOwn(WEIGHT_TYPES, name);
}

/**
 * What the input of a product with this type must look like. `precise`: 15 bits instead of 8 where
 * the type gives the choice; which products are precise is the model's (numerics.md section 2).
 */
export function formOf(type: WeightType, precise = false): Form {
  if (type === 'F32' || type === 'F16' || type === 'BF16') return 'float';
  if (LAYOUTS_OF_SIGNED_BYTES.has(type)) return 'int16';
  return precise ? 'int15' : 'int8';
}

const LAYOUTS_OF_SIGNED_BYTES: ReadonlySet<WeightType> = new Set([
  ...(['Q8_0', 'IQ4_NL', 'IQ4_XS', 'MXFP4'] as const),
]);

/** Bytes of one row of K elements in the file. */
export function fileRowBytes(type: WeightType, K: number): number {
  return (K / LAYOUTS[type].fileBlock) * LAYOUTS[type].fileBytes;
}

/** K must be a multiple of this. */
export function columnMultiple(type: WeightType): number {
  return Math.max(32, LAYOUTS[type].fileBlock);
}

/** Bytes of an N x K matrix in our layout. */
export function packedBytes(type: WeightType, N: number, K: number): number {
  const layout = LAYOUTS[type];
  if (layout.unitBytes === 0) return N * K * layout.fileBytes;
  return Math.ceil(N / 4) * (K / layout.unit) * layout.unitBytes;
}

/**
 * Repacks whole groups of 4 rows (the last may have fewer).
 * @param file rows in the file's layout @param out zeroed, packedBytes(type, rows, K)
 */
export function pack(type: WeightType, K: number, file: Uint8Array, out: Uint8Array): void {
  const layout = LAYOUTS[type];
  if (layout.unitBytes === 0) {
    out.set(file);
    return;
  }
  const rowBytes = fileRowBytes(type, K);
  const rows = file.length / rowBytes;
  assert(Number.isInteger(rows), 'whole rows are packed');
  const unitsPerRow = K / layout.unit;
  const packUnit = PACKERS[type];
  assert(packUnit !== undefined, 'a packer for the type');
  for (let row = 0; row < rows; row += 1) {
    const group = (row >> 2) * unitsPerRow * layout.unitBytes;
    for (let u = 0; u < unitsPerRow; u += 1) {
      const from = row * rowBytes + u * layout.fileBytes;
      packUnit(file, from, out, group + u * layout.unitBytes, row & 3);
    }
  }
}

type PackUnit = (file: Uint8Array, from: number, out: Uint8Array, to: number, lane: number) => void;

const PACKERS: Partial<Record<WeightType, PackUnit>> = {
  Q4_0: (file, from, out, to, lane) => {
    packNibbles(file, from + 2, out, to, lane);
    copyHalf(file, from, out, to + 64, lane);
  },
  Q4_1: (file, from, out, to, lane) => {
    packNibbles(file, from + 4, out, to, lane);
    copyHalf(file, from, out, to + 64, lane);
    copyHalf(file, from + 2, out, to + 72, lane);
  },
  Q5_0: (file, from, out, to, lane) => {
    packFive(file, from + 2, from + 6, out, to, lane);
    copyHalf(file, from, out, to + 128, lane);
  },
  Q5_1: (file, from, out, to, lane) => {
    packFive(file, from + 4, from + 8, out, to, lane);
    copyHalf(file, from, out, to + 128, lane);
    copyHalf(file, from + 2, out, to + 136, lane);
  },
  Q8_0: (file, from, out, to, lane) => {
    for (let k = 0; k < 32; k += 1) putSigned(out, to, lane, k, file[from + 2 + k]);
    copyHalf(file, from, out, to + 128, lane);
  },
  Q4_K: (file, from, out, to, lane) => packK(file, from, out, to, lane, 72),
  Q5_K: (file, from, out, to, lane) => packK(file, from, out, to, lane, 136),
  Q6_K: packSix,
  ...SMALL_PACKERS,
};

/** 16 bytes: low nibbles are k 0..15, high nibbles k 16..31, as in our layout. */
function packNibbles(
  file: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  lane: number,
): void {
  for (let k = 0; k < 16; k += 1) {
    out[to + (k >> 2) * 16 + lane * 4 + (k & 3)] = file[from + k];
  }
}

/** Q5_0, Q5_1: the fifth bits of k 0..31 in 4 bytes, then nibbles. */
function packFive(
  file: Uint8Array,
  bits: number,
  from: number,
  out: Uint8Array,
  to: number,
  lane: number,
): void {
  for (let k = 0; k < 32; k += 1) {
    const byte = file[from + (k & 15)];
    const high = (file[bits + (k >> 3)] >> (k & 7)) & 1;
    putByte(out, to, lane, k, (k < 16 ? byte & 15 : byte >> 4) | (high << 4));
  }
}

/** Q4_K (block of 72) and Q5_K (136): d, dmin, 12 bytes of 6-bit scales, [32 high], 128 nibbles. */
function packK(
  file: Uint8Array,
  from: number,
  out: Uint8Array,
  to: number,
  lane: number,
  blockBytes: number,
): void {
  copyHalf(file, from, out, to, lane);
  copyHalf(file, from + 2, out, to + 8, lane);
  const five = blockBytes === 136;
  const nibbles = from + 16 + (five ? 32 : 0);
  for (let b = 0; b < 8; b += 1) {
    const block = to + 16 + b * blockBytes;
    const [scale, min] = sixBitPair(file, from + 4, b);
    out[block + blockBytes - 8 + lane] = scale;
    out[block + blockBytes - 4 + lane] = min;
    // Blocks 2i and 2i + 1 share 32 bytes: low nibbles are the first of the two.
    const bytes = nibbles + (b >> 1) * 32;
    const shift = (b & 1) * 4;
    for (let k = 0; k < 32; k += 1) {
      const code = (file[bytes + k] >> shift) & 15;
      if (five) {
        putByte(out, block, lane, k, code | (((file[from + 16 + k] >> b) & 1) << 4));
      } else {
        const at = block + ((k & 15) >> 2) * 16 + lane * 4 + (k & 3);
        out[at] |= k < 16 ? code : code << 4;
      }
    }
  }
}

/** Scale and min of block b from the 12 packed bytes of a Q4_K or Q5_K super-block. */
function sixBitPair(file: Uint8Array, at: number, b: number): [number, number] {
  if (b < 4) return [file[at + b] & 63, file[at + b + 4] & 63];
  const scale = (file[at + b + 4] & 15) | ((file[at + b - 4] >> 6) << 4);
  const min = (file[at + b + 4] >> 4) | ((file[at + b] >> 6) << 4);
  return [scale, min];
}

/** Q6_K in the file: 128 low nibbles, 64 high pairs, 16 signed scales, d. */
function packSix(file: Uint8Array, from: number, out: Uint8Array, to: number, lane: number): void {
  copyHalf(file, from + 208, out, to, lane);
  for (let b = 0; b < 8; b += 1) {
    const block = to + 16 + b * 136;
    out[block + 128 + lane] = file[from + 192 + 2 * b];
    out[block + 132 + lane] = file[from + 192 + 2 * b + 1];
    // Each half of 128 elements: element 32 q + k has its nibble in byte 32 (q & 1) + k, low for
    // q 0 and 1, high for q 2 and 3; its upper two bits are pair q of byte k.
    const half = b >> 2;
    const q = b & 3;
    for (let k = 0; k < 32; k += 1) {
      const low = file[from + half * 64 + (q & 1) * 32 + k] >> (q >> 1 === 0 ? 0 : 4);
      const high = file[from + 128 + half * 32 + k] >> (2 * q);
      putByte(out, block, lane, k, (low & 15) | ((high & 3) << 4));
    }
  }
}
