import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { parseGgufHeader } from './header.ts';
import { joinSplit, parseSplitName, type SplitPart, splitPartNames } from './split.ts';
import { type TensorToWrite, writeGguf } from './write.ts';

interface PartInput {
  no?: number;
  count?: number;
  tensorCount?: number;
  tensors: readonly string[];
}

function part(fileName: string, { no, count, tensorCount, tensors }: PartInput): SplitPart {
  const number = (key: string, value: number | undefined) =>
    value === undefined ? [] : [[key, { type: 'i32', value }] as const];
  const file = writeGguf(
    new Map([
      ...number('split.no', no),
      ...number('split.count', count),
      ...number('split.tensors.count', tensorCount),
    ]),
    tensors.map(
      (name): TensorToWrite => ({ name, type: 'F32', dims: [1], data: new Uint8Array(4) }),
    ),
  );
  const result = parseGgufHeader(file, { fileBytes: file.length });
  assert.ok(result.kind === 'header');
  return { fileName, header: result.header };
}

test('the name of any part gives the names of all', () => {
  const names = ['a-00001-of-00003.gguf', 'a-00002-of-00003.gguf', 'a-00003-of-00003.gguf'];
  for (const name of names) assert.deepEqual(splitPartNames(name), names);
  assert.deepEqual(parseSplitName(names[1]), { stem: 'a', part: 2, count: 3 });
});

test('other names are those of whole models', () => {
  const names = ['a.gguf', 'a-00001-of-00001.gguf', 'a-1-of-3.gguf', 'a-00004-of-00003.gguf'];
  for (const name of [...names, 'a-00000-of-00003.gguf', 'a-00001-of-00003.bin']) {
    assert.deepEqual(splitPartNames(name), [name]);
  }
});

test('a name that claims more parts than any model has is refused', () => {
  assert.throws(() => splitPartNames('a-00001-of-99999.gguf'), /claims 99999 parts; at most 4096/);
});

test('parts become one header, each tensor with its file', () => {
  const shared = { count: 3, tensorCount: 3 };
  const { tensors } = joinSplit([
    part('1', { ...shared, no: 0, tensors: ['a'] }),
    part('2', { ...shared, no: 1, tensors: [] }),
    part('3', { ...shared, no: 2, tensors: ['b', 'c'] }),
  ]);
  assert.deepEqual(
    tensors.map(({ name, file }) => [name, file]),
    [
      ['a', 0],
      ['b', 2],
      ['c', 2],
    ],
  );
});

test('parts that do not belong together are refused', () => {
  const shared = { count: 2, tensorCount: 2 };
  const first = part('m-1', { ...shared, no: 0, tensors: ['a'] });
  const second = (input: Partial<PartInput>) =>
    part('m-2', { ...shared, no: 1, tensors: ['b'], ...input });
  const refuses = (parts: SplitPart[], message: RegExp) =>
    assert.throws(() => joinSplit(parts), { code: 'bad-header', message });
  joinSplit([first, second({})]);
  refuses([second({}), first], /m-2 is part 2 of 2 by its metadata .* its name says part 1 of 2/);
  refuses([first, second({ count: 3 })], /m-2 is part 2 of 3 .* its name says part 2 of 2/);
  refuses([first, second({ count: undefined, no: undefined })], /m-2 is a whole model by its/);
  refuses([first, second({ tensors: ['a'] })], /"a" stands in m-1 and in m-2/);
  refuses([first, second({ tensors: ['b', 'c'] })], /m-1 speaks of 2 tensors .* have 3/);
  refuses([first], /m-1 is part 1 of 2 .* its name must end in -00001-of-00002\.gguf/);
});
