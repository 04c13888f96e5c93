/**
 * Metadata of a GGUF file: key -> typed value, and getters that check the type.
 * Spec: ggml docs/gguf.md, "File Structure", gguf_metadata_kv_t.
 *
 *   key    u64 length, bytes
 *   type   u32
 *   value  scalar little endian | bool as one byte 0 or 1 | string: u64 length, bytes
 *          | array: u32 element type, u64 count, elements one after another
 */
import { type ByteReader, HEADER_BYTES_MAX } from './byte-reader.ts';
import { ggufError, quote } from './errors.ts';
import { readStrings } from './string-array.ts';

/** Names of the value types; the index is the id in the file. */
export const METADATA_TYPES = [
  'u8',
  'i8',
  'u16',
  'i16',
  'u32',
  'i32',
  'f32',
  'bool',
  'string',
  'array',
  'u64',
  'i64',
  'f64',
] as const;

export type MetadataType = (typeof METADATA_TYPES)[number];
export type MetadataScalar = number | bigint | boolean | string;

/** Numbers of one width, as they stand in the file. */
export type NumberArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export type MetadataArray =
  | NumberArray
  /** u64 and i64. */
  | readonly (number | bigint)[]
  | readonly boolean[]
  | readonly string[]
  | readonly MetadataArray[];

/** Integers of 64 bits are numbers when safe, else bigints; an array is an array. */
export type MetadataValue = MetadataScalar | MetadataArray;

export type Metadata = ReadonlyMap<string, MetadataValue>;

export interface TypedScalar {
  readonly type: Exclude<MetadataType, 'array'>;
  readonly value: MetadataScalar;
}

export interface TypedArrayValue {
  readonly type: 'array';
  readonly elementType: MetadataType;
  /** Of element type array: the inner arrays, typed in turn. */
  readonly value: MetadataArray | readonly TypedArrayValue[];
}

/** A value with its type in the file: what the writer needs. */
export type TypedValue = TypedScalar | TypedArrayValue;

/** Longest key, bytes: the spec's 2^16 - 1. */
const KEY_BYTES_MAX = 65535;
/** The deepest array in an array; real files have none. */
const ARRAY_DEPTH_MAX = 4;
/** Inner arrays of one value: each costs far more memory than its 12 bytes in the file. */
const INNER_ARRAY_COUNT_MAX = 65536;

const FIXED_BYTES: Readonly<Record<Exclude<MetadataType, 'string' | 'array'>, number>> = {
  u8: 1,
  i8: 1,
  u16: 2,
  i16: 2,
  u32: 4,
  i32: 4,
  f32: 4,
  bool: 1,
  u64: 8,
  i64: 8,
  f64: 8,
};

/** Fewest bytes of one element in the file. */
export function elementBytesMin(type: MetadataType): number {
  if (type === 'string') return 8;
  return type === 'array' ? 12 : FIXED_BYTES[type];
}

/** Reads one key and its value. */
export function readMetadataEntry(reader: ByteReader, index: number): [string, TypedValue] {
  const key = reader.string(() => `metadata key ${index}`, KEY_BYTES_MAX);
  if (key === '') throw ggufError('bad-header', `metadata key ${index} is empty`);
  const what = () => `metadata ${quote(key)}`;
  const type = readType(reader, what);
  if (type === 'array') return [key, readArray(reader, what, 1)];
  return [key, { type, value: readScalar(reader, type, what) }];
}

/** The value without its type. */
export function untyped(typed: TypedValue): MetadataValue {
  if (typed.type !== 'array') return typed.value;
  if (typed.elementType !== 'array') return typed.value as MetadataArray;
  return (typed.value as readonly TypedArrayValue[]).map(
    (inner) => untyped(inner) as MetadataArray,
  );
}

function readType(reader: ByteReader, what: () => string): MetadataType {
  const id = reader.u32(what);
  const type = METADATA_TYPES[id];
  if (type === undefined) {
    throw ggufError('bad-header', `${what()} has value type ${id}; known types are 0 to 12`);
  }
  return type;
}

function readScalar(
  reader: ByteReader,
  type: Exclude<MetadataType, 'array'>,
  what: () => string,
): MetadataScalar {
  if (type === 'string') return reader.string(what);
  const { view, at } = reader.take(FIXED_BYTES[type], what);
  switch (type) {
    case 'u8':
      return view.getUint8(at);
    case 'i8':
      return view.getInt8(at);
    case 'u16':
      return view.getUint16(at, true);
    case 'i16':
      return view.getInt16(at, true);
    case 'u32':
      return view.getUint32(at, true);
    case 'i32':
      return view.getInt32(at, true);
    case 'f32':
      return view.getFloat32(at, true);
    case 'f64':
      return view.getFloat64(at, true);
    case 'bool':
      return boolOf(view.getUint8(at), what);
    case 'u64':
      return safeOrBig(view.getBigUint64(at, true));
    case 'i64':
      return safeOrBig(view.getBigInt64(at, true));
  }
}

function boolOf(byte: number, what: () => string): boolean {
  if (byte > 1) throw ggufError('bad-header', `${what()} is a bool of ${byte}; expected 0 or 1`);
  return byte === 1;
}

function safeOrBig(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

function readArray(reader: ByteReader, what: () => string, depth: number): TypedArrayValue {
  const elementType = readType(reader, what);
  const count = reader.u64AsNumber(what);
  const bytesMin = count * elementBytesMin(elementType);
  if (bytesMin > HEADER_BYTES_MAX) {
    throw ggufError(
      'bad-header',
      `${what()} claims an array of ${count} elements; a header may have ${HEADER_BYTES_MAX} bytes`,
    );
  }
  // All elements could be here: from now on what is allocated is bounded by bytes that were given.
  reader.require(bytesMin, what);
  if (elementType === 'array') {
    return { type: 'array', elementType, value: readInnerArrays(reader, what, count, depth) };
  }
  return { type: 'array', elementType, value: readElements(reader, elementType, count, what) };
}

function readInnerArrays(
  reader: ByteReader,
  what: () => string,
  count: number,
  depth: number,
): TypedArrayValue[] {
  if (depth >= ARRAY_DEPTH_MAX) {
    throw ggufError('bad-header', `${what()} nests arrays deeper than ${ARRAY_DEPTH_MAX}`);
  }
  if (count > INNER_ARRAY_COUNT_MAX) {
    throw ggufError(
      'bad-header',
      `${what()} holds ${count} arrays; the limit is ${INNER_ARRAY_COUNT_MAX}`,
    );
  }
  const inner: TypedArrayValue[] = [];
  for (let i = 0; i < count; i += 1) inner.push(readArray(reader, what, depth + 1));
  return inner;
}

function readElements(
  reader: ByteReader,
  type: Exclude<MetadataType, 'array'>,
  count: number,
  what: () => string,
): MetadataArray {
  switch (type) {
    case 'string':
      return readStrings(reader, count, what);
    case 'bool':
    case 'u64':
    case 'i64': {
      const values = new Array(count);
      for (let i = 0; i < count; i += 1) values[i] = readScalar(reader, type, what);
      return values;
    }
    default:
      return numberArray(type, reader.copy(count * FIXED_BYTES[type], what));
  }
}

/** Little-endian hosts only, as WebAssembly itself. */
function numberArray(
  type: Exclude<MetadataType, 'array' | 'string' | 'bool' | 'u64' | 'i64'>,
  bytes: Uint8Array<ArrayBuffer>,
): NumberArray {
  const { buffer } = bytes;
  switch (type) {
    case 'u8':
      return bytes;
    case 'i8':
      return new Int8Array(buffer);
    case 'u16':
      return new Uint16Array(buffer);
    case 'i16':
      return new Int16Array(buffer);
    case 'u32':
      return new Uint32Array(buffer);
    case 'i32':
      return new Int32Array(buffer);
    case 'f32':
      return new Float32Array(buffer);
    case 'f64':
      return new Float64Array(buffer);
  }
}

/** The number of a key; undefined when absent. @throws VitrineError bad-header: another type. */
export function metadataNumber(metadata: Metadata, key: string): number | undefined {
  return get(metadata, key, 'a number', (value) => typeof value === 'number');
}

export function metadataBoolean(metadata: Metadata, key: string): boolean | undefined {
  return get(metadata, key, 'a bool', (value) => typeof value === 'boolean');
}

export function metadataString(metadata: Metadata, key: string): string | undefined {
  return get(metadata, key, 'a string', (value) => typeof value === 'string');
}

/** An empty array counts as one of strings whatever its element type. */
export function metadataStrings(metadata: Metadata, key: string): readonly string[] | undefined {
  return get(metadata, key, 'an array of strings', (value) => {
    return Array.isArray(value) && (value.length === 0 || typeof value[0] === 'string');
  });
}

/** An array of numbers of 32 bits or fewer, or f64. */
export function metadataNumbers(metadata: Metadata, key: string): NumberArray | undefined {
  return get(metadata, key, 'an array of numbers', (value) => ArrayBuffer.isView(value));
}

function get<T extends MetadataValue>(
  metadata: Metadata,
  key: string,
  expected: string,
  matches: (value: MetadataValue) => boolean,
): T | undefined {
  const value = metadata.get(key);
  if (value === undefined || matches(value)) return value as T | undefined;
  const came = typeof value === 'object' ? 'another kind of array' : `a ${typeof value}`;
  throw ggufError('bad-header', `expected ${expected} under ${quote(key)}, came ${came}`);
}
