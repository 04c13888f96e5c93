/**
 * The test vectors of docs/formats/numerics.md, which an implementation in numpy made from the text
 * of the document (test/oracle/numerics), against the reference and both modules. Sampling has its
 * own test in sampler/.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { activationBytes, BLOCK_BYTES, tileOf } from './activations.ts';
import { formOf, pack, packedBytes, WEIGHT_TYPES, type WeightType } from './layout.ts';
import { expF32, expF64, geluF32, logF64, sinCosF64, softcapF32, tanhF32 } from './math.ts';
import { FAULT, HEAP_START, initializeMemory } from './memory-map.ts';
import { attentionScratchBytes, type Form, OpList, RECORD_BYTES } from './ops.ts';
import { bindModule, bindReference, createMemory, type Kernels } from './wasm.ts';

type BlockForm = Exclude<Form, 'float'>;

interface Vectors {
  exp: { x: string; y: string };
  f64: { log: [number, string][]; exp: [number, string][]; sinCos: [number, string][] };
  activations: { K: number; x: string } & Record<BlockForm, { steps: string; q: string }>;
  products: {
    type: WeightType;
    N: number;
    K: number;
    weights: string;
    x: string;
    y: string;
    /** With int15 inputs, for the types that take them. */
    y15?: string;
    embedding: string;
  }[];
  rows: Record<'x' | 'norm' | 'up' | 'normed' | 'activated', string> & { K: number; eps: number };
  attention: { D: number; heads: number; count: number; qkv: string; scale: string } & Record<
    'neighbours' | 'halves',
    { k: string; v: string; positions: number[]; out: string }
  > & { table?: string };
  elementary: Record<'x' | 'gelu' | 'tanh' | 'softcap', string> & { cap: number };
  rope: { base: number; D: number; positions: number[]; rows: string }[];
}

const VECTORS = JSON.parse(
  readFileSync(new URL('../../../test/oracle/numerics/vectors.json', import.meta.url), 'utf8'),
) as Vectors;

function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

function floatsOf(text: string): Float32Array {
  return new Float32Array(bytesOf(text).buffer);
}

function bitsOf(values: Float32Array): Uint32Array {
  return new Uint32Array(values.slice().buffer);
}

/** Memory with a cursor, kernels over it, and the list that they run. */
class Bench {
  readonly memory = createMemory(4 << 20, false);
  readonly list: OpList;
  readonly #kernels: Kernels;
  #next = HEAP_START + 64 * RECORD_BYTES;

  constructor(bind: (memory: WebAssembly.Memory) => Kernels) {
    initializeMemory(this.memory.buffer);
    this.list = new OpList(this.memory.buffer, HEAP_START, 64, 4);
    this.#kernels = bind(this.memory);
  }

  take(bytes: number): number {
    const at = this.#next;
    this.#next += Math.ceil(bytes / 64) * 64;
    return at;
  }

  put(data: Uint8Array | Float32Array | Int32Array | Uint32Array): number {
    const at = this.take(data.byteLength);
    new Uint8Array(this.memory.buffer, at).set(
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
    );
    return at;
  }

  run(): void {
    this.#kernels.run(this.list.start, this.list.count, 0, 1);
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, at, length);
  }

  get fault(): number {
    return new Int32Array(this.memory.buffer, FAULT, 1)[0];
  }
}

function bindBuild(name: string): (memory: WebAssembly.Memory) => Kernels {
  const bytes = readFileSync(new URL(`./build/${name}.wasm`, import.meta.url));
  return (memory) => bindModule(new WebAssembly.Module(bytes), memory);
}

test('exp in f32 gives the bits of the vectors', () => {
  const x = floatsOf(VECTORS.exp.x);
  assert.ok(x.length > 400);
  assert.deepEqual(bitsOf(x.map(expF32)), bitsOf(floatsOf(VECTORS.exp.y)));
});

test('exp, log, sin and cos in f64 give the bits of the vectors', () => {
  const doubles = (text: string) => [...new Float64Array(bytesOf(text).buffer)];
  for (const [x, y] of VECTORS.f64.log) assert.deepEqual([logF64(x)], doubles(y), `log ${x}`);
  for (const [x, y] of VECTORS.f64.exp) assert.deepEqual([expF64(x)], doubles(y), `exp ${x}`);
  for (const [x, y] of VECTORS.f64.sinCos) {
    const { sin, cos } = sinCosF64(x);
    assert.deepEqual([sin, cos], doubles(y), `sin, cos ${x}`);
  }
});

test('GELU, tanh and softcap in f32 give the bits of the vectors', () => {
  const { x, gelu, tanh, softcap, cap } = VECTORS.elementary;
  const inputs = floatsOf(x);
  assert.ok(inputs.length > 250);
  assert.deepEqual(bitsOf(inputs.map(geluF32)), bitsOf(floatsOf(gelu)));
  assert.deepEqual(bitsOf(inputs.map(tanhF32)), bitsOf(floatsOf(tanh)));
  const capped = inputs.map((value) => softcapF32(value, cap));
  assert.deepEqual(bitsOf(capped), bitsOf(floatsOf(softcap)));
});

for (const [name, bind] of [
  ['reference', bindReference],
  ['vitrine-simd128', bindBuild('vitrine-simd128')],
  ['vitrine-relaxed', bindBuild('vitrine-relaxed')],
] as const) {
  for (const form of ['int8', 'int15', 'int16'] as const) {
    test(`${name}: ${form} activations of section 2`, () =>
      checkActivations(new Bench(bind), form));
  }
  for (const vector of VECTORS.products) {
    test(`${name}: products and embedding rows of ${vector.type}`, () => {
      checkProduct(new Bench(bind), vector, formOf(vector.type), vector.y);
    });
    if (formOf(vector.type, true) !== 'int15') continue;
    test(`${name}: products of ${vector.type} with int15 inputs`, () => {
      assert.ok(vector.y15 !== undefined && vector.y15 !== vector.y);
      checkProduct(new Bench(bind), vector, 'int15', vector.y15);
    });
  }
  test(`${name}: norm and SwiGLU of section 6`, () => checkRows(new Bench(bind)));
  test(`${name}: GeGLU and softcap of sections 15 and 16`, () => checkElementary(new Bench(bind)));
  for (const pairs of ['neighbours', 'halves'] as const) {
    test(`${name}: rotation with ${pairs}, KV halves, attention`, () => {
      checkAttention(new Bench(bind), pairs);
    });
  }
}

function checkActivations(bench: Bench, form: BlockForm): void {
  const { K, x } = VECTORS.activations;
  const rows = floatsOf(x);
  const columns = rows.length / K;
  const out = bench.take(columns * activationBytes(form, K));
  bench.list.activate({
    ...{ out, source: 'plain', form, in: bench.put(rows), inStride: K * 4, K, columns },
    label: 'x',
  });
  bench.run();
  const expected = VECTORS.activations[form];
  const steps = new Float32Array((columns * K) / 32);
  const q = form === 'int8' ? new Int8Array(columns * K) : new Int16Array(columns * K);
  const view = new DataView(bench.memory.buffer);
  for (let c = 0; c < columns; c += 1) {
    const { offset, width, lane } = tileOf(form, K, c, columns);
    for (let b = 0; b < K / 32; b += 1) {
      const block = out + offset + b * BLOCK_BYTES[form] * width + lane * 4;
      const integers = Array.from({ length: 32 }, (_, k) => integerAt(view, form, block, width, k));
      q.set(integers, c * K + b * 32);
      const scales = block + PLANE_BYTES[form] * width;
      steps[c * (K / 32) + b] = view.getFloat32(scales, true);
      if (form !== 'int16') checkSums(view, scales, width, integers);
    }
  }
  assert.deepEqual(bitsOf(steps), bitsOf(floatsOf(expected.steps)));
  assert.deepEqual(new Uint8Array(q.buffer), bytesOf(expected.q));
  assert.equal(bench.fault, 0);
}

/** Bytes of the integers of 32 k, one column. */
const PLANE_BYTES = { int8: 32, int15: 64, int16: 64 } as const;

function integerAt(view: DataView, form: BlockForm, block: number, width: number, k: number) {
  if (form === 'int16') {
    return view.getInt16(block + (k >> 1) * width * 4 + 2 * (k & 1), true);
  }
  const at = block + (k >> 2) * width * 4 + (k & 3);
  if (form === 'int8') return view.getInt8(at);
  const low = view.getInt8(at + 32 * width);
  assert.ok(low >= -64 && low <= 63, `low part ${low}`);
  return view.getInt8(at) * 128 + low;
}

/** Sum of all 32 integers, of the first and of the second 16. */
function checkSums(view: DataView, scales: number, width: number, integers: readonly number[]) {
  for (const [i, [from, to]] of [
    [0, 32],
    [0, 16],
    [16, 32],
  ].entries()) {
    const sum = integers.slice(from, to).reduce((a, b) => a + b, 0);
    assert.equal(view.getFloat32(scales + (i + 1) * width * 4, true), sum);
  }
}

function checkProduct(
  bench: Bench,
  vector: Vectors['products'][number],
  form: Form,
  expected: string,
): void {
  const { type, N, K } = vector;
  const x = floatsOf(vector.x);
  const columns = x.length / K;
  const packed = new Uint8Array(packedBytes(type, N, K));
  pack(type, K, bytesOf(vector.weights), packed);
  const weights = bench.put(packed);
  const activations = bench.take(columns * activationBytes(form, K));
  const stride = Math.ceil(N / 4) * 16;
  const out = bench.take(columns * stride);
  const rows = bench.put(Int32Array.from({ length: N * 4 }, (_, i) => (i % 4 === 0 ? i / 4 : 0)));
  const embedded = bench.take(N * K * 4);
  const common = { weights, K, type: WEIGHT_TYPES[type], label: type };
  bench.list.activate({
    ...{ out: activations, source: 'plain', form, in: bench.put(x), inStride: K * 4, K, columns },
    label: type,
  });
  bench.list.matmul({
    ...{ ...common, out, outStride: stride, add: false, activations, N, columns, form },
  });
  bench.list.embed({ ...common, out: embedded, outStride: K * 4, rows, rowCount: N });
  bench.run();
  const y = new Float32Array(columns * N);
  for (let c = 0; c < columns; c += 1) y.set(bench.floats(out + c * stride, N), c * N);
  assert.deepEqual(bitsOf(y), bitsOf(floatsOf(expected)));
  assert.deepEqual(bench.floats(embedded, N * K), floatsOf(vector.embedding));
}

function checkRows(bench: Bench): void {
  const { K, eps, x, norm, up, normed, activated } = VECTORS.rows;
  const rows = floatsOf(x);
  const columns = rows.length / K;
  const source = { form: 'float', in: bench.put(rows), inStride: K * 4, K, columns } as const;
  const [out, second] = [bench.take(columns * K * 4), bench.take(columns * K * 4)];
  bench.list.activate({
    ...{ ...source, out, source: 'norm', second: bench.put(floatsOf(norm)), eps },
    label: 'norm',
  });
  bench.list.activate({
    ...{ ...source, out: second, source: 'swiglu', second: bench.put(floatsOf(up)) },
    ...{ secondStride: K * 4, label: 'swiglu' },
  });
  bench.run();
  assert.deepEqual(bitsOf(bench.floats(out, columns * K)), bitsOf(floatsOf(normed)));
  assert.deepEqual(bitsOf(bench.floats(second, columns * K)), bitsOf(floatsOf(activated)));
}

function checkElementary(bench: Bench): void {
  const { x, gelu, softcap, cap } = VECTORS.elementary;
  const values = floatsOf(x);
  const K = values.length;
  const input = bench.put(values);
  const [activated, capped] = [bench.take(K * 4), bench.take(K * 4)];
  bench.list.activate({
    ...{ out: activated, source: 'geglu', form: 'float', in: input, inStride: K * 4, K },
    ...{ columns: 1, second: bench.put(new Float32Array(K).fill(1)), secondStride: K * 4 },
    label: 'geglu',
  });
  bench.list.rows({
    ...{ mode: 'softcap', out: capped, outStride: K * 4, in: input, inStride: K * 4 },
    ...{ length: K, rowCount: 1, parameter: cap, label: 'softcap' },
  });
  bench.run();
  assert.deepEqual(bitsOf(bench.floats(activated, K)), bitsOf(floatsOf(gelu)));
  assert.deepEqual(bitsOf(bench.floats(capped, K)), bitsOf(floatsOf(softcap)));
  assert.equal(bench.fault, 0);
}

function checkAttention(bench: Bench, pairs: 'neighbours' | 'halves'): void {
  const { D, heads, count } = VECTORS.attention;
  const expected = VECTORS.attention[pairs];
  const stride = (heads + 2) * D * 4;
  const table = new Float32Array(count * D);
  const logBase = logF64(10000);
  for (let p = 0; p < count; p += 1) {
    for (let i = 0; i < D / 2; i += 1) {
      const { sin, cos } = sinCosF64(p * expF64(-((2 * i) / D) * logBase));
      table.set([cos, sin], p * D + 2 * i);
    }
  }
  const pageBytes = D * 256;
  const kv = bench.take(3 * pageBytes);
  // Pages out of order; what no row has written must not matter.
  new Uint8Array(bench.memory.buffer, kv, 3 * pageBytes).fill(0x3b);
  const pages = bench.put(Uint32Array.from([2, 0]));
  const rows = bench.put(
    Int32Array.from({ length: count * 4 }, (_, i) => [0, i >> 2, pages, 0][i & 3]),
  );
  const qkv = bench.put(floatsOf(VECTORS.attention.qkv));
  const shape = { heads, kvHeads: 1, headDimension: D };
  const common = { rows, rowCount: count, kv, pageBytes, ...shape, label: 'attention' };
  const queryScale = floatsOf(VECTORS.attention.scale)[0];
  bench.list.ropeKv({
    ...{ ...common, qkv, stride, ropeTable: bench.put(table), queryScale },
    halfPairs: pairs === 'halves',
  });
  const out = bench.take(count * heads * D * 4);
  const scratch = bench.take(attentionScratchBytes(shape));
  bench.list.attention({
    ...{ ...common, out, outStride: heads * D * 4, q: qkv, qStride: stride, scratch },
  });
  bench.run();
  const halves = new Uint16Array(bench.memory.buffer, kv, (3 * pageBytes) / 2);
  const [k, v] = [new Uint16Array(count * D), new Uint16Array(count * D)];
  for (let p = 0; p < count; p += 1) {
    const page = ([2, 0][p >> 6] * pageBytes) / 2;
    for (let c = 0; c < D; c += 1) {
      k[p * D + c] = halves[page + c * 64 + (p & 63)];
      v[p * D + c] = halves[page + D * 64 + (p & 63) * D + c];
    }
  }
  assert.deepEqual(new Uint8Array(k.buffer), bytesOf(expected.k));
  assert.deepEqual(new Uint8Array(v.buffer), bytesOf(expected.v));
  const values = floatsOf(expected.out);
  for (const [i, p] of expected.positions.entries()) {
    assert.deepEqual(
      bitsOf(bench.floats(out + p * heads * D * 4, heads * D)),
      bitsOf(values.subarray(i * heads * D, (i + 1) * heads * D)),
      `position ${p}`,
    );
  }
  assert.equal(bench.fault, 0);
}
