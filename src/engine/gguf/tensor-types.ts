/**
 * The tensor types of ggml: id in the file, elements and bytes of a block.
 * Source: `GGML_QUANT_SIZES` and `GGMLQuantizationType` of the Python package gguf 0.19.0, the same
 * numbers as in ggml.h (but Q8_1, a working type that no file holds, has 36 bytes there). Types
 * that the engine cannot compute are listed too, so that errors can name them. The layout of a
 * block stands in `dequantize.ts`.
 */

export interface TensorType {
  /** Type id in the file. */
  readonly id: number;
  /** Elements of one block, along dims[0]. */
  readonly blockElements: number;
  /** Bytes of one block. */
  readonly blockBytes: number;
  /** Where in a block the f16 scales stand, bytes; absent where a block has none or other ones. */
  readonly halfScaleOffsets?: readonly number[];
}

export const TENSOR_TYPES = {
  F32: { id: 0, blockElements: 1, blockBytes: 4 },
  F16: { id: 1, blockElements: 1, blockBytes: 2 },
  Q4_0: { id: 2, blockElements: 32, blockBytes: 18, halfScaleOffsets: [0] },
  Q4_1: { id: 3, blockElements: 32, blockBytes: 20, halfScaleOffsets: [0, 2] },
  Q5_0: { id: 6, blockElements: 32, blockBytes: 22, halfScaleOffsets: [0] },
  Q5_1: { id: 7, blockElements: 32, blockBytes: 24, halfScaleOffsets: [0, 2] },
  Q8_0: { id: 8, blockElements: 32, blockBytes: 34, halfScaleOffsets: [0] },
  Q8_1: { id: 9, blockElements: 32, blockBytes: 40 },
  Q2_K: { id: 10, blockElements: 256, blockBytes: 84, halfScaleOffsets: [80, 82] },
  Q3_K: { id: 11, blockElements: 256, blockBytes: 110, halfScaleOffsets: [108] },
  Q4_K: { id: 12, blockElements: 256, blockBytes: 144, halfScaleOffsets: [0, 2] },
  Q5_K: { id: 13, blockElements: 256, blockBytes: 176, halfScaleOffsets: [0, 2] },
  Q6_K: { id: 14, blockElements: 256, blockBytes: 210, halfScaleOffsets: [208] },
  Q8_K: { id: 15, blockElements: 256, blockBytes: 292 },
  IQ2_XXS: { id: 16, blockElements: 256, blockBytes: 66, halfScaleOffsets: [0] },
  IQ2_XS: { id: 17, blockElements: 256, blockBytes: 74, halfScaleOffsets: [0] },
  IQ3_XXS: { id: 18, blockElements: 256, blockBytes: 98, halfScaleOffsets: [0] },
  IQ1_S: { id: 19, blockElements: 256, blockBytes: 50, halfScaleOffsets: [0] },
  IQ4_NL: { id: 20, blockElements: 32, blockBytes: 18, halfScaleOffsets: [0] },
  IQ3_S: { id: 21, blockElements: 256, blockBytes: 110, halfScaleOffsets: [0] },
  IQ2_S: { id: 22, blockElements: 256, blockBytes: 82, halfScaleOffsets: [0] },
  IQ4_XS: { id: 23, blockElements: 256, blockBytes: 136, halfScaleOffsets: [0] },
  I8: { id: 24, blockElements: 1, blockBytes: 1 },
  I16: { id: 25, blockElements: 1, blockBytes: 2 },
  I32: { id: 26, blockElements: 1, blockBytes: 4 },
  I64: { id: 27, blockElements: 1, blockBytes: 8 },
  F64: { id: 28, blockElements: 1, blockBytes: 8 },
  IQ1_M: { id: 29, blockElements: 256, blockBytes: 56 },
  BF16: { id: 30, blockElements: 1, blockBytes: 2 },
  TQ1_0: { id: 34, blockElements: 256, blockBytes: 54, halfScaleOffsets: [52] },
  TQ2_0: { id: 35, blockElements: 256, blockBytes: 66, halfScaleOffsets: [64] },
  MXFP4: { id: 39, blockElements: 32, blockBytes: 17 },
  NVFP4: { id: 40, blockElements: 64, blockBytes: 36 },
  Q1_0: { id: 41, blockElements: 128, blockBytes: 18, halfScaleOffsets: [0] },
} as const satisfies Readonly<Record<string, TensorType>>;

export type TensorTypeName = keyof typeof TENSOR_TYPES;

/** Ids that ggml once had and gave up; files with them must be converted again. */
const REMOVED_TYPE_NAMES: ReadonlyMap<number, string> = new Map([
  [4, 'Q4_2'],
  [5, 'Q4_3'],
  [31, 'Q4_0_4_4'],
  [32, 'Q4_0_4_8'],
  [33, 'Q4_0_8_8'],
  [36, 'IQ4_NL_4_4'],
  [37, 'IQ4_NL_4_8'],
  [38, 'IQ4_NL_8_8'],
]);

const NAMES_BY_ID: ReadonlyMap<number, TensorTypeName> = new Map(
  (Object.keys(TENSOR_TYPES) as TensorTypeName[]).map((name) => [TENSOR_TYPES[name].id, name]),
);

/** Sizes and scale positions of a type. */
export function tensorType(name: TensorTypeName): TensorType {
  return TENSOR_TYPES[name];
}

/** Name of a type id, or undefined when no such type is known. */
export function tensorTypeName(id: number): TensorTypeName | undefined {
  return NAMES_BY_ID.get(id);
}

/** Name of a type that ggml removed, or undefined. */
export function removedTypeName(id: number): string | undefined {
  return REMOVED_TYPE_NAMES.get(id);
}

/** Bytes of `elementCount` elements, a multiple of the block size. */
export function tensorBytes(name: TensorTypeName, elementCount: number): number {
  const { blockElements, blockBytes } = TENSOR_TYPES[name];
  return (elementCount / blockElements) * blockBytes;
}
