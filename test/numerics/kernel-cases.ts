/**
 * Case set "kernels": the calls of the self-test at start, and a larger seeded set. Every weight
 * type in every form of input, tiles of 8, 4 and 1 columns, rows past a group of 4, all sources and
 * index lists; attention of several sequences over several pages in several chunks; faults.
 */
import {
  activationBytes,
  attentionScratchBytes,
  buildSelfTest,
  type Form,
  formOf,
  pack,
  packedBytes,
  Random,
  randomWeights,
  WEIGHT_TYPES,
  type WeightType,
} from '../../src/engine/kernels/index.ts';
import { FAULT_RANGE, MemoryBuilder } from './memory-builder.ts';
import { formatRecording } from './recording.ts';

const SET = 'kernels';
const SEED = 20261124;

export function* kernelCases(): Generator<Uint8Array> {
  yield selfTest();
  const random = new Random(SEED);
  for (const type of Object.keys(WEIGHT_TYPES) as WeightType[]) {
    for (const form of new Set([formOf(type), formOf(type, true)])) {
      yield productCase(type, form, random);
    }
  }
  for (const shape of SHAPES) yield attentionCase(shape, random);
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 3e38]) yield faultCase(value);
}

function selfTest(): Uint8Array {
  const { memory, list, scratch } = buildSelfTest(false);
  const calls = list.start + list.capacity * 64;
  return formatRecording(
    {
      ...{ set: SET, name: 'self-test', pages: memory.buffer.byteLength / 65536 },
      lists: [{ start: list.start, count: list.count }],
      ranges: [FAULT_RANGE, [calls, scratch]],
    },
    memory.buffer as ArrayBuffer,
  );
}

/** Columns: single ones; a tile of 4; of 8; all three; two of 8 and a rest of 7. */
const COLUMNS = [1, 3, 4, 8, 13, 23];
const SOURCES = ['plain', 'norm', 'swiglu'] as const;

function productCase(type: WeightType, form: Form, random: Random): Uint8Array {
  const K = 512;
  const N = 10;
  const columnsMax = Math.max(...COLUMNS);
  const memory = new MemoryBuilder(1 << 20, 128);
  const { list, buffer } = memory;
  const weights = memory.take(packedBytes(type, N, K));
  const file = randomWeights(type, N, K, random);
  pack(type, K, file, new Uint8Array(buffer, weights, packedBytes(type, N, K)));
  const x = memory.floats(columnsMax * K, (out) => {
    random.fillFloats(out);
    // Blocks of zeros, of subnormals, and of wide range.
    out.fill(0, 32, 64).fill(1e-40, 64, 96).fill(-0, 96, 128);
    for (let k = 128; k < 160; k += 1) out[k] *= 2 ** (k - 144);
  });
  const norm = memory.floats(K, (out) => random.fillFloats(out));
  const up = memory.floats(columnsMax * K, (out) => random.fillFloats(out));
  const index = memory.integers(COLUMNS.map((_, i) => (i * 5) % columnsMax));
  const stride = Math.ceil(N / 4) * 16;
  for (const [i, columns] of COLUMNS.entries()) {
    const source = SOURCES[i % 3];
    const activations = memory.take(columns * activationBytes(form, K));
    const out = memory.take(columns * stride);
    const shared = { K, columns, form, label: type };
    list.activate({
      ...{ ...shared, out: activations, source, in: x, inStride: K * 4, eps: 1e-6 },
      second: source === 'norm' ? norm : source === 'swiglu' ? up : 0,
      secondStride: source === 'swiglu' ? K * 4 : 0,
      index: columns === 3 ? index : 0,
    });
    const product = { ...shared, out, outStride: stride, weights, activations, N };
    list.matmul({ ...product, add: false, type: WEIGHT_TYPES[type] });
    list.matmul({ ...product, add: true, type: WEIGHT_TYPES[type] });
  }
  const rows = memory.integers([7, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0]);
  list.embed({
    ...{ out: memory.take(3 * K * 4), outStride: K * 4, weights, rows, rowCount: 3, K },
    ...{ type: WEIGHT_TYPES[type], label: type },
  });
  return memory.finish(SET, `${type} ${form}`);
}

interface Shape {
  heads: number;
  kvHeads: number;
  headDimension: number;
  halfPairs: boolean;
  /** Positions of the sequences. */
  lengths: readonly number[];
  /** Rows of the calls, again from the first when they end. */
  chunks: readonly number[];
}

const SHAPES: readonly Shape[] = [
  ...[
    { heads: 4, kvHeads: 2, headDimension: 32, halfPairs: false, lengths: [200], chunks: [64] },
    { heads: 3, kvHeads: 1, headDimension: 64, halfPairs: true, lengths: [70, 66], chunks: [17] },
    { heads: 2, kvHeads: 2, headDimension: 96, halfPairs: true, lengths: [9, 65, 3], chunks: [5] },
  ],
  { heads: 7, kvHeads: 1, headDimension: 32, halfPairs: false, lengths: [40, 67], chunks: [1, 30] },
];

function attentionCase(shape: Shape, random: Random): Uint8Array {
  const { heads, kvHeads, headDimension: D, halfPairs, lengths } = shape;
  const count = lengths.reduce((a, b) => a + b);
  const memory = new MemoryBuilder(2 << 20, 128);
  const { list } = memory;
  const stride = (heads + 2 * kvHeads) * D * 4;
  const qkv = memory.floats((count * stride) / 4, (out) => random.fillFloats(out));
  const table = memory.floats(Math.max(...lengths) * D, (out) => random.fillFloats(out));
  const pageBytes = kvHeads * D * 256;
  const pagesOf = (length: number): number => Math.ceil(length / 64);
  const pageCount = lengths.reduce((sum, length) => sum + pagesOf(length), 0);
  // Pages in falling order, and full of what an earlier sequence left.
  const kv = memory.take(pageCount * pageBytes);
  new Uint8Array(memory.buffer, kv, pageCount * pageBytes).fill(0x3b);
  let page = pageCount;
  const tables = lengths.map((length) =>
    memory.integers(Array.from({ length: pagesOf(length) }, () => --page)),
  );
  const rows = memory.integers(interleaved(lengths).flatMap(([s, p]) => [0, p, tables[s], 0]));
  const out = memory.take(count * heads * D * 4);
  const scratch = memory.take(attentionScratchBytes(shape));
  for (let row = 0, i = 0; row < count; i += 1) {
    const rowCount = Math.min(shape.chunks[i % shape.chunks.length], count - row);
    const common = {
      heads,
      kvHeads,
      headDimension: D,
      rowCount,
      kv,
      pageBytes,
      label: 'attention',
    };
    const at = { ...common, rows: rows + row * 16 };
    const q = qkv + row * stride;
    const queryScale = Math.fround(1 / Math.sqrt(D));
    list.ropeKv({ ...at, qkv: q, stride, ropeTable: table, queryScale, halfPairs });
    const place = { out: out + row * heads * D * 4, outStride: heads * D * 4 };
    list.attention({ ...at, ...place, q, qStride: stride, scratch });
    row += rowCount;
  }
  return memory.finish(SET, `attention ${heads}/${kvHeads} heads of ${D}`, scratch);
}

/** Rows [sequence, position] with positions ascending in each sequence, the sequences in turns. */
function interleaved(lengths: readonly number[]): [number, number][] {
  const rows: [number, number][] = [];
  for (let position = 0; position < Math.max(...lengths); position += 1) {
    for (const [s, length] of lengths.entries()) if (position < length) rows.push([s, position]);
  }
  return rows;
}

/** The value among the inputs: which call faults, in which form. */
function faultCase(value: number): Uint8Array {
  const K = 64;
  const memory = new MemoryBuilder(1 << 16, 16);
  const x = memory.floats(2 * K, (out) => out.fill(1).fill(value, K + 40, K + 41));
  for (const form of ['float', 'int8', 'int15', 'int16'] as const) {
    const out = memory.take(2 * activationBytes(form, K));
    const row = { in: x, inStride: K * 4, K, columns: 2, form, out };
    memory.list.activate({ ...row, source: 'norm', second: x, eps: 1e-5, label: form });
  }
  return memory.finishFault(SET, `fault at ${value}`);
}
