/**
 * The tensor table of a GGUF file, read and checked: every tensor lies inside the file, aligned,
 * and none overlaps another.
 * Spec: ggml docs/gguf.md, gguf_tensor_info_t.
 *
 *   name    u64 length, bytes
 *   n_dims  u32, 1 to 4
 *   dims    u64 each; dims[0] is the contiguous one (columns, k)
 *   type    u32, see tensor-types.ts
 *   offset  u64, from the start of the data section, a multiple of the alignment
 */
import type { ByteReader } from './byte-reader.ts';
import { ggufError, quote } from './errors.ts';
import {
  removedTypeName,
  TENSOR_TYPES,
  type TensorTypeName,
  tensorBytes,
  tensorTypeName,
} from './tensor-types.ts';

export interface TensorInfo {
  readonly name: string;
  readonly type: TensorTypeName;
  /** Type id in the file. */
  readonly typeId: number;
  /** As in the file: dims[0] = columns (k, contiguous), dims[1] = rows. */
  readonly dims: readonly number[];
  readonly elementCount: number;
  /** Which file of a split model, from 0; the first when not given. */
  readonly file?: number;
  /** From the start of the file. */
  readonly offsetBytes: number;
  readonly sizeBytes: number;
}

/** A tensor as read: its offset still counts from the data section. */
export type TensorEntry = TensorInfo;

/** Longest tensor name, bytes: the spec says 64, files of image models go further. */
const NAME_BYTES_MAX = 256;
/** Dimensions of a tensor, GGML_MAX_DIMS. */
const DIMS_MAX = 4;
/** Fewest bytes of one entry: name of one byte, one dimension. */
export const TENSOR_ENTRY_BYTES_MIN = 8 + 1 + 4 + 8 + 4 + 8;

/** Reads one entry; offsetBytes is relative to the data section. */
export function readTensorEntry(reader: ByteReader, index: number): TensorEntry {
  const name = reader.string(() => `the name of tensor ${index}`, NAME_BYTES_MAX);
  if (name === '') throw ggufError('bad-header', `tensor ${index} has an empty name`);
  const what = () => `tensor ${quote(name)}`;
  const dimCount = reader.u32(what);
  if (dimCount < 1 || dimCount > DIMS_MAX) {
    throw ggufError(
      'bad-header',
      `${what()} has ${dimCount} dimensions; expected 1 to ${DIMS_MAX}`,
    );
  }
  const dims: number[] = [];
  for (let i = 0; i < dimCount; i += 1) dims.push(reader.u64AsNumber(what));
  const typeId = reader.u32(what);
  const type = typeOf(typeId, what);
  const offsetBytes = reader.u64AsNumber(what);
  if (!Number.isSafeInteger(offsetBytes)) {
    throw ggufError('bad-header', `${what()} claims the absurd offset ${offsetBytes}`);
  }
  const elementCount = countElements(dims, type, what);
  const sizeBytes = tensorBytes(type, elementCount);
  return { name, type, typeId, dims, elementCount, offsetBytes, sizeBytes };
}

function typeOf(typeId: number, what: () => string): TensorTypeName {
  const type = tensorTypeName(typeId);
  if (type !== undefined) return type;
  const removed = removedTypeName(typeId);
  throw ggufError(
    'unsupported-tensor-type',
    removed === undefined
      ? `${what()} has tensor type ${typeId}, which is not known; the file may be newer than ` +
          'this version, or damaged'
      : `${what()} has tensor type ${typeId} (${removed}), which ggml has removed; quantise the ` +
          'model again, for example to Q4_0',
  );
}

function countElements(dims: readonly number[], type: TensorTypeName, what: () => string): number {
  const { blockElements, blockBytes } = TENSOR_TYPES[type];
  let elementCount = 1;
  for (const dim of dims) {
    elementCount *= dim;
    if (dim === 0 || elementCount * blockBytes > Number.MAX_SAFE_INTEGER) {
      throw ggufError(
        'bad-header',
        `${what()} has the absurd shape [${dims.join(', ')}]; every dimension must be at least 1 ` +
          'and their product below 2^53 bytes',
      );
    }
  }
  if (dims[0] % blockElements !== 0) {
    throw ggufError(
      'bad-header',
      `${what()} has ${dims[0]} columns; type ${type} needs a multiple of ${blockElements}`,
    );
  }
  return elementCount;
}

/** Makes offsets absolute and checks them against the file and each other. */
export function placeTensors(
  entries: readonly TensorEntry[],
  place: { alignment: number; dataOffsetBytes: number; fileBytes: number },
): TensorInfo[] {
  const names = new Set<string>();
  const tensors = entries.map((entry): TensorInfo => {
    if (names.has(entry.name)) {
      throw ggufError('bad-header', `two tensors are named ${quote(entry.name)}`);
    }
    names.add(entry.name);
    if (entry.offsetBytes % place.alignment !== 0) {
      throw ggufError(
        'bad-header',
        `tensor ${quote(entry.name)} starts at offset ${entry.offsetBytes}, which is not a ` +
          `multiple of the alignment ${place.alignment}`,
      );
    }
    const offsetBytes = place.dataOffsetBytes + entry.offsetBytes;
    if (offsetBytes + entry.sizeBytes > place.fileBytes) {
      throw ggufError(
        'truncated-file',
        `tensor ${quote(entry.name)} ends at byte ${offsetBytes + entry.sizeBytes}, but the file ` +
          `has only ${place.fileBytes} bytes; fetch it again`,
      );
    }
    return { ...entry, offsetBytes };
  });
  refuseOverlaps(tensors);
  return tensors;
}

function refuseOverlaps(tensors: readonly TensorInfo[]): void {
  const ordered = [...tensors].sort((a, b) => a.offsetBytes - b.offsetBytes);
  for (let i = 1; i < ordered.length; i += 1) {
    const before = ordered[i - 1];
    if (before.offsetBytes + before.sizeBytes > ordered[i].offsetBytes) {
      throw ggufError(
        'bad-header',
        `tensors ${quote(before.name)} and ${quote(ordered[i].name)} overlap at byte ` +
          `${ordered[i].offsetBytes}`,
      );
    }
  }
}
