import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isVitrineError } from '../../base/index.ts';
import { HEADER_BYTES_MAX } from './byte-reader.ts';
import type { GgufErrorCode } from './errors.ts';
import { parseGgufHeader, readGgufHeader } from './header.ts';
import {
  metadataBoolean,
  metadataNumber,
  metadataNumbers,
  metadataString,
  metadataStrings,
  type TypedValue,
} from './metadata.ts';
import { type TensorToWrite, writeGguf } from './write.ts';

const NAME: readonly [string, TypedValue] = ['general.name', { type: 'string', value: 'small' }];
const TENSORS: readonly TensorToWrite[] = [
  { name: 'a', type: 'Q4_0', dims: [32, 2], data: new Uint8Array(36) },
  { name: 'b', type: 'F32', dims: [4], data: new Uint8Array(16) },
];

/** A small file: magic 0, version 4, counts 8 and 16, the key general.name 24, and two tensors. */
function smallFile(...entries: (readonly [string, TypedValue])[]): Uint8Array {
  return writeGguf(new Map([NAME, ...entries]), TENSORS);
}

/** Position of the name of tensor `name` in the file. */
function positionOf(file: Uint8Array, text: string): number {
  const at = Buffer.from(file).indexOf(text);
  assert.ok(at >= 0);
  return at;
}

function parse(file: Uint8Array, fileBytes = file.length) {
  return parseGgufHeader(file, { fileBytes });
}

function refuses(file: Uint8Array, code: GgufErrorCode, message: RegExp, fileBytes?: number) {
  assert.throws(
    () => parse(file, fileBytes),
    (error) => {
      assert.ok(isVitrineError(error, code), `expected ${code}, came ${error}`);
      assert.match(error.message, message);
      assert.ok(!error.message.includes('\n'), 'one line');
      return true;
    },
  );
}

/** The file with 64 bits overwritten. */
function withU64(file: Uint8Array, at: number, value: bigint): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setBigUint64(at, value, true);
  return copy;
}

function withU32(file: Uint8Array, at: number, value: number): Uint8Array {
  const copy = file.slice();
  new DataView(copy.buffer).setUint32(at, value, true);
  return copy;
}

const FILE = smallFile();
// In the entry of tensor a (name of one byte at A): dimension count, dims, type, offset.
const A = positionOf(FILE, '\x01\0\0\0\0\0\0\0a') + 8;
const [A_DIM_COUNT, A_DIM_0, A_DIM_1, A_TYPE, A_OFFSET] = [A + 1, A + 5, A + 13, A + 21, A + 25];
const B = A_OFFSET + 16;
const [B_TYPE, B_OFFSET] = [B + 13, B + 17];

test('every shorter beginning of a file asks for more, and never for more than the file', () => {
  const headerEnd = B_OFFSET + 8;
  for (let length = 0; length < headerEnd; length += 1) {
    const result = parse(FILE.subarray(0, length), FILE.length);
    assert.equal(result.kind, 'need-bytes', `${length} bytes`);
    if (result.kind !== 'need-bytes') continue;
    assert.ok(result.needBytes > length && result.needBytes <= FILE.length);
  }
  assert.equal(parse(FILE.subarray(0, headerEnd), FILE.length).kind, 'header');
});

test('every file cut short is a truncated file', () => {
  for (let length = 1; length < FILE.length - 16; length += 1) {
    refuses(FILE.subarray(0, length), 'truncated-file', /has only \d+ bytes; fetch it again/);
  }
});

test('reading in steps gives the same header, in few reads', async () => {
  const tokens = Array.from({ length: 300_000 }, (_, i) => `token number ${i} Ġé`);
  const big = writeGguf(
    new Map([['t', { type: 'array', elementType: 'string', value: tokens }]]),
    TENSORS,
  );
  const reads: number[] = [];
  const header = await readGgufHeader(
    async (byteLength) => {
      reads.push(byteLength);
      return big.subarray(0, byteLength);
    },
    { fileBytes: big.length },
  );
  assert.deepEqual(header.metadata.get('t'), tokens);
  assert.ok(reads.length >= 2 && reads.length <= 4, `reads: ${reads}`);
});

test('a Buffer that shares its memory gives values of their own', () => {
  const value = new Int32Array([1, 2, 3]);
  const file = Buffer.from(smallFile(['n', { type: 'array', elementType: 'i32', value }]));
  const result = parse(file);
  file.fill(0);
  assert.ok(result.kind === 'header');
  assert.deepEqual(result.header.metadata.get('n'), value);
});

test('what is no GGUF file is refused and named', () => {
  const text = (start: string) => new Uint8Array(Buffer.from(start, 'latin1'));
  refuses(new Uint8Array(0), 'not-gguf', /came an empty file/);
  refuses(text('hello world'), 'not-gguf', /came the bytes 68 65 6c 6c/);
  refuses(text('GGUX'), 'not-gguf', /47 47 55 58/);
  refuses(text('PK\x03\x04....'), 'not-gguf', /ZIP archive/);
  refuses(text('<!DOCTYPE html>'), 'not-gguf', /HTML page/);
  refuses(text('version https://git-lfs.github.com/spec/v1\n'), 'not-gguf', /Git LFS pointer/);
  refuses(text('\x40\0\0\0\0\0\0\0{"a":1}'), 'not-gguf', /safetensors/);
  refuses(text('tjgg\x01\0\0\0'), 'not-gguf', /before GGUF/);
});

test('other versions and big-endian files are refused by name', () => {
  refuses(withU32(FILE, 4, 1), 'bad-header', /version 1; versions 2 and 3 are read/);
  refuses(withU32(FILE, 4, 4), 'bad-header', /version 4; versions 2 and 3/);
  refuses(withU32(FILE, 4, 0x03000000), 'bad-header', /big-endian/);
});

test('absurd counts are refused before anything is allocated', () => {
  refuses(withU64(FILE, 8, 2n ** 63n), 'bad-header', /tensors; the limit is/);
  refuses(withU64(FILE, 16, 2n ** 64n - 1n), 'bad-header', /metadata entries; the limit is/);
  refuses(withU64(FILE, 8, 200_000n), 'truncated-file', /200000 tensors/);
  refuses(withU64(FILE, 24, 2n ** 40n), 'bad-header', /metadata key 0 .* limit is 65535/);
  refuses(
    withU64(FILE, 48, 2n ** 62n),
    'bad-header',
    /"general.name" .* claims 46116860184273\d+ bytes/,
  );
  refuses(withU64(FILE, 48, 5000n), 'truncated-file', /wants 5000 bytes/);
  const array = smallFile(['s', { type: 'array', elementType: 'string', value: ['a'] }]);
  const count = positionOf(array, 's\x09\0\0\0\x08\0\0\0') + 9;
  refuses(withU64(array, count, 2n ** 60n), 'bad-header', /array of 11529215046068\d+ elements/);
  refuses(withU64(array, count, 1000n), 'truncated-file', /metadata "s"/);
});

test('a header is read up to its limit and no further, even in an endless file', () => {
  const endless = 2 ** 50;
  const file = smallFile(['s', { type: 'array', elementType: 'u8', value: new Uint8Array(3) }]);
  const count = positionOf(file, 's\x09\0\0\0\0\0\0\0') + 9;
  const result = parse(withU64(file, count, BigInt(HEADER_BYTES_MAX / 2)), endless);
  assert.ok(result.kind === 'need-bytes' && result.needBytes <= HEADER_BYTES_MAX);
  refuses(withU64(file, count, BigInt(HEADER_BYTES_MAX)), 'bad-header', /at most/, endless);
});

test('wrong metadata is refused with its key', () => {
  refuses(withU32(FILE, 44, 13), 'bad-header', /"general.name" has value type 13/);
  const flag = smallFile(['flag', { type: 'bool', value: true }]);
  const at = positionOf(flag, 'flag') + 8;
  flag[at] = 2;
  refuses(flag, 'bad-header', /"flag" is a bool of 2/);
  const twin = smallFile(['general.namf', { type: 'string', value: 'x' }]);
  twin[positionOf(twin, 'general.namf') + 11] = 'e'.charCodeAt(0);
  refuses(twin, 'bad-header', /"general.name" is given twice/);
  const noKey = withU64(FILE, 24, 0n);
  refuses(noKey, 'bad-header', /metadata key 0 is empty/);
});

test('strings must be UTF-8, alone and in arrays, even where neighbours would mend them', () => {
  const broken = FILE.slice();
  broken[positionOf(FILE, 'small')] = 0xff;
  refuses(broken, 'bad-header', /"general.name" at byte 56 is not valid UTF-8/);
  // Two halves of one character in two strings; the lengths are the file's own.
  for (const [first, second] of [
    ['aé', 'éa'],
    ['é', 'é'],
  ]) {
    const value = [first, second];
    const file = smallFile(['s', { type: 'array', elementType: 'string', value }]);
    const at = positionOf(file, 's\x09\0\0\0\x08\0\0\0') + 17;
    const bytes = Buffer.from(first);
    file[at + 8 + bytes.length - 1] = 0xc3;
    file[at + 8 + bytes.length + 8] = 0xa9;
    refuses(file, 'bad-header', /string [01] of metadata "s" at byte \d+ is not valid UTF-8/);
  }
});

test('arrays may nest, but not deeply', () => {
  const nest = (depth: number): TypedValue & { type: 'array' } =>
    depth === 0
      ? { type: 'array', elementType: 'u8', value: new Uint8Array([1]) }
      : { type: 'array', elementType: 'array', value: [nest(depth - 1)] };
  assert.equal(parse(smallFile(['n', nest(3)])).kind, 'header');
  refuses(smallFile(['n', nest(4)]), 'bad-header', /"n" nests arrays deeper than 4/);
});

test('alignment must be a power of two', () => {
  for (const value of [0, 3, 33, 2 ** 21]) {
    const file = smallFile(['general.alignmenu', { type: 'u32', value }]);
    file[positionOf(file, 'general.alignmenu') + 16] = 't'.charCodeAt(0);
    refuses(file, 'bad-header', /general.alignment is \d+; expected a power of two/);
  }
  const text = smallFile(['general.alignmenu', { type: 'string', value: '32' }]);
  text[positionOf(text, 'general.alignmenu') + 16] = 't'.charCodeAt(0);
  refuses(text, 'bad-header', /expected a number under "general.alignment", came a string/);
});

test('tensors must have a known type and a possible shape', () => {
  refuses(withU32(FILE, A_TYPE, 99), 'unsupported-tensor-type', /tensor "a" has tensor type 99/);
  refuses(withU32(FILE, A_TYPE, 31), 'unsupported-tensor-type', /31 \(Q4_0_4_4\).*removed/);
  refuses(withU32(FILE, A_TYPE, 12), 'bad-header', /32 columns; type Q4_K needs a multiple of 256/);
  refuses(withU64(FILE, A_DIM_0, 33n), 'bad-header', /33 columns/);
  refuses(withU64(FILE, A_DIM_1, 0n), 'bad-header', /absurd shape \[32, 0\]/);
  refuses(withU64(FILE, A_DIM_1, 2n ** 60n), 'bad-header', /absurd shape/);
  refuses(withU32(FILE, A_DIM_COUNT, 0), 'bad-header', /0 dimensions; expected 1 to 4/);
  refuses(withU32(FILE, A_DIM_COUNT, 2 ** 31), 'bad-header', /2147483648 dimensions/);
  refuses(withU64(FILE, A - 8, 0n), 'bad-header', /empty name/);
  refuses(withU64(FILE, A - 8, 257n), 'bad-header', /limit is 256/);
});

test('tensors must lie in the file, aligned, apart, and have names of their own', () => {
  refuses(withU64(FILE, B_OFFSET, 65n), 'bad-header', /"b" starts at offset 65, .* alignment 32/);
  refuses(withU64(FILE, B_OFFSET, 32n), 'bad-header', /tensors "a" and "b" overlap/);
  refuses(withU64(FILE, B_OFFSET, 0n), 'bad-header', /overlap/);
  refuses(withU64(FILE, B_OFFSET, 6400n), 'truncated-file', /tensor "b" ends at byte/);
  refuses(withU64(FILE, B_OFFSET, 2n ** 63n), 'bad-header', /absurd offset/);
  refuses(withU64(FILE, A_DIM_1, 4n), 'bad-header', /overlap/);
  refuses(
    withU32(FILE, B_TYPE, 28).fill(0x61, B, B + 1),
    'bad-header',
    /two tensors are named "a"/,
  );
  refuses(FILE.subarray(0, FILE.length - 17), 'truncated-file', /tensor "b" ends at byte/);
});

test('text of the file cannot write to the terminal of the reader', () => {
  const evil = 'x\u001b[2J\n\u202e\u009b';
  const file = smallFile([evil, { type: 'bool', value: true }]);
  file[positionOf(file, evil) + Buffer.byteLength(evil) + 4] = 7;
  refuses(file, 'bad-header', /metadata "x\\u001b\[2J\\n\\u202e\\u009b" is a bool of 7/);
});

test('a file without tensors needs no data section', () => {
  const file = writeGguf(new Map([NAME]), []);
  const header = parse(file.subarray(0, 61));
  assert.ok(header.kind === 'header' && header.header.tensors.length === 0);
});

test('getters give the value, undefined when absent, and refuse another type', () => {
  const value = new Float32Array([1]);
  const strings = ['a'];
  const result = parse(
    smallFile(
      ['n', { type: 'u32', value: 7 }],
      ['f', { type: 'bool', value: false }],
      ['a', { type: 'array', elementType: 'f32', value }],
      ['s', { type: 'array', elementType: 'string', value: strings }],
    ),
  );
  assert.ok(result.kind === 'header');
  const { metadata } = result.header;
  assert.equal(metadataNumber(metadata, 'n'), 7);
  assert.equal(metadataBoolean(metadata, 'f'), false);
  assert.equal(metadataString(metadata, 'general.name'), 'small');
  assert.deepEqual(metadataNumbers(metadata, 'a'), value);
  assert.deepEqual(metadataStrings(metadata, 's'), strings);
  assert.equal(metadataString(metadata, 'absent'), undefined);
  const refusal = (get: () => unknown, message: RegExp) =>
    assert.throws(
      get,
      (error) => isVitrineError(error, 'bad-header') && message.test(error.message),
    );
  refusal(() => metadataNumber(metadata, 'f'), /expected a number under "f", came a boolean/);
  refusal(() => metadataString(metadata, 's'), /expected a string under "s", came another kind/);
  refusal(() => metadataStrings(metadata, 'a'), /expected an array of strings under "a"/);
  refusal(() => metadataNumbers(metadata, 'n'), /expected an array of numbers under "n"/);
});
