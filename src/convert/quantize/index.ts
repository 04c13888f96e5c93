/** Values -> the bytes of a tensor type. */
import { assert } from '../../base/index.ts';
import { floatToHalf, TENSOR_TYPES, type TensorTypeName } from '../../engine/gguf/index.ts';
import {
  quantizeMxfp4,
  quantizeQ4_0,
  quantizeQ4_1,
  quantizeQ5_0,
  quantizeQ5_1,
  quantizeQ8_0,
} from './small-blocks.ts';
import { quantizeQ2K, quantizeQ3K, quantizeQ4K, quantizeQ5K, quantizeQ6K } from './super-blocks.ts';
import { quantizeIq4Nl, quantizeIq4Xs } from './table-blocks.ts';

/** Quantises one block: elements of `x` from `from` on, bytes to `out` at `at`. */
type BlockQuantizer = (x: Float32Array, from: number, out: Uint8Array, at: number) => void;

const BITS = new Uint32Array(1);
const FLOAT = new Float32Array(BITS.buffer);

const QUANTIZERS = {
  F32: (x, from, out, at) => {
    FLOAT[0] = x[from];
    for (let i = 0; i < 4; i += 1) out[at + i] = BITS[0] >>> (8 * i);
  },
  F16: (x, from, out, at) => {
    const half = floatToHalf(x[from]);
    out[at] = half & 255;
    out[at + 1] = half >> 8;
  },
  /** Nearest, ties to even. */
  BF16: (x, from, out, at) => {
    FLOAT[0] = x[from];
    const rounded = BITS[0] + 0x7fff + ((BITS[0] >>> 16) & 1);
    out[at] = rounded >>> 16;
    out[at + 1] = rounded >>> 24;
  },
  Q4_0: quantizeQ4_0,
  Q4_1: quantizeQ4_1,
  Q5_0: quantizeQ5_0,
  Q5_1: quantizeQ5_1,
  Q8_0: quantizeQ8_0,
  Q2_K: quantizeQ2K,
  Q3_K: quantizeQ3K,
  Q4_K: quantizeQ4K,
  Q5_K: quantizeQ5K,
  Q6_K: quantizeQ6K,
  IQ4_NL: quantizeIq4Nl,
  IQ4_XS: quantizeIq4Xs,
  MXFP4: quantizeMxfp4,
} as const satisfies Partial<Record<TensorTypeName, BlockQuantizer>>;

export type QuantizedType = keyof typeof QUANTIZERS;

/** Types that `quantize` writes. */
export const QUANTIZED_TYPES = Object.keys(QUANTIZERS) as readonly QuantizedType[];

/**
 * Whole blocks.
 * @param values  finite numbers, whole blocks of the type
 * @param out  exactly the bytes of these blocks
 */
export function quantize(type: QuantizedType, values: Float32Array, out: Uint8Array): void {
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  const blockCount = values.length / blockElements;
  assert(Number.isInteger(blockCount), `whole blocks of ${blockElements}, not ${values.length}`);
  assert(out.length === blockCount * blockBytes, 'out has the bytes of the blocks');
  const quantizeBlock: BlockQuantizer = QUANTIZERS[type];
  for (let block = 0; block < blockCount; block += 1) {
    quantizeBlock(values, block * blockElements, out, block * blockBytes);
  }
}
