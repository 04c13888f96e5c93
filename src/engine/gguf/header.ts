/**
 * Header of a GGUF file, versions 2 and 3, little endian: bytes -> metadata and tensor table.
 * Spec: ggml docs/gguf.md. Not read: version 1 and big-endian files; each is refused by name. The
 * data section is not touched. Models of several files: split.ts.
 *
 *   magic         4 bytes "GGUF"
 *   version       u32
 *   tensor_count  u64
 *   kv_count      u64
 *   kv_count      metadata entries, see metadata.ts
 *   tensor_count  tensor entries, see tensor-table.ts
 *   padding       to a multiple of general.alignment (32 when absent)
 *   data
 */
import { assert } from '../../base/index.ts';
import { ByteReader, HEADER_BYTES_MAX, NeedBytes } from './byte-reader.ts';
import { ggufError, quote } from './errors.ts';
import {
  type Metadata,
  type MetadataValue,
  metadataNumber,
  readMetadataEntry,
  type TypedValue,
  untyped,
} from './metadata.ts';
import { nameOtherFormat } from './other-formats.ts';
import {
  placeTensors,
  readTensorEntry,
  TENSOR_ENTRY_BYTES_MIN,
  type TensorEntry,
  type TensorInfo,
} from './tensor-table.ts';

export interface GgufHeader {
  readonly version: 2 | 3;
  readonly metadata: Metadata;
  /** The same values with their types, for writing. */
  readonly typedMetadata: ReadonlyMap<string, TypedValue>;
  readonly tensors: readonly TensorInfo[];
  /** Bytes; a power of two. */
  readonly alignment: number;
  /** Where the data section starts in the file. */
  readonly dataOffsetBytes: number;
}

export type GgufHeaderResult =
  | { readonly kind: 'header'; readonly header: GgufHeader }
  /** Call again with the first `needBytes` bytes of the file (or all, if it is shorter). */
  | { readonly kind: 'need-bytes'; readonly needBytes: number };

/** A good first read, bytes: the headers of most models fit. */
export const HEADER_BYTES_FIRST = 4 * 1024 * 1024;

const METADATA_COUNT_MAX = 65536;
/** Fewest bytes of a metadata entry: key of one byte, type, value of one byte. */
const METADATA_ENTRY_BYTES_MIN = 8 + 1 + 4 + 1;
/** The largest models have some 2,000 tensors; expert models before fusing 100,000. */
const TENSOR_COUNT_MAX = 262144;
const ALIGNMENT_DEFAULT = 32;
const ALIGNMENT_MAX = 1024 * 1024;

/**
 * Parses the header at the beginning of a file. Memory taken is at most 64 times `bytes.length`
 * plus 1 MB, whatever the header claims (`gguf.fuzz.ts` holds it to that).
 * @param bytes  the first bytes of the file, all of them or some
 * @param options.fileBytes  size of the whole file
 * @throws VitrineError not-gguf, truncated-file, bad-header, unsupported-tensor-type
 */
export function parseGgufHeader(
  bytes: Uint8Array,
  options: { fileBytes: number },
): GgufHeaderResult {
  const { fileBytes } = options;
  assert(bytes.length <= fileBytes, 'the bytes are the beginning of the file');
  try {
    return { kind: 'header', header: parse(bytes, fileBytes) };
  } catch (error) {
    if (!(error instanceof NeedBytes)) throw error;
    // Doubling keeps the work of parsing again and again linear.
    const wanted = Math.max(error.endBytes, 2 * bytes.length, 4096);
    return { kind: 'need-bytes', needBytes: Math.min(wanted, fileBytes, HEADER_BYTES_MAX) };
  }
}

/**
 * Reads as much of a file as its header needs.
 * @param read  gives the first `byteLength` bytes of the file
 * @throws VitrineError as parseGgufHeader; whatever `read` throws
 */
export async function readGgufHeader(
  read: (byteLength: number) => Promise<Uint8Array>,
  options: { fileBytes: number },
): Promise<GgufHeader> {
  let byteLength = Math.min(HEADER_BYTES_FIRST, options.fileBytes);
  for (;;) {
    const result = parseGgufHeader(await read(byteLength), options);
    if (result.kind === 'header') return result.header;
    byteLength = result.needBytes;
  }
}

function parse(bytes: Uint8Array, fileBytes: number): GgufHeader {
  const reader = new ByteReader(bytes, fileBytes);
  readMagic(reader, bytes, fileBytes);
  const version = readVersion(reader);
  const tensorCount = readCount(reader, 'tensors', TENSOR_COUNT_MAX);
  const metadataCount = readCount(reader, 'metadata entries', METADATA_COUNT_MAX);
  reader.require(
    metadataCount * METADATA_ENTRY_BYTES_MIN + tensorCount * TENSOR_ENTRY_BYTES_MIN,
    () => `${metadataCount} metadata entries and ${tensorCount} tensors`,
  );
  const typedMetadata = readMetadata(reader, metadataCount);
  const metadata = new Map<string, MetadataValue>();
  for (const [key, value] of typedMetadata) metadata.set(key, untyped(value));
  const alignment = readAlignment(metadata);
  const entries: TensorEntry[] = [];
  for (let i = 0; i < tensorCount; i += 1) entries.push(readTensorEntry(reader, i));
  const dataOffsetBytes = Math.ceil(reader.offset / alignment) * alignment;
  const tensors = placeTensors(entries, { alignment, dataOffsetBytes, fileBytes });
  return { version, metadata, typedMetadata, tensors, alignment, dataOffsetBytes };
}

function readMagic(reader: ByteReader, bytes: Uint8Array, fileBytes: number): void {
  const magic = [0x47, 0x47, 0x55, 0x46];
  const given = Math.min(4, bytes.length);
  const isPrefix = magic.slice(0, given).every((byte, i) => bytes[i] === byte);
  if (!isPrefix || fileBytes === 0) {
    const other = nameOtherFormat(bytes);
    const came = fileBytes === 0 ? 'an empty file' : (other ?? `the bytes ${hexOf(bytes, given)}`);
    throw ggufError('not-gguf', `expected a GGUF file (it begins with "GGUF"), came ${came}`);
  }
  reader.take(4, () => 'the magic "GGUF"');
}

function hexOf(bytes: Uint8Array, count: number): string {
  return Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, '0')).join(
    ' ',
  );
}

function readVersion(reader: ByteReader): 2 | 3 {
  const version = reader.u32(() => 'the version');
  if (version === 2 || version === 3) return version;
  if ((version & 0xffff) === 0) {
    throw ggufError(
      'bad-header',
      'this is a big-endian GGUF file; only little-endian ones are read: convert it with ' +
        '"gguf-convert-endian FILE little" of the Python package gguf',
    );
  }
  throw ggufError(
    'bad-header',
    `this is a GGUF file of version ${version}; versions 2 and 3 are read` +
      (version === 1 ? ': convert the original model again' : ''),
  );
}

function readCount(reader: ByteReader, noun: string, countMax: number): number {
  const count = reader.u64AsNumber(() => `the number of ${noun}`);
  if (count > countMax) {
    throw ggufError('bad-header', `the header claims ${count} ${noun}; the limit is ${countMax}`);
  }
  return count;
}

function readMetadata(reader: ByteReader, count: number): Map<string, TypedValue> {
  const metadata = new Map<string, TypedValue>();
  for (let i = 0; i < count; i += 1) {
    const [key, value] = readMetadataEntry(reader, i);
    if (metadata.has(key)) {
      throw ggufError('bad-header', `metadata ${quote(key)} is given twice`);
    }
    metadata.set(key, value);
  }
  return metadata;
}

function readAlignment(metadata: Metadata): number {
  const alignment = metadataNumber(metadata, 'general.alignment') ?? ALIGNMENT_DEFAULT;
  const isPowerOfTwo =
    Number.isInteger(alignment) &&
    alignment >= 1 &&
    alignment <= ALIGNMENT_MAX &&
    (alignment & (alignment - 1)) === 0;
  if (!isPowerOfTwo) {
    throw ggufError(
      'bad-header',
      `general.alignment is ${alignment}; expected a power of two up to ${ALIGNMENT_MAX}`,
    );
  }
  return alignment;
}
