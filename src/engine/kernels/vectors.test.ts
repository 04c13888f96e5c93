/**
 * The test vectors of docs/formats/numerics.md, which an implementation in numpy made from the text
 * of the document (test/oracle/numerics), against the reference and both modules. Sampling has its
 * own test in sampler/.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { activationBytes, tileOf } from './activations.ts';
import { formOf, pack, packedBytes, WEIGHT_TYPES, type WeightType } from './layout.ts';
import { expF32, expF64, logF64, sinCosF64 } from './math.ts';
import { FAULT, HEAP_START, initializeMemory } from './memory-map.ts';
import { attentionScratchBytes, type Form, OpList, RECORD_BYTES } from './ops.ts';
import { bindModule, bindReference, createMemory, type Kernels } from './wasm.ts';

interface Vectors {
  exp: { x: string; y: string };
  f64: { log: [number, string][]; exp: [number, string][]; sinCos: [number, string][] };
  activations: { K: number; x: string } & Record<'int8' | 'int16', { steps: string; q: string }>;
  products: {
    type: WeightType;
    N: number;
    K: number;
    weights: string;
    x: string;
    y: string;
    embedding: string;
  }[];
  rows: Record<'x' | 'norm' | 'up' | 'normed' | 'activated', string> & { K: number; eps: number };
  attention: { D: number; heads: number; count: number; qkv: string; scale: string } & Record<
    'neighbours' | 'halves',
    { k: string; v: string; positions: number[]; out: string }
  > & { table?: string };
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

for (const [name, bind] of [
  ['reference', bindReference],
  ['vitrine-simd128', bindBuild('vitrine-simd128')],
  ['vitrine-relaxed', bindBuild('vitrine-relaxed')],
] as const) {
  for (const form of ['int8', 'int16'] as const) {
    test(`${name}: ${form} activations of section 2`, () =>
      checkActivations(new Bench(bind), form));
  }
  for (const vector of VECTORS.products) {
    test(`${name}: products and embedding rows of ${vector.type}`, () => {
      checkProduct(new Bench(bind), vector);
    });
  }
  test(`${name}: norm and SwiGLU of section 6`, () => checkRows(new Bench(bind)));
  for (const pairs of ['neighbours', 'halves'] as const) {
    test(`${name}: rotation with ${pairs}, KV halves, attention`, () => {
      checkAttention(new Bench(bind), pairs);
    });
  }
}

function checkActivations(bench: Bench, form: 'int8' | 'int16'): void {
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
  const per = form === 'int8' ? 4 : 2;
  for (let c = 0; c < columns; c += 1) {
    const { offset, width, lane } = tileOf(form, K, c, columns);
    for (let k = 0; k < K; k += 1) {
      const b = k >> 5;
      const block = out + offset + b * (form === 'int8' ? 48 : 68) * width + lane * 4;
      const at = block + Math.floor((k & 31) / per) * width * 4;
      q[c * K + k] =
        form === 'int8' ? view.getInt8(at + (k & 3)) : view.getInt16(at + 2 * (k & 1), true);
      steps[c * (K / 32) + b] = view.getFloat32(block + (32 / per) * width * 4, true);
    }
  }
  assert.deepEqual(bitsOf(steps), bitsOf(floatsOf(expected.steps)));
  assert.deepEqual(new Uint8Array(q.buffer), bytesOf(expected.q));
  assert.equal(bench.fault, 0);
}

function checkProduct(bench: Bench, vector: Vectors['products'][number]): void {
  const { type, N, K } = vector;
  const form: Form = formOf(type);
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
  bench.list.matmul({ ...common, out, outStride: stride, add: false, activations, N, columns });
  bench.list.embed({ ...common, out: embedded, outStride: K * 4, rows, rowCount: N });
  bench.run();
  const y = new Float32Array(columns * N);
  for (let c = 0; c < columns; c += 1) y.set(bench.floats(out + c * stride, N), c * N);
  assert.deepEqual(bitsOf(y), bitsOf(floatsOf(vector.y)));
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
