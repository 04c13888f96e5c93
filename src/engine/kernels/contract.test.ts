/**
 * Rules of docs/formats/numerics.md that no vector shows: a column's bits are its own (section 1),
 * and what is not finite is a fault (section 11). For the reference and both modules.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { activationBytes } from './activations.ts';
import { formOf, pack, packedBytes, WEIGHT_TYPES, type WeightType } from './layout.ts';
import { FAULT, HEAP_START, initializeMemory } from './memory-map.ts';
import { attentionScratchBytes, FORMS, type Form, OpList, RECORD_BYTES } from './ops.ts';
import { Random, randomWeights } from './self-test.ts';
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

const LIST = HEAP_START;
const HEAP = HEAP_START + 64 * RECORD_BYTES;

function fresh(): { memory: WebAssembly.Memory; list: OpList; buffer: ArrayBuffer } {
  const memory = createMemory(4 << 20, false);
  initializeMemory(memory.buffer);
  const list = new OpList(memory.buffer, LIST, 64, 4);
  return { memory, list, buffer: memory.buffer as ArrayBuffer };
}

/** Products of `rows` (f32 [columns][K]), as one call. */
function multiply(
  bind: Bind,
  type: WeightType,
  weights: Uint8Array,
  N: number,
  rows: Float32Array,
  form: Form,
): Float32Array {
  const K = 256;
  const columns = rows.length / K;
  const { memory, list, buffer } = fresh();
  const [x, w, out] = [HEAP, HEAP + (1 << 16), HEAP + (3 << 19)];
  const activations = HEAP + (1 << 20);
  new Float32Array(buffer, x, rows.length).set(rows);
  pack(type, K, weights, new Uint8Array(buffer, w, packedBytes(type, N, K)));
  assert.ok(activations + columns * activationBytes(form, K) < out);
  list.activate({
    ...{ out: activations, source: 'plain', form, in: x, inStride: K * 4, K, columns },
    label: type,
  });
  list.matmul({
    ...{ out, outStride: N * 4, add: false, weights: w, activations, K, N, columns },
    ...{ type: WEIGHT_TYPES[type], form, label: type },
  });
  bind(memory).run(list.start, list.count, 0, 1);
  return new Float32Array(buffer, out, columns * N).slice();
}

/** Every weight type with every form that its input can have. */
const KINDS = (Object.keys(WEIGHT_TYPES) as WeightType[]).flatMap((type) =>
  [...new Set([formOf(type), formOf(type, true)])].map((form): [WeightType, Form] => [type, form]),
);

for (const [name, bind] of IMPLEMENTATIONS) {
  test(`${name}: a column's products do not depend on the columns beside it`, () => {
    for (const [type, form] of KINDS) checkColumns(bind, type, form);
  });

  test(`${name}: attention does not depend on how the rows are cut into calls`, () => {
    const whole = attend(bind, [130]);
    for (const cuts of [[1, 129], [64, 66], [63, 1, 66], Array(130).fill(1)]) {
      assert.deepEqual(attend(bind, cuts), whole, `${cuts.slice(0, 4)}`);
    }
  });

  for (const form of Object.keys(FORMS) as Form[]) {
    test(`${name}: NaN and infinities anywhere in ${form} activations are a fault`, () => {
      for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
        for (const place of [0, 1, 15, 16, 31, 32, 62, 63]) {
          assert.equal(faultOf(bind, form, bad, place), LIST, `${bad} at ${place}`);
        }
      }
      assert.equal(faultOf(bind, form, 3e38, 5), 0, 'the largest numbers are none');
    });
  }

  test(`${name}: a fault names the first call that met it`, () => {
    const { memory, list, buffer } = fresh();
    new Float32Array(buffer, HEAP, 32).fill(Number.NaN);
    const call = { source: 'plain', form: 'float', in: HEAP, inStride: 128 } as const;
    for (const label of ['first', 'second', 'third']) {
      list.activate({ ...call, out: HEAP + 4096, K: 32, columns: 1, label });
    }
    bind(memory).run(list.start, list.count, 0, 1);
    assert.equal(list.labelOf(new Int32Array(buffer, FAULT, 1)[0]), 'first');
  });

  test(`${name}: keys and values beyond the largest half are a fault, below it none`, () => {
    // 65519.996 is the largest f32 that rounds to 65504.
    for (const [value, isFault] of [
      [65519.996, false],
      [65520, true],
      [-7e4, true],
    ] as const) {
      for (const place of [32, 64]) {
        assert.equal(ropeFault(bind, value, place), isFault ? LIST : 0, `${value} at ${place}`);
      }
    }
    assert.equal(ropeFault(bind, Number.NaN, 64), LIST);
  });
}

function checkColumns(bind: Bind, type: WeightType, form: Form): void {
  const [K, N] = [256, 8];
  const random = new Random(11);
  const weights = randomWeights(type, N, K, random);
  const rows = new Float32Array(15 * K);
  random.fillFloats(rows);
  const alone = Array.from({ length: 15 }, (_, c) =>
    multiply(bind, type, weights, N, rows.slice(c * K, (c + 1) * K), form),
  );
  // Every mixture of tiles of 8, 4 and 1.
  for (const columns of [2, 4, 5, 8, 9, 12, 15]) {
    const together = multiply(bind, type, weights, N, rows.slice(0, columns * K), form);
    for (let c = 0; c < columns; c += 1) {
      const place = `${type} ${form} ${columns} ${c}`;
      assert.deepEqual(together.slice(c * N, (c + 1) * N), alone[c], place);
    }
  }
}

/** Fault word after one activate call on 64 zeros with one value in them. */
function faultOf(bind: Bind, form: Form, bad: number, place: number): number {
  const { memory, list, buffer } = fresh();
  new Float32Array(buffer, HEAP, 64)[place] = bad;
  const call = { source: 'plain', form, in: HEAP, inStride: 256, K: 64, columns: 1 } as const;
  list.activate({ ...call, out: HEAP + 4096, label: 'x' });
  bind(memory).run(list.start, 1, 0, 1);
  return new Int32Array(buffer, FAULT, 1)[0];
}

/** One row of one query, one key and one value head of 32, with a value at `place`. */
function ropeFault(bind: Bind, value: number, place: number): number {
  const { memory, list, buffer } = fresh();
  const [qkv, table, pages, rows, kv] = [0, 1024, 2048, 2112, 4096].map((at) => HEAP + at);
  new Float32Array(buffer, qkv, 96)[place] = value;
  const angles = new Float32Array(buffer, table, 32);
  for (let i = 0; i < 32; i += 2) angles[i] = 1;
  new Int32Array(buffer, rows, 4).set([0, 0, pages, 0]);
  list.ropeKv({
    ...{ qkv, stride: 384, rows, rowCount: 1, ropeTable: table, kv, pageBytes: 32 * 256 },
    ...{ heads: 1, kvHeads: 1, headDimension: 32, queryScale: 1, halfPairs: false, label: 'k' },
  });
  bind(memory).run(list.start, 1, 0, 1);
  return new Int32Array(buffer, FAULT, 1)[0];
}

/** Rotation and attention over 130 positions, the rows in calls of these lengths. */
function attend(bind: Bind, cuts: readonly number[]): Float32Array {
  const count = 130;
  const shape = { heads: 2, kvHeads: 1, headDimension: 32 };
  const { memory, list: first, buffer } = fresh();
  let next = HEAP + 300 * RECORD_BYTES;
  const take = (bytes: number) => {
    next += Math.ceil(bytes / 64) * 64;
    return next - Math.ceil(bytes / 64) * 64;
  };
  assert.equal(first.count, 0);
  const list = new OpList(buffer, HEAP, 300, 4);
  const stride = 4 * 32 * 4;
  const [qkv, table] = [take(count * stride), take(count * 128)];
  const random = new Random(5);
  random.fillFloats(new Float32Array(buffer, qkv, (count * stride) / 4));
  random.fillFloats(new Float32Array(buffer, table, count * 32));
  const [kv, pages, rows] = [take(3 * 32 * 256), take(64), take(count * 16)];
  new Uint32Array(buffer, pages, 3).set([1, 2, 0]);
  for (let r = 0; r < count; r += 1) new Int32Array(buffer, rows + r * 16, 4).set([0, r, pages, 0]);
  const [out, scratch] = [take(count * 256), take(attentionScratchBytes(shape))];
  let row = 0;
  for (const rowCount of cuts) {
    const common = { ...shape, rows: rows + row * 16, rowCount, kv, pageBytes: 32 * 256 };
    const at = qkv + row * stride;
    list.ropeKv({
      ...{ ...common, qkv: at, stride, ropeTable: table, queryScale: 0.176, halfPairs: false },
      label: 'k',
    });
    list.attention({
      ...{ ...common, out: out + row * 256, outStride: 256, q: at, qStride: stride, scratch },
      label: 'o',
    });
    row += rowCount;
  }
  assert.equal(row, count);
  bind(memory).run(list.start, list.count, 0, 1);
  return new Float32Array(buffer, out, count * 64).slice();
}
