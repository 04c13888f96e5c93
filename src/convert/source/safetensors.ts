/**
 * Safetensors: a JSON header, then the data. Everything is checked before a byte of data is read:
 * the header is bounded, every tensor lies inside the file with the length of its shape, and none
 * overlaps another. Spec: the README of huggingface/safetensors, "Format".
 *
 *   u64 N | N bytes JSON { NAME: { dtype, shape, data_offsets: [begin, end] }, … } | data
 */
import type { TensorTypeName } from '../../engine/gguf/index.ts';
import { convertError, quoted } from '../errors.ts';
import type { OpenFile, SourceTensor } from './tensor-source.ts';

/** As the reference reader has it. */
const HEADER_BYTES_MAX = 100_000_000;
const TENSOR_COUNT_MAX = 262_144;
const DIMS_MAX = 8;

interface Dtype {
  readonly type?: TensorTypeName;
  readonly bytes: number;
}

const DTYPES: ReadonlyMap<string, Dtype> = new Map([
  ['F32', { type: 'F32', bytes: 4 }],
  ['F16', { type: 'F16', bytes: 2 }],
  ['BF16', { type: 'BF16', bytes: 2 }],
  ['F64', { type: 'F64', bytes: 8 }],
  ['I64', { type: 'I64', bytes: 8 }],
  ['I32', { type: 'I32', bytes: 4 }],
  ['I16', { type: 'I16', bytes: 2 }],
  ['I8', { type: 'I8', bytes: 1 }],
  // Read past; a tensor that is needed and has one of them is refused.
  ['U8', { bytes: 1 }],
  ['BOOL', { bytes: 1 }],
  ['F8_E4M3', { bytes: 1 }],
  ['F8_E5M2', { bytes: 1 }],
  ['U16', { bytes: 2 }],
  ['U32', { bytes: 4 }],
  ['U64', { bytes: 8 }],
]);

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** @throws VitrineError bad-checkpoint */
export async function readSafetensors(file: OpenFile): Promise<SourceTensor[]> {
  const { path, fileBytes } = file;
  if (fileBytes < 10) throw bad(path, `has ${fileBytes} bytes; expected a length and a header`);
  const length = (await file.read(0, 8)).readBigUInt64LE(0);
  if (length > BigInt(HEADER_BYTES_MAX) || 8n + length > BigInt(fileBytes)) {
    throw bad(
      path,
      `claims a header of ${length} bytes; the file has ${fileBytes}, and a header may have ` +
        `${HEADER_BYTES_MAX}`,
    );
  }
  const headerBytes = Number(length);
  const dataOffset = 8 + headerBytes;
  const dataBytes = fileBytes - dataOffset;
  const entries = parseHeader(path, await file.read(8, headerBytes));
  refuseOverlaps(path, entries);
  return entries.map((entry): SourceTensor => {
    const sizeBytes = entry.end - entry.begin;
    checkExtent(path, entry, dataBytes);
    const type = DTYPES.get(entry.dtype)?.type;
    return {
      name: entry.name,
      type: type ?? 'I8',
      foreignType: type === undefined ? entry.dtype : undefined,
      dims: entry.shape.length === 0 ? [1] : [...entry.shape].reverse(),
      sizeBytes,
      read: (from, byteLength) => file.read(dataOffset + entry.begin + from, byteLength),
    };
  });
}

function parseHeader(path: string, bytes: Buffer): Entry[] {
  let header: unknown;
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw bad(
      path,
      `has a header that is no JSON (${cause instanceof Error ? cause.message : ''})`,
    );
  }
  if (typeof header !== 'object' || header === null || Array.isArray(header)) {
    throw bad(path, 'has a header that is no JSON object');
  }
  const named = Object.entries(header).filter(([name]) => name !== '__metadata__');
  if (named.length > TENSOR_COUNT_MAX) {
    throw bad(path, `has ${named.length} tensors; the limit is ${TENSOR_COUNT_MAX}`);
  }
  return named.map(([name, value]) => parseEntry(path, name, value));
}

function parseEntry(path: string, name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  const isSizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((size) => Number.isSafeInteger(size) && size >= 0);
  if (typeof dtype !== 'string' || !isSizes(shape) || !isSizes(offsets) || offsets.length !== 2) {
    throw bad(path, `has an entry ${quoted(name)} without dtype, shape and data_offsets`);
  }
  if (shape.length > DIMS_MAX) {
    throw bad(path, `has the tensor ${quoted(name)} of ${shape.length} dimensions`);
  }
  return { name, dtype, shape, begin: offsets[0], end: offsets[1] };
}

function checkExtent(path: string, entry: Entry, dataBytes: number): void {
  const { name, dtype, shape, begin, end } = entry;
  const size = DTYPES.get(dtype);
  if (size === undefined) {
    const known = [...DTYPES.keys()].join(', ');
    throw bad(path, `has the tensor ${quoted(name)} of dtype ${quoted(dtype)}; known are ${known}`);
  }
  const expected = shape.reduce((product, dim) => product * dim, size.bytes);
  if (end < begin || end > dataBytes || end - begin !== expected) {
    throw bad(
      path,
      `has the tensor ${quoted(name)} at bytes ${begin} to ${end}; expected ${expected} bytes ` +
        `within ${dataBytes}`,
    );
  }
}

function refuseOverlaps(path: string, entries: readonly Entry[]): void {
  const ordered = entries.filter(({ begin, end }) => end > begin).sort((a, b) => a.begin - b.begin);
  for (let i = 1; i < ordered.length; i += 1) {
    if (ordered[i - 1].end <= ordered[i].begin) continue;
    throw bad(
      path,
      `has tensors ${quoted(ordered[i - 1].name)} and ${quoted(ordered[i].name)} that overlap`,
    );
  }
}

function bad(path: string, what: string): Error {
  return convertError('bad-checkpoint', `${path} ${what}; fetch it again`);
}
