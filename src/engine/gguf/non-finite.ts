/**
 * Finds NaN and infinity in the weights of a tensor before they reach a kernel. Quantised blocks
 * can only be non-finite through their scales, so only those are looked at; F32, F16 and BF16
 * are looked at whole. It does not say whether a finite scale is sensible.
 */
import { assert } from '../../base/index.ts';
import { ggufError } from './errors.ts';
import { type TensorTypeName, tensorType } from './tensor-types.ts';

/**
 * Offset in `bytes` of the first scale (or element) that is NaN or infinite, else -1.
 * @param bytes  whole blocks of the type
 * @throws VitrineError unsupported-tensor-type for types whose scales are not known here
 */
export function findNonFinite(type: TensorTypeName, bytes: Uint8Array): number {
  const { blockBytes, halfScaleOffsets } = tensorType(type);
  assert(bytes.length % blockBytes === 0, `whole blocks of ${blockBytes} bytes`);
  switch (type) {
    case 'F32':
      return findWord(bytes, { highest: 0x7f800000, step: 0x00800000, elementBytes: 4 });
    case 'BF16':
      return findWord(bytes, { highest: 0x7f807f80, step: 0x00800080, elementBytes: 2 });
    case 'F16':
      return findWord(bytes, { highest: 0x7c007c00, step: 0x04000400, elementBytes: 2 });
    case 'I8':
    case 'I16':
    case 'I32':
    case 'I64':
      return -1;
    case 'MXFP4':
      return findExponent(bytes, blockBytes);
  }
  if (halfScaleOffsets === undefined) {
    throw ggufError('unsupported-tensor-type', `the scales of ${type} tensors cannot be checked`);
  }
  const firstOffset = halfScaleOffsets[0];
  return findScale(bytes, blockBytes, firstOffset, halfScaleOffsets[1] ?? firstOffset);
}

/** The scale of a block is a power of two in its first byte; that of all ones is NaN. */
function findExponent(bytes: Uint8Array, blockBytes: number): number {
  for (let at = 0; at < bytes.length; at += blockBytes) if (bytes[at] === 255) return at;
  return -1;
}

/** One or two f16 scales a block. */
function findScale(
  bytes: Uint8Array,
  blockBytes: number,
  firstOffset: number,
  secondOffset: number,
): number {
  // The upper byte of a little-endian f16: sign, five bits of exponent, two of the fraction.
  const step = secondOffset - firstOffset;
  for (let at = firstOffset + 1; at < bytes.length; at += blockBytes) {
    if ((bytes[at] & 0x7c) === 0x7c) return at - 1;
    if ((bytes[at + step] & 0x7c) === 0x7c) return at + step - 1;
  }
  return -1;
}

/**
 * Looks at 32 bits at a time, one float or two halves. Adding one exponent `step` to the exponent
 * field carries into the sign's place exactly when all its bits are ones.
 */
function findWord(
  bytes: Uint8Array,
  format: { highest: number; step: number; elementBytes: number },
): number {
  const { highest, step, elementBytes } = format;
  const carry = elementBytes === 2 ? 0x80008000 | 0 : 0x80000000 | 0;
  const words = wordsOf(bytes);
  const first = skipFinite(words, highest, step, carry);
  for (let i = first; i < words.length; i += 1) {
    const carries = ((words[i] & highest) + step) & carry;
    if (carries === 0) continue;
    return 4 * i + (elementBytes === 2 && (carries & 0x8000) === 0 ? 2 : 0);
  }
  // An odd number of halves leaves one.
  const rest = 4 * words.length;
  if (rest === bytes.length) return -1;
  const half = bytes[rest] | (bytes[rest + 1] << 8);
  return (((half & highest) + step) & 0x8000) === 0 ? -1 : rest;
}

/** Eight words at a time; the index of the first eight with a carry, or of the last few words. */
function skipFinite(words: Int32Array, highest: number, step: number, carry: number): number {
  const end = words.length - 7;
  let i = 0;
  for (; i < end; i += 8) {
    const carries =
      (((words[i] & highest) + step) |
        ((words[i + 1] & highest) + step) |
        ((words[i + 2] & highest) + step) |
        ((words[i + 3] & highest) + step) |
        ((words[i + 4] & highest) + step) |
        ((words[i + 5] & highest) + step) |
        ((words[i + 6] & highest) + step) |
        ((words[i + 7] & highest) + step)) &
      carry;
    if (carries !== 0) break;
  }
  return i;
}

/** The whole words of the bytes; a copy when they are not aligned. Little-endian hosts. */
function wordsOf(bytes: Uint8Array): Int32Array {
  const count = bytes.length >> 2;
  if (bytes.byteOffset % 4 === 0) return new Int32Array(bytes.buffer, bytes.byteOffset, count);
  const copy = new Uint8Array(4 * count);
  copy.set(bytes.subarray(0, 4 * count));
  return new Int32Array(copy.buffer);
}
