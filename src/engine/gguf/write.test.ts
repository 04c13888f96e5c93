import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseGgufHeader } from './header.ts';
import type { TypedValue } from './metadata.ts';
import { type TensorToWrite, writeGguf } from './write.ts';

const METADATA: ReadonlyMap<string, TypedValue> = new Map<string, TypedValue>([
  ['general.architecture', { type: 'string', value: 'llama' }],
  ['a.u8', { type: 'u8', value: 255 }],
  ['a.i8', { type: 'i8', value: -128 }],
  ['a.u16', { type: 'u16', value: 65535 }],
  ['a.i16', { type: 'i16', value: -32768 }],
  ['a.u32', { type: 'u32', value: 4294967295 }],
  ['a.i32', { type: 'i32', value: -2147483648 }],
  ['a.f32', { type: 'f32', value: 0.5 }],
  ['a.f64', { type: 'f64', value: 0.1 }],
  ['a.true', { type: 'bool', value: true }],
  ['a.false', { type: 'bool', value: false }],
  ['a.u64 safe', { type: 'u64', value: 2 ** 53 - 1 }],
  ['a.u64 big', { type: 'u64', value: 2n ** 64n - 1n }],
  ['a.i64 safe', { type: 'i64', value: -5 }],
  ['a.i64 big', { type: 'i64', value: -(2n ** 63n) }],
  ['b.u8', { type: 'array', elementType: 'u8', value: new Uint8Array([1, 2, 3]) }],
  ['b.i8', { type: 'array', elementType: 'i8', value: new Int8Array([-1, 2]) }],
  ['b.u16', { type: 'array', elementType: 'u16', value: new Uint16Array([65535]) }],
  ['b.i16', { type: 'array', elementType: 'i16', value: new Int16Array([-2]) }],
  ['b.u32', { type: 'array', elementType: 'u32', value: new Uint32Array([4294967295, 0]) }],
  ['b.i32', { type: 'array', elementType: 'i32', value: new Int32Array([-7]) }],
  ['b.f32', { type: 'array', elementType: 'f32', value: new Float32Array([1.5, -0]) }],
  ['b.f64', { type: 'array', elementType: 'f64', value: new Float64Array([0.1]) }],
  ['b.u64', { type: 'array', elementType: 'u64', value: [1, 2n ** 63n] }],
  ['b.i64', { type: 'array', elementType: 'i64', value: [-1, -(2n ** 60n)] }],
  ['b.bool', { type: 'array', elementType: 'bool', value: [true, false, true] }],
  ['b.none', { type: 'array', elementType: 'string', value: [] }],
  [
    'b.strings',
    {
      type: 'array',
      elementType: 'string',
      value: ['', 'a', '\ufeffbom', 'Ġthe', '日本', '😀', 'x'.repeat(300), 'é'.repeat(300), '\0'],
    },
  ],
  [
    'b.nested',
    {
      type: 'array',
      elementType: 'array',
      value: [
        { type: 'array', elementType: 'i32', value: new Int32Array([1, 2]) },
        { type: 'array', elementType: 'string', value: ['deep'] },
      ],
    },
  ],
]);

function bytesFrom(start: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (start + 7 * i) & 255);
}

const TENSORS: readonly TensorToWrite[] = [
  { name: 'token_embd.weight', type: 'Q4_0', dims: [64, 3], data: bytesFrom(1, 108) },
  { name: 'norm', type: 'F32', dims: [5], data: bytesFrom(2, 20) },
  { name: 'four', type: 'F16', dims: [2, 3, 1, 2], data: bytesFrom(3, 24) },
];

function parseWhole(file: Uint8Array) {
  const result = parseGgufHeader(file, { fileBytes: file.length });
  assert.equal(result.kind, 'header');
  return result.kind === 'header' ? result.header : assert.fail();
}

for (const options of [{}, { version: 2 as const }, { alignment: 8 }, { alignment: 4096 }]) {
  test(`what is written is read back, with ${JSON.stringify(options)}`, () => {
    const file = writeGguf(METADATA, TENSORS, options);
    const header = parseWhole(file);
    assert.equal(header.version, options.version ?? 3);
    assert.equal(header.alignment, options.alignment ?? 32);
    const expected = new Map(METADATA);
    if (options.alignment) {
      expected.set('general.alignment', { type: 'u32', value: options.alignment });
    }
    assert.deepEqual(header.typedMetadata, expected);
    assert.equal(header.tensors.length, TENSORS.length);
    header.tensors.forEach((tensor, i) => {
      const { name, type, dims, data } = TENSORS[i];
      assert.deepEqual([tensor.name, tensor.type, tensor.dims], [name, type, dims]);
      assert.equal(tensor.offsetBytes % header.alignment, 0);
      const end = tensor.offsetBytes + tensor.sizeBytes;
      assert.deepEqual(file.subarray(tensor.offsetBytes, end), data);
    });
  });
}

test('a file written again from what was read is the same file', () => {
  const file = writeGguf(METADATA, TENSORS, { alignment: 64 });
  const header = parseWhole(file);
  const tensors = header.tensors.map(({ name, type, dims, offsetBytes, sizeBytes }) => ({
    name,
    type,
    dims,
    data: file.subarray(offsetBytes, offsetBytes + sizeBytes),
  }));
  assert.deepEqual(writeGguf(header.typedMetadata, tensors), file);
});

test('metadata reads as plain values: numbers when safe, else bigints', () => {
  const { metadata } = parseWhole(writeGguf(METADATA, []));
  assert.equal(metadata.get('a.u64 safe'), 2 ** 53 - 1);
  assert.equal(metadata.get('a.u64 big'), 2n ** 64n - 1n);
  assert.deepEqual(metadata.get('b.nested'), [new Int32Array([1, 2]), ['deep']]);
  assert.deepEqual(metadata.get('b.f32'), new Float32Array([1.5, -0]));
});

test('values out of range and data of another size are a wrong program', () => {
  const write = (value: TypedValue) => writeGguf(new Map([['k', value]]), []);
  assert.throws(() => write({ type: 'u8', value: 256 }), /256 is a u8/);
  assert.throws(() => write({ type: 'u64', value: -1 }), /-1 is a u64/);
  assert.throws(() => write({ type: 'i32', value: 0.5 }), /0.5 is a i32/);
  assert.throws(() => write({ type: 'bool', value: 1 }), /1 is a bool/);
  const data = new Uint8Array(17);
  const tensor = { name: 't', type: 'Q4_0', dims: [32], data } as const;
  assert.throws(() => writeGguf(new Map(), [tensor]), /18 bytes, not 17/);
});
