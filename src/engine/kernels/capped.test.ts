/**
 * tanh-GELU, tanh and softcap of docs/formats/numerics.md sections 15 and 16: the printed examples
 * and constants, the bounds, and what they give at the ends. The modules are compared with these in
 * kernels.test.ts.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { geluF32, softcapF32, tanhF32 } from './math.ts';

const DOCUMENT = readFileSync(
  new URL('../../../docs/formats/numerics.md', import.meta.url),
  'utf8',
);

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

function float(hex: string): number {
  words[0] = Number.parseInt(hex, 16);
  return floats[0];
}

function hexOf(value: number): string {
  floats[0] = value;
  return words[0].toString(16).padStart(8, '0');
}

const FUNCTIONS: Record<string, (...inputs: number[]) => number> = {
  gelu32: geluF32,
  tanh32: tanhF32,
  softcap32: softcapF32,
};

test('every example of sections 15 and 16 comes out as printed', () => {
  const blocks = [...DOCUMENT.matchAll(/```examples-more\n([\s\S]*?)```/g)];
  const lines = blocks.flatMap(([, text]) => text.trim().split('\n'));
  assert.ok(lines.length >= 16, `${lines.length} examples`);
  for (const line of lines) {
    const [name, ...values] = line.split(' ');
    const inputs = values.slice(0, -1).map(float);
    assert.equal(hexOf(FUNCTIONS[name](...inputs)), values.at(-1), line);
  }
});

test('constants of sections 15 and 16 are printed as decimals and bits that agree', () => {
  const constants = [...DOCUMENT.matchAll(/^[LCT]\d? += (-?[\d.e-]+) +([0-9a-f]{8})$/gm)];
  assert.equal(constants.length, 7);
  for (const [line, decimal, bits] of constants) assert.equal(hexOf(Number(decimal)), bits, line);
});

/** Every 10007th f32 from 2^-100 to 88, of both signs, within the bounds. */
function* samples(from: number, to: number): Generator<number> {
  for (const sign of [0, 0x80000000]) {
    for (let magnitude = 0x0d800000; magnitude < 0x42b00000; magnitude += 10_007) {
      words[0] = magnitude + sign;
      const x = floats[0];
      if (x >= from && x <= to) yield x;
    }
  }
}

/** Largest error in ulp of the exact result; the f64 functions of Math are exact beside it. */
function worst(
  compute: (x: number) => number,
  exactly: (x: number) => number,
  [from, to]: readonly [number, number],
): number {
  let most = 0;
  for (const x of samples(from, to)) {
    const exact = exactly(x);
    const ulp = 2 ** (Math.max(Math.floor(Math.log2(Math.abs(exact))), -126) - 23);
    most = Math.max(most, Math.abs(compute(x) - exact) / ulp);
  }
  return most;
}

function gelu(x: number): number {
  return x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

for (const [name, bound, compute, exactly, range] of [
  ['tanh-GELU from 0 to 80', 2, geluF32, gelu, [0, 80]],
  ['tanh-GELU from -1 to 0', 2.5, geluF32, gelu, [-1, 0]],
  ['tanh-GELU from -4 to 0', 21, geluF32, gelu, [-4, 0]],
  ['tanh', 1.5, tanhF32, Math.tanh, [-80, 80]],
] as const) {
  test(`${name} is off by at most ${bound} ulp`, (t) => {
    const error = worst(compute, exactly, range);
    t.diagnostic(`worst ${error.toFixed(3)}`);
    assert.ok(error > 0.4 && error <= bound, `${error}`);
  });
}

test('nothing overflows, and NaN stays NaN', () => {
  for (const x of [1e10, 1e30, 3e38]) {
    assert.equal(geluF32(Math.fround(x)), Math.fround(x));
    assert.ok(Math.abs(geluF32(Math.fround(-x))) < 3);
    assert.equal(tanhF32(Math.fround(x)), 1);
    assert.equal(softcapF32(Math.fround(-x), 50), -50);
  }
  for (const compute of Object.values(FUNCTIONS)) {
    assert.ok(Number.isNaN(compute(Number.NaN, 1)));
  }
});
