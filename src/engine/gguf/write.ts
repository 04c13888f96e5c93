/**
 * Writes a GGUF file (little endian, version 3 or 2): metadata and tensors -> bytes; a whole file
 * in memory, or the head alone, whose data the caller writes behind it. The layout stands in
 * `header.ts`.
 */
import { assert } from '../../base/index.ts';
import {
  elementBytesMin,
  METADATA_TYPES,
  type MetadataScalar,
  type MetadataType,
  type TypedArrayValue,
  type TypedValue,
} from './metadata.ts';
import { TENSOR_TYPES, type TensorTypeName, tensorBytes } from './tensor-types.ts';

export interface TensorShape {
  readonly name: string;
  readonly type: TensorTypeName;
  /** dims[0] = columns (k, contiguous). */
  readonly dims: readonly number[];
}

export interface TensorToWrite extends TensorShape {
  /** Exactly the bytes of the shape and type. */
  readonly data: Uint8Array;
}

export interface WriteOptions {
  readonly version?: 2 | 3;
  /** Bytes, a power of two; written as general.alignment unless it is the default 32. */
  readonly alignment?: number;
}

/** The encoder of every JavaScript host; pure parts have no host types. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}

export interface GgufHead {
  /** Everything before the data, padded. */
  readonly bytes: Uint8Array;
  /** Where the data of each tensor starts in the file; between them stand zeros. */
  readonly offsetsBytes: readonly number[];
  readonly fileBytes: number;
}

/** A whole GGUF file; metadata in the order of the map, tensors in the order given. */
export function writeGguf(
  metadata: ReadonlyMap<string, TypedValue>,
  tensors: readonly TensorToWrite[],
  options: WriteOptions = {},
): Uint8Array {
  const { bytes, offsetsBytes, fileBytes } = writeGgufHead(metadata, tensors, options);
  const file = new Uint8Array(fileBytes);
  file.set(bytes);
  for (const [i, { name, data, type, dims }] of tensors.entries()) {
    const expected = tensorBytes(type, countElements(dims));
    assert(data.length === expected, `tensor ${name} has ${expected} bytes, not ${data.length}`);
    file.set(data, offsetsBytes[i]);
  }
  return file;
}

/** The head of such a file, and where the data belongs. */
export function writeGgufHead(
  metadata: ReadonlyMap<string, TypedValue>,
  tensors: readonly TensorShape[],
  options: WriteOptions = {},
): GgufHead {
  const alignment = alignmentOf(metadata, options);
  const entries = new Map(metadata);
  if (alignment !== 32) entries.set('general.alignment', { type: 'u32', value: alignment });
  const sink = new ByteSink();
  sink.bytes(new Uint8Array([0x47, 0x47, 0x55, 0x46]));
  sink.u32(options.version ?? 3);
  sink.u64(tensors.length);
  sink.u64(entries.size);
  for (const [key, value] of entries) {
    sink.string(key);
    writeTyped(sink, value);
  }
  let offset = 0;
  const offsets: number[] = [];
  for (const tensor of tensors) {
    checkTensor(tensor);
    sink.string(tensor.name);
    sink.u32(tensor.dims.length);
    for (const dim of tensor.dims) sink.u64(dim);
    sink.u32(TENSOR_TYPES[tensor.type].id);
    sink.u64(offset);
    offsets.push(offset);
    offset = alignUp(offset + tensorBytes(tensor.type, countElements(tensor.dims)), alignment);
  }
  sink.pad(alignment);
  const bytes = sink.finish();
  const offsetsBytes = offsets.map((each) => bytes.length + each);
  return { bytes, offsetsBytes, fileBytes: bytes.length + offset };
}

function countElements(dims: readonly number[]): number {
  return dims.reduce((product, dim) => product * dim, 1);
}

function alignmentOf(metadata: ReadonlyMap<string, TypedValue>, options: WriteOptions): number {
  const given = metadata.get('general.alignment')?.value;
  const alignment = options.alignment ?? (typeof given === 'number' ? given : 32);
  assert(
    given === undefined || given === alignment,
    'general.alignment and options.alignment agree',
  );
  assert(alignment >= 1 && (alignment & (alignment - 1)) === 0, 'alignment is a power of two');
  return alignment;
}

function checkTensor({ name, type, dims }: TensorShape): void {
  assert(dims.length >= 1 && dims.length <= 4, `tensor ${name} has 1 to 4 dimensions`);
  assert(dims[0] % TENSOR_TYPES[type].blockElements === 0, `columns of ${name} fill blocks`);
}

function writeTyped(sink: ByteSink, typed: TypedValue): void {
  sink.u32(METADATA_TYPES.indexOf(typed.type));
  if (typed.type === 'array') writeArray(sink, typed);
  else writeScalar(sink, typed.type, typed.value);
}

function writeArray(sink: ByteSink, array: TypedArrayValue): void {
  const { elementType } = array;
  sink.u32(METADATA_TYPES.indexOf(elementType));
  sink.u64(array.value.length);
  if (elementType === 'array') {
    for (const inner of array.value) writeArray(sink, inner as TypedArrayValue);
    return;
  }
  for (const value of array.value) writeScalar(sink, elementType, value as MetadataScalar);
}

function writeScalar(
  sink: ByteSink,
  type: Exclude<MetadataType, 'array'>,
  value: MetadataScalar,
): void {
  if (type === 'string') sink.string(value as string);
  else sink.scalar(type, value);
}

function alignUp(offset: number, alignment: number): number {
  return Math.ceil(offset / alignment) * alignment;
}

const INTEGER_RANGES: Partial<Record<MetadataType, readonly [bigint, bigint]>> = {
  u8: [0n, 0xffn],
  i8: [-0x80n, 0x7fn],
  u16: [0n, 0xffffn],
  i16: [-0x8000n, 0x7fffn],
  u32: [0n, 0xffffffffn],
  i32: [-0x80000000n, 0x7fffffffn],
  u64: [0n, 2n ** 64n - 1n],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
};

function checkRange(type: MetadataType, value: MetadataScalar): void {
  const range = INTEGER_RANGES[type];
  if (range === undefined) {
    assert(typeof value === (type === 'bool' ? 'boolean' : 'number'), `${value} is a ${type}`);
    return;
  }
  assert(typeof value === 'bigint' || Number.isSafeInteger(value), `${value} is a ${type}`);
  const integer = BigInt(value);
  assert(integer >= range[0] && integer <= range[1], `${value} is a ${type}`);
}

/** A buffer that grows by doubling. */
class ByteSink {
  #buffer = new Uint8Array(4096);
  #used = 0;
  readonly #encoder = new TextEncoder();

  u32(value: number): void {
    this.scalar('u32', value);
  }

  u64(value: number): void {
    this.scalar('u64', value);
  }

  string(text: string): void {
    const encoded = this.#encoder.encode(text);
    this.u64(encoded.length);
    this.bytes(encoded);
  }

  bytes(bytes: Uint8Array): void {
    const at = this.#grow(bytes.length);
    this.#buffer.set(bytes, at);
  }

  /** Zeros up to a multiple of `alignment`. */
  pad(alignment: number): void {
    this.#grow(alignUp(this.#used, alignment) - this.#used);
  }

  scalar(type: Exclude<MetadataType, 'array' | 'string'>, value: MetadataScalar): void {
    checkRange(type, value);
    const at = this.#grow(elementBytesMin(type));
    const view = new DataView(this.#buffer.buffer, at);
    switch (type) {
      case 'u8':
      case 'i8':
      case 'bool':
        view.setUint8(0, Number(value));
        break;
      case 'u16':
      case 'i16':
        view.setUint16(0, Number(value), true);
        break;
      case 'u32':
      case 'i32':
        view.setUint32(0, Number(value), true);
        break;
      case 'u64':
      case 'i64':
        view.setBigUint64(0, BigInt(value), true);
        break;
      case 'f32':
        view.setFloat32(0, Number(value), true);
        break;
      case 'f64':
        view.setFloat64(0, Number(value), true);
        break;
    }
  }

  finish(): Uint8Array {
    return this.#buffer.slice(0, this.#used);
  }

  /** Takes the next bytes, which are zero; where they start. */
  #grow(byteLength: number): number {
    const at = this.#used;
    this.#used += byteLength;
    if (this.#used > this.#buffer.length) {
      const larger = new Uint8Array(Math.max(this.#used, 2 * this.#buffer.length));
      larger.set(this.#buffer);
      this.#buffer = larger;
    }
    return at;
  }
}
