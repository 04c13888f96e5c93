/**
 * Products at the bounds of numerics.md section 2.4: the largest codes and scales times the largest
 * integers, in whole blocks of one sign. Expected values come from the formulas of section 2.3 over
 * integers that the test knows, not from any kernel.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { activationBytes, INTEGER_MAX, tileOf } from './activations.ts';
import { fileRowBytes, pack, packedBytes, WEIGHT_TYPES } from './layout.ts';
import { HEAP_START, initializeMemory } from './memory-map.ts';
import { OpList, RECORD_BYTES } from './ops.ts';
import { bindModule, bindReference, createMemory, type Kernels } from './wasm.ts';

type Bind = (memory: WebAssembly.Memory) => Kernels;

function bindBuild(name: string): Bind {
  const bytes = readFileSync(new URL(`./build/${name}.wasm`, import.meta.url));
  return (memory) => bindModule(new WebAssembly.Module(bytes), memory);
}

const IMPLEMENTATIONS: [string, Bind][] = [
  ['reference', bindReference],
  ['vitrine-simd128', bindBuild('vitrine-simd128')],
  ['vitrine-relaxed', bindBuild('vitrine-relaxed')],
];

const f = Math.fround;
/** d, and m or dmin, as halves and as numbers: odd ones, so that every rounding shows. */
const D = [0x55, 0x3d];
const M = [0x66, 0x3e];
const d = 1 + 341 / 1024;
const m = 1 + 614 / 1024;
const K = 256;
const LIST = HEAP_START;
const [X, WEIGHTS, ACTIVATIONS, OUT] = [1, 2, 3, 4].map((i) => HEAP_START + (i << 16));

/** A block of 32: one code, an integer scale of each half, an integer min. */
interface Filled {
  type: 'Q4_0' | 'Q4_1' | 'Q5_0' | 'Q5_1' | 'Q4_K' | 'Q5_K' | 'Q6_K';
  code: number;
  scales?: [number, number];
  hasM?: boolean;
  min?: number;
  /** One block of the file. */
  bytes: number[];
}

const all = (length: number, byte: number): number[] => new Array(length).fill(byte);

/** Q6_K: scales of the halves of a block, in turns. */
const six = (low: number, high: number, scales: [number, number], code: number): Filled => ({
  ...{ type: 'Q6_K', code, scales },
  bytes: [
    ...[...all(128, low), ...all(64, high)],
    ...Array.from({ length: 16 }, (_, i) => scales[i & 1] & 255),
    ...D,
  ],
});

const FILLED: readonly Filled[] = [
  { type: 'Q4_0', code: 7, bytes: [...D, ...all(16, 255)] },
  { type: 'Q4_0', code: -8, bytes: [...D, ...all(16, 0)] },
  { type: 'Q4_1', code: 15, hasM: true, bytes: [...D, ...M, ...all(16, 255)] },
  { type: 'Q5_0', code: 15, bytes: [...D, ...all(20, 255)] },
  { type: 'Q5_0', code: -16, bytes: [...D, ...all(20, 0)] },
  { type: 'Q5_1', code: 31, hasM: true, bytes: [...D, ...M, ...all(20, 255)] },
  // Every 6-bit scale and min is 63.
  {
    ...{ type: 'Q4_K', code: 15, scales: [63, 63], min: 63 },
    bytes: [...D, ...M, ...all(12, 255), ...all(128, 255)],
  },
  {
    ...{ type: 'Q5_K', code: 31, scales: [63, 63], min: 63 },
    bytes: [...D, ...M, ...all(12, 255), ...all(160, 255)],
  },
  // The second term alone.
  {
    ...{ type: 'Q4_K', code: 0, scales: [63, 63], min: 63 },
    bytes: [...D, ...M, ...all(12, 255), ...all(128, 0)],
  },
  six(255, 255, [127, 127], 31),
  six(255, 255, [-128, 127], 31),
  six(0, 0, [-128, -128], -32),
  six(0, 0, [127, -128], -32),
];

/** Integers of a block: constant, one sign in each half, in turns, and falling. */
function patterns(top: number): number[][] {
  const of = (value: (k: number) => number) => Array.from({ length: 32 }, (_, k) => value(k));
  return [
    of(() => top),
    of(() => -top),
    of((k) => (k < 16 ? top : -top)),
    of((k) => (k < 16 ? -top : top)),
    of((k) => (k % 2 === 0 ? top : -top)),
    of((k) => (k === 31 ? -top : 1)),
    // Odd sums near the largest, which no f32 holds once they are scaled.
    ...Array.from({ length: 32 }, (_, i) => of((k) => top - Math.min(k, i))),
  ];
}

/** Section 2.3 with step 1 for one block; the others are zeros. */
function expected(block: Filled, q: readonly number[]): number {
  const [I0, I1] = [q.slice(0, 16), q.slice(16)].map((half) =>
    half.reduce((sum, value) => sum + block.code * value, 0),
  );
  const J = q.reduce((sum, value) => sum + value, 0);
  const [first, second] = block.scales ?? [1, 1];
  const sum = block.type === 'Q6_K' ? f(f(first * I0) + f(second * I1)) : f(first * (I0 + I1));
  let c = f(d * sum);
  if (block.hasM === true) c = f(c + f(m * J));
  if (block.min !== undefined) c = f(c - f(m * f(block.min * J)));
  // The accumulator starts at +0, which -0 leaves as it is.
  return 0 + c;
}

/** Memory with a prepared column for each of `rows`, which stands in its block c mod 8. */
function prepare(rows: readonly number[][], form: 'int8' | 'int15') {
  const memory = createMemory(1 << 20, false);
  initializeMemory(memory.buffer);
  const list = new OpList(memory.buffer, LIST, 64, 4);
  assert.ok(LIST + 64 * RECORD_BYTES <= X);
  const x = new Float32Array(memory.buffer, X, rows.length * K);
  for (const [c, row] of rows.entries()) {
    x.set(row, c * K + (c & 7) * 32);
  }
  assert.ok(ACTIVATIONS + rows.length * activationBytes(form, K) <= OUT);
  list.activate({
    ...{ out: ACTIVATIONS, source: 'plain', form, in: X, inStride: K * 4, K },
    ...{ columns: rows.length, label: form },
  });
  return { memory, list };
}

function products(bind: Bind, block: Filled, form: 'int8' | 'int15'): Float32Array {
  const rows = patterns(INTEGER_MAX[form]);
  const { memory, list } = prepare(rows, form);
  const N = 4;
  const file = Uint8Array.from(
    { length: N * fileRowBytes(block.type, K) },
    (_, i) => block.bytes[i % block.bytes.length],
  );
  pack(block.type, K, file, new Uint8Array(memory.buffer, WEIGHTS, packedBytes(block.type, N, K)));
  list.matmul({
    ...{ out: OUT, outStride: N * 4, add: false, weights: WEIGHTS, activations: ACTIVATIONS },
    ...{ K, N, columns: rows.length, type: WEIGHT_TYPES[block.type], form, label: block.type },
  });
  bind(memory).run(list.start, list.count, 0, 1);
  return new Float32Array(memory.buffer, OUT, rows.length * N);
}

for (const [name, bind] of IMPLEMENTATIONS) {
  for (const form of ['int8', 'int15'] as const) {
    test(`${name}: the largest codes and scales times the largest ${form} integers`, () => {
      const rows = patterns(INTEGER_MAX[form]);
      for (const block of FILLED) {
        const y = products(bind, block, form);
        for (const [c, q] of rows.entries()) {
          const wanted = expected(block, q);
          const place = `${block.type} codes ${block.code} scales ${block.scales}, pattern ${c}`;
          assert.deepEqual([...y.subarray(c * 4, c * 4 + 4)], all(4, wanted), place);
        }
      }
    });
  }

  test(`${name}: every int15 is 128 times its high and its low byte, low in -64..63`, () => {
    const top = INTEGER_MAX.int15;
    // With the largest as its first a block has step 1, and its integers are its values.
    const rows: number[][] = [];
    for (let q = -top; q <= top; q += 31) {
      rows.push([top, ...Array.from({ length: 31 }, (_, i) => Math.min(top, q + i))]);
    }
    for (let at = 0; at < rows.length; at += 64) {
      const some = rows.slice(at, at + 64);
      const { memory, list } = prepare(some, 'int15');
      bind(memory).run(list.start, list.count, 0, 1);
      for (const [c, row] of some.entries()) {
        const { offset, width, lane } = tileOf('int15', K, c, some.length);
        const view = new DataView(
          memory.buffer,
          ACTIVATIONS + offset + (c & 7) * 80 * width + lane * 4,
        );
        assert.equal(view.getFloat32(64 * width, true), 1, 'step');
        const bytes = row.map((_, k) => {
          const high = (k >> 2) * width * 4 + (k & 3);
          return [view.getInt8(high), view.getInt8(high + 32 * width)];
        });
        assert.ok(bytes.every(([high, low]) => low >= -64 && low <= 63 && Math.abs(high) <= 127));
        assert.deepEqual(
          bytes.map(([high, low]) => 128 * high + low),
          row,
        );
      }
    }
  });
}
