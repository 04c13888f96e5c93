/** The values of a planned tensor on their way: read, ordered, as f32, quantised; in pieces. */
import {
  DEQUANTIZED_TYPES,
  dequantize,
  findNonFinite,
  type TensorTypeName,
  tensorBytes,
} from '../engine/gguf/index.ts';
import { convertError, quoted } from './errors.ts';
import type { PlannedTensor } from './plan.ts';
import type { QuantizedType } from './quantize/index.ts';
import type { QuantizerPool } from './quantize/pool.ts';

/** Elements of a chunk, about: 4 MB as f32. */
const CHUNK_ELEMENTS = 1 << 20;

export interface Chunk {
  readonly byteLength: number;
  /** The bytes in the new type. Called once. */
  make(pool: QuantizerPool): Promise<Uint8Array>;
}

/** A tensor in its new type, in pieces, each read when it is its turn. */
export async function* chunksOf(tensor: PlannedTensor): AsyncGenerator<Chunk> {
  const { values, type, name } = tensor;
  if (values.kind === 'given') {
    const copy = Float32Array.from(values.values);
    yield chunkOf(name, type, copy.length, () => copy);
    return;
  }
  const source = values.tensor;
  const isSame = source.type === type && !values.added && values.permutedHeads === undefined;
  const columns = source.dims[0];
  const rows = source.dims.slice(1).reduce((product, dim) => product * dim, 1);
  const rowBytes = source.sizeBytes / rows;
  const headRows = values.permutedHeads === undefined ? 1 : rows / values.permutedHeads;
  const pieceRows = headRows * Math.max(1, Math.floor(CHUNK_ELEMENTS / (columns * headRows)));
  for (let row = 0; row < rows; row += pieceRows) {
    const count = Math.min(pieceRows, rows - row);
    const bytes = await source.read(row * rowBytes, count * rowBytes);
    if (isSame) {
      refuseNonFinite(name, type, bytes);
      yield { byteLength: bytes.length, make: async () => bytes };
      continue;
    }
    const elementCount = columns * count;
    const ordered = values.permutedHeads === undefined ? bytes : paired(bytes, headRows, rowBytes);
    yield chunkOf(name, type, elementCount, () =>
      decoded(name, source.type, ordered, elementCount, values.added),
    );
  }
}

function chunkOf(
  name: string,
  type: TensorTypeName,
  elementCount: number,
  decode: () => Float32Array<ArrayBuffer>,
): Chunk {
  return {
    byteLength: tensorBytes(type, elementCount),
    make: (pool) => encoded(name, type, decode(), pool),
  };
}

/** Rows of each head: i and i + D/2 become neighbours, as llama.cpp rotates them. */
function paired(bytes: Uint8Array, headRows: number, rowBytes: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const half = headRows / 2;
  for (let row = 0; row * rowBytes < bytes.length; row += 1) {
    const within = row % headRows;
    const from = row - within + (within & 1) * half + (within >> 1);
    out.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
  }
  return out;
}

function decoded(
  name: string,
  type: TensorTypeName,
  bytes: Uint8Array,
  count: number,
  added = 0,
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(count);
  if (type === 'F64') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < count; i += 1) values[i] = view.getFloat64(8 * i, true);
  } else if (DEQUANTIZED_TYPES.includes(type)) dequantize(type, bytes, values);
  else throw convertError('not-convertible', `${name} has type ${type}, which cannot be read`);
  if (added !== 0) for (let i = 0; i < count; i += 1) values[i] += added;
  return values;
}

async function encoded(
  name: string,
  type: TensorTypeName,
  values: Float32Array<ArrayBuffer>,
  pool: QuantizerPool,
): Promise<Uint8Array> {
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isFinite(values[i])) continue;
    throw convertError('bad-checkpoint', `the tensor ${quoted(name)} has a NaN or infinity`);
  }
  const bytes = await pool.quantize(type as QuantizedType, values);
  if (findNonFinite(type, bytes) < 0) return bytes;
  throw convertError(
    'bad-checkpoint',
    `the tensor ${quoted(name)} has values beyond the range of ${type}; try BF16 or F32`,
  );
}

function refuseNonFinite(name: string, type: TensorTypeName, bytes: Uint8Array): void {
  // Types that cannot be computed are copied unread.
  if (!DEQUANTIZED_TYPES.includes(type)) return;
  if (findNonFinite(type, bytes) < 0) return;
  throw convertError('bad-checkpoint', `the tensor ${quoted(name)} has a NaN or infinity`);
}
