import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { formOf, LAYOUT_NUMBERS, type WeightType } from './layout.ts';
import { ABORTED, FAULT, HALF_MASK, HALF_SCALE, MASK4, ONES, SLEEPERS } from './memory-map.ts';
import {
  ATTENTION_TILE_ROWS,
  NO_BARRIER,
  OPCODES,
  RECORD_BYTES,
  RECORD_WORDS,
  ROW_MODES,
  SOURCES,
} from './ops.ts';

/** Named numbers of an AssemblyScript file: `const NAME: type = 12;` */
function numbersOf(text: string): Record<string, number> {
  const declarations = text.matchAll(/^(?:export )?const (\w+): \w+ = (0x[0-9a-f]+|\d+);/gm);
  return Object.fromEntries([...declarations].map(([, name, value]) => [name, Number(value)]));
}

function assembly(name: string): Record<string, number> {
  return numbersOf(readFileSync(new URL(`assembly/${name}`, import.meta.url), 'utf8'));
}

/** The numbers of `found` that its twin does not have, as lines. */
function differences(found: Record<string, number>, twin: Record<string, number>): string[] {
  return Object.entries(found)
    .filter(([name, value]) => twin[name] !== value)
    .map(([name, value]) => `${name} is ${value}, its twin ${twin[name]}`);
}

function upper(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

const operations = Object.fromEntries(
  Object.entries(OPCODES).map(([name, value]) => [`OP_${upper(name)}`, value]),
);

test('records and opcodes have the same numbers in ops.ts and in the kernels', () => {
  // How long a barrier spins and sleeps is the kernels' own affair.
  const { SPINS: _, SLICES: __, ...found } = assembly('record.ts');
  assert.deepEqual(found, { RECORD_BYTES, NO_BARRIER, ...operations });
  assert.equal(RECORD_BYTES, 4 * RECORD_WORDS);
});

test('weight types have the same numbers in layout.ts and in the kernels', () => {
  assert.deepEqual(assembly('embed.ts'), LAYOUT_NUMBERS);
  // The tiles are told apart by number; only types that differ otherwise are named here.
  const named = assembly('matmul.ts');
  assert.ok(Object.keys(named).length > 0);
  assert.deepEqual(differences(named, LAYOUT_NUMBERS), []);
});

/** Tile functions by kind (weight type | 256 for int15), of `tile8`, `tile4` and `tile1`. */
function dispatchOf(text: string): Record<string, number> {
  const cases = text.matchAll(
    /^ {4}case (\d+): (\w+)\(w, q, blocks, out, stride, add\); break;$/gm,
  );
  return Object.fromEntries([...cases].map(([, kind, name]) => [name, Number(kind)]));
}

function expectedDispatch(): Record<string, number> {
  const types = Object.entries(LAYOUT_NUMBERS) as [WeightType, number][];
  const kinds = types.flatMap(([type, id]) =>
    [...new Set([formOf(type), formOf(type, true)])].map((form): [string, number] => [
      `${form}${type}`,
      form === 'int15' ? id | 256 : id,
    ]),
  );
  const packed = kinds.filter(([name]) => !name.startsWith('float'));
  return Object.fromEntries(
    packed.flatMap(([name, kind]) => [8, 4, 1].map((width) => [`${name}x${width}`, kind])),
  );
}

test('every packed type and form has its tiles, under the number that calls carry', () => {
  const text = readFileSync(new URL('assembly/matmul-tiles.ts', import.meta.url), 'utf8');
  assert.deepEqual(dispatchOf(text), expectedDispatch());
  for (const width of [8, 4, 1]) {
    const own = dispatchOf(
      text.slice(text.indexOf(`export function tile${width}(`)).split('\n}')[0],
    );
    assert.ok(
      Object.keys(own).every((name) => name.endsWith(`x${width}`)),
      `tile${width}`,
    );
    assert.equal(Object.keys(own).length, Object.keys(expectedDispatch()).length / 3);
  }
});

test('fixed addresses are the same in memory-map.ts and in the kernels', () => {
  assert.deepEqual(assembly('constants.ts'), {
    ...{ ONES, MASK4, HALF_MASK, HALF_SCALE, FAULT, SLEEPERS, ABORTED },
  });
});

test('sources of activations and the rows of an attention tile are the same', () => {
  assert.deepEqual(assembly('activate.ts'), {
    SOURCE_NORM: SOURCES.norm,
    SOURCE_SWIGLU: SOURCES.swiglu,
    SOURCE_GEGLU: SOURCES.geglu,
    SOURCE_GELU: SOURCES.gelu,
  });
  assert.deepEqual(assembly('attention.ts'), { TILE_ROWS: ATTENTION_TILE_ROWS });
});

test('a tile under the wrong number is seen', () => {
  const call = (kind: number) =>
    `    case ${kind}: int8Q4_0x8(w, q, blocks, out, stride, add); break;`;
  assert.deepEqual(dispatchOf(call(3)), { int8Q4_0x8: expectedDispatch().int8Q4_0x8 });
  assert.deepEqual(dispatchOf(call(259)), { int8Q4_0x8: 259 });
});

test('a number that differs from its twin, or that only one of them has, is seen', () => {
  const found = numbersOf('const F16: i32 = 2;\nexport const MASK: usize = 0x10;\n');
  assert.deepEqual(found, { F16: 2, MASK: 16 });
  assert.deepEqual(differences(found, { F16: 1 }), [
    'F16 is 2, its twin 1',
    'MASK is 16, its twin undefined',
  ]);
});

test('modes of rows are the same; softcap is what is left', () => {
  const found = assembly('rows.ts');
  const twins = Object.entries(ROW_MODES).map(([name, mode]) => [`MODE_${upper(name)}`, mode]);
  assert.deepEqual({ ...found, MODE_SOFTCAP: ROW_MODES.softcap }, Object.fromEntries(twins));
});
