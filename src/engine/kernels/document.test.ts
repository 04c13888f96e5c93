/** The examples in docs/formats/numerics.md, read from the text and computed again. */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { floatToHalf } from './half.ts';
import { expF32, expF64, logF64, sinCosF64 } from './math.ts';

const DOCUMENT = readFileSync(
  new URL('../../../docs/formats/numerics.md', import.meta.url),
  'utf8',
);

const view = new DataView(new ArrayBuffer(8));

function float(hex: string): number {
  view.setUint32(0, Number.parseInt(hex, 16));
  return view.getFloat32(0);
}

function floatHex(value: number): string {
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).padStart(8, '0');
}

function double(hex: string): number {
  view.setBigUint64(0, BigInt(`0x${hex}`));
  return view.getFloat64(0);
}

function doubleHex(value: number): string {
  view.setFloat64(0, value);
  return view.getBigUint64(0).toString(16).padStart(16, '0');
}

const f = Math.fround;

const FUNCTIONS: Record<string, (input: string) => string> = {
  exp32: (x) => floatHex(expF32(float(x))),
  silu32: (x) => floatHex(f(float(x) / f(1 + expF32(-float(x))))),
  log64: (x) => doubleHex(logF64(double(x))),
  exp64: (x) => doubleHex(expF64(double(x))),
  sin64: (x) => doubleHex(sinCosF64(double(x)).sin),
  cos64: (x) => doubleHex(sinCosF64(double(x)).cos),
  half: (x) => floatToHalf(float(x)).toString(16).padStart(4, '0'),
};

test('every example of section 4.7 comes out as printed', () => {
  const block = /```examples\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? '';
  const lines = block.trim().split('\n');
  assert.ok(lines.length >= 27, `${lines.length} examples`);
  const met = new Set<string>();
  for (const line of lines) {
    const [name, input, expected] = line.split(' ');
    assert.equal(FUNCTIONS[name](input), expected, line);
    met.add(name);
  }
  assert.deepEqual([...met].sort(), Object.keys(FUNCTIONS).sort());
});

test('constants are printed as decimals and bits that agree', () => {
  const table = [...DOCUMENT.matchAll(/^\| *\w+ *\| *(-?[\d.e-]+) *\| *`([0-9a-f]{8})` *\|$/gm)];
  assert.equal(table.length, 9);
  for (const [line, decimal, bits] of table) assert.equal(floatHex(f(Number(decimal))), bits, line);
  const doubles = [...DOCUMENT.matchAll(/= (\d[\d.e-]+) \(([0-9a-f]{16})\)/g)];
  assert.equal(doubles.length, 5);
  for (const [line, decimal, bits] of doubles) assert.equal(doubleHex(Number(decimal)), bits, line);
});
