/**
 * Layer norm, GELU and bidirectional attention of docs/formats/numerics.md sections 21 to 23: the
 * test vectors, which numpy made from the text of the document (test/oracle/numerics), against the
 * reference and both modules; the printed examples and constants; the bounds; and what is not
 * finite.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { geluErfF32 } from './math.ts';
import { FAULT, HEAP_START, initializeMemory } from './memory-map.ts';
import { attentionScratchBytes, OpList, RECORD_BYTES } from './ops.ts';
import { bindModule, bindReference, createMemory, type Kernels } from './wasm.ts';

interface Vectors {
  layerNorm: { K: number; eps: number } & Record<'x' | 'g' | 'b' | 'y', string>;
  /** exact: f64 by the system's erfc. */
  gelu: Record<'x' | 'y' | 'exact', string>;
  attention: {
    D: number;
    heads: number;
    count: number;
    lengths: number[];
    positions: number[];
  } & Record<'qkv' | 'scale' | 'y' | 'long', string>;
}

const ROOT = new URL('../../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, ROOT), 'utf8');
const VECTORS = JSON.parse(read('test/oracle/numerics/encoder-vectors.json')) as Vectors;
const DOCUMENT = read('docs/formats/numerics.md');

function bytesOf(text: string): ArrayBuffer {
  return new Uint8Array(Buffer.from(text, 'base64')).buffer;
}

const floatsOf = (text: string): Float32Array => new Float32Array(bytesOf(text));
const bitsOf = (values: Float32Array): Uint32Array => new Uint32Array(values.slice().buffer);

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

/** Memory with a cursor, and the list that is run over it. */
class Bench {
  readonly buffer: ArrayBuffer;
  readonly list: OpList;
  readonly #kernels: Kernels;
  #next = HEAP_START + 8 * RECORD_BYTES;

  constructor(bind: Bind) {
    const memory = createMemory(1 << 20, false);
    this.buffer = memory.buffer as ArrayBuffer;
    initializeMemory(this.buffer);
    this.list = new OpList(this.buffer, HEAP_START, 8, 4);
    this.#kernels = bind(memory);
  }

  take(bytes: number): number {
    const at = this.#next;
    this.#next += Math.ceil(bytes / 64) * 64;
    return at;
  }

  put(data: Float32Array | Int32Array): number {
    const at = this.take(data.byteLength);
    new Uint8Array(this.buffer, at).set(new Uint8Array(data.buffer));
    return at;
  }

  run(): number {
    this.#kernels.run(this.list.start, this.list.count, 0, 1);
    return new Int32Array(this.buffer, FAULT, 1)[0];
  }

  floats(at: number, length: number): Float32Array {
    return new Float32Array(this.buffer, at, length);
  }
}

function layerNorm(bind: Bind, x: Float32Array, inPlace: boolean): [Float32Array, number] {
  const { K, eps, g, b } = VECTORS.layerNorm;
  const bench = new Bench(bind);
  const at = bench.put(x);
  const out = inPlace ? at : bench.take(x.byteLength);
  bench.list.rows({
    ...{ mode: 'layerNorm', out, outStride: K * 4, in: at, inStride: K * 4, length: K },
    ...{ second: bench.put(floatsOf(g)), third: bench.put(floatsOf(b)), parameter: eps },
    ...{ rowCount: x.length / K, label: 'norm' },
  });
  const fault = bench.run();
  return [bench.floats(out, x.length), fault];
}

function gelu(bind: Bind, x: Float32Array): [Float32Array, number] {
  const bench = new Bench(bind);
  const out = bench.take(x.byteLength);
  bench.list.activate({
    ...{ out, source: 'gelu', form: 'float', in: bench.put(x), inStride: x.byteLength },
    ...{ K: x.length, columns: 1, label: 'gelu' },
  });
  const fault = bench.run();
  return [bench.floats(out, x.length), fault];
}

/** Texts of these lengths, one after the other, with pages out of order and full of old values. */
function attend(bind: Bind, lengths: readonly number[]): Float32Array {
  const { D, heads, qkv, scale } = VECTORS.attention;
  const count = lengths.reduce((a, b) => a + b);
  const bench = new Bench(bind);
  const stride = (heads + 2) * D * 4;
  const pageBytes = D * 256;
  const kv = bench.take(4 * pageBytes);
  new Uint8Array(bench.buffer, kv, 4 * pageBytes).fill(0x3b);
  let page = 4;
  const rows = lengths.flatMap((length) => {
    const pages = Array.from({ length: Math.ceil(length / 64) }, () => --page);
    const table = bench.put(Int32Array.from(pages));
    return Array.from({ length }, (_, position) => [0, position, table, length - 1]).flat();
  });
  const q = bench.put(floatsOf(qkv));
  const shape = { heads, kvHeads: 1, headDimension: D };
  const common = { ...shape, rows: bench.put(Int32Array.from(rows)), rowCount: count };
  const call = { ...common, kv, pageBytes, label: 'attention' };
  const queryScale = floatsOf(scale)[0];
  bench.list.ropeKv({
    ...{ ...call, qkv: q, stride, ropeTable: 0, queryScale, halfPairs: true, rotated: 0 },
  });
  const out = bench.take(count * heads * D * 4);
  const scratch = bench.take(attentionScratchBytes(shape));
  bench.list.attention({ ...call, out, q, qStride: stride, scratch, isBidirectional: true });
  assert.equal(bench.run(), 0);
  return bench.floats(out, count * heads * D).slice();
}

for (const [name, bind] of IMPLEMENTATIONS) {
  test(`${name}: layer norm of section 21, in place and not`, () => {
    const { x, y } = VECTORS.layerNorm;
    for (const inPlace of [false, true]) {
      const [out, fault] = layerNorm(bind, floatsOf(x), inPlace);
      assert.equal(fault, 0);
      assert.deepEqual(bitsOf(out), bitsOf(floatsOf(y)));
    }
  });

  test(`${name}: a row that is not finite, or overflows, is a fault of its layer norm`, () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -3e38, 1e20]) {
      const x = floatsOf(VECTORS.layerNorm.x);
      x[7] = value;
      assert.equal(layerNorm(bind, x, false)[1], HEAP_START, `${value}`);
    }
  });

  test(`${name}: GELU of section 22`, () => {
    const [out, fault] = gelu(bind, floatsOf(VECTORS.gelu.x));
    assert.equal(fault, 0);
    assert.deepEqual(bitsOf(out), bitsOf(floatsOf(VECTORS.gelu.y)));
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      assert.equal(gelu(bind, new Float32Array(32).fill(value))[1], HEAP_START, `${value}`);
    }
  });

  test(`${name}: attention of section 23, of two texts and of one over two pages`, () => {
    const { D, heads, lengths, count, positions, y, long } = VECTORS.attention;
    assert.deepEqual(bitsOf(attend(bind, lengths)), bitsOf(floatsOf(y)));
    const whole = attend(bind, [count]);
    for (const [i, p] of positions.entries()) {
      const size = heads * D;
      const expected = floatsOf(long).subarray(i * size, (i + 1) * size);
      assert.deepEqual(bitsOf(whole.subarray(p * size, (p + 1) * size)), bitsOf(expected), `${p}`);
    }
  });
}

test('GELU is near the exact one, and exactly 0 where that is below 1e-38', () => {
  const { x, exact } = VECTORS.gelu;
  const exactly = new Float64Array(bytesOf(exact));
  let [count, worst] = [0, 0];
  for (const [i, value] of floatsOf(x).entries()) {
    if (value < -4 || Math.abs(value) < 1e-30 || Math.abs(value) > 80) continue;
    const ulp = 2 ** (Math.floor(Math.log2(Math.abs(exactly[i]))) - 23);
    worst = Math.max(worst, Math.abs(geluErfF32(value) - exactly[i]) / ulp);
    count += 1;
  }
  assert.ok(count > 300 && worst > 0 && worst <= 8, `${worst} ulp over ${count}`);
  for (const value of [-14, -60, -3e38]) assert.ok(Object.is(geluErfF32(value), -0), `${value}`);
  assert.ok(Object.is(geluErfF32(-0), -0));
  assert.equal(geluErfF32(60), 60);
});

const view = new DataView(new ArrayBuffer(4));

function hexOf(value: number): string {
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).padStart(8, '0');
}

test('every example and constant of section 22 comes out as printed', () => {
  const block = /```examples-encoders\n([\s\S]*?)```/.exec(DOCUMENT)?.[1] ?? '';
  const lines = block.trim().split('\n');
  assert.ok(lines.length >= 7, `${lines.length} examples`);
  for (const line of lines) {
    const [name, input, expected] = line.split(' ');
    assert.equal(name, 'geluerf32');
    view.setUint32(0, Number.parseInt(input, 16));
    assert.equal(hexOf(geluErfF32(view.getFloat32(0))), expected, line);
  }
  const constants = [...DOCUMENT.matchAll(/^G\d += (-?[\d.e-]+) +([0-9a-f]{8})$/gm)];
  assert.equal(constants.length, 9);
  for (const [line, decimal, bits] of constants) assert.equal(hexOf(Number(decimal)), bits, line);
});
