import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { WEIGHT_TYPES } from './layout.ts';
import { FAULT, HALF_MASK, HALF_SCALE, MASK4, ONES } from './memory-map.ts';
import {
  ATTENTION_TILE_ROWS,
  NO_BARRIER,
  OPCODES,
  RECORD_BYTES,
  RECORD_WORDS,
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
  const found = assembly('record.ts');
  assert.deepEqual(found, { RECORD_BYTES, NO_BARRIER, ...operations });
  assert.equal(RECORD_BYTES, 4 * RECORD_WORDS);
});

test('weight types have the same numbers in layout.ts and in the kernels', () => {
  for (const name of ['embed.ts', 'matmul.ts']) {
    const found = assembly(name);
    assert.ok(Object.keys(found).length >= 10, `${name} declares the types`);
    assert.deepEqual(differences(found, WEIGHT_TYPES), [], name);
  }
});

test('fixed addresses are the same in memory-map.ts and in the kernels', () => {
  assert.deepEqual(assembly('constants.ts'), { ONES, MASK4, HALF_MASK, HALF_SCALE, FAULT });
});

test('sources of activations and the rows of an attention tile are the same', () => {
  assert.deepEqual(assembly('activate.ts'), {
    SOURCE_NORM: SOURCES.norm,
    SOURCE_SWIGLU: SOURCES.swiglu,
  });
  assert.deepEqual(assembly('attention.ts'), { TILE_ROWS: ATTENTION_TILE_ROWS });
});

test('a number that differs from its twin, or that only one of them has, is seen', () => {
  const found = numbersOf('const F16: i32 = 2;\nexport const MASK: usize = 0x10;\n');
  assert.deepEqual(found, { F16: 2, MASK: 16 });
  assert.deepEqual(differences(found, { F16: 1 }), [
    'F16 is 2, its twin 1',
    'MASK is 16, its twin undefined',
  ]);
});
