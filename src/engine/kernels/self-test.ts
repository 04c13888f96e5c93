/**
 * A small set of kernel calls that touches every kernel, weight type and tile width. At start a
 * module must leave the same memory behind as the reference did; the digest of that is a constant,
 * which a test compares with the reference itself.
 */
import { activationBytes } from './activations.ts';
import { floatToHalf } from './half.ts';
import {
  fileRowBytes,
  formOf,
  pack,
  packedBytes,
  WEIGHT_TYPES,
  type WeightType,
} from './layout.ts';
import { FAULT, HEAP_START, initializeMemory } from './memory-map.ts';
import { attentionScratchBytes, type Form, OpList, RECORD_BYTES } from './ops.ts';
import { createMemory, type Kernels } from './wasm.ts';

/** Memory digest that the reference leaves behind; `kernels.test.ts` recomputes it. */
export const SELF_TEST_DIGEST = '649fb3d95ad3de09';

const K = 256;
const N = 12;
const COLUMNS = 13;
const HEADS = { heads: 4, kvHeads: 2, headDimension: 32 };
const ROWS = 70;
const LIST_CAPACITY = 168;

export interface Case {
  memory: WebAssembly.Memory;
  list: OpList;
  /** Start of attention's scratch, the last thing in memory: not part of the digest. */
  scratch: number;
}

/** True when the kernels, bound by `bind` to a memory of their kind, reproduce the reference. */
export function passesSelfTest(
  bind: (memory: WebAssembly.Memory) => Kernels,
  shared: boolean,
): boolean {
  const built = buildSelfTest(shared);
  bind(built.memory).run(built.list.start, built.list.count, 0, 1);
  return digestMemory(built) === SELF_TEST_DIGEST;
}

/** Memory with inputs, and the list of calls over it. */
export function buildSelfTest(shared: boolean): Case {
  const memory = createMemory(2 * 1024 * 1024, shared);
  initializeMemory(memory.buffer);
  let next = HEAP_START;
  const take = (bytes: number): number => {
    const at = next;
    next += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const list = new OpList(memory.buffer, take(LIST_CAPACITY * RECORD_BYTES), LIST_CAPACITY, 4);
  const random = new Random(1);
  const x = take(COLUMNS * K * 4);
  random.fillFloats(new Float32Array(memory.buffer, x, COLUMNS * K));
  // A block of zeros and one of subnormals must quantise to zeros.
  new Float32Array(memory.buffer, x, 32).fill(0);
  new Float32Array(memory.buffer, x + 128, 32).fill(1e-40);
  const norm = take(K * 4);
  random.fillFloats(new Float32Array(memory.buffer, norm, K));
  const rows = take(16 * COLUMNS);
  for (let r = 0; r < COLUMNS; r += 1) new Int32Array(memory.buffer, rows + r * 16, 1)[0] = r % N;
  for (const type of Object.keys(WEIGHT_TYPES) as WeightType[]) {
    addType(memory, list, take, random, type, { x, norm, rows });
  }
  addRows(list, take, { x, norm });
  const scratch = addAttention(memory, list, take, random);
  return { memory, list, scratch };
}

function addType(
  memory: WebAssembly.Memory,
  list: OpList,
  take: (bytes: number) => number,
  random: Random,
  type: WeightType,
  at: { x: number; norm: number; rows: number },
): void {
  const weights = take(packedBytes(type, N, K));
  const packed = new Uint8Array(memory.buffer, weights, packedBytes(type, N, K));
  pack(type, K, randomWeights(type, N, K, random), packed);
  for (const form of new Set([formOf(type), formOf(type, true)])) {
    addProducts(list, take, { type, form, weights }, at);
  }
  const embedded = take(COLUMNS * K * 4);
  list.embed({
    ...{ out: embedded, outStride: K * 4, weights, rows: at.rows, rowCount: COLUMNS, K },
    type: WEIGHT_TYPES[type],
    label: type,
  });
}

/** A product written, and one added to that. */
function addProducts(
  list: OpList,
  take: (bytes: number) => number,
  { type, form, weights }: { type: WeightType; form: Form; weights: number },
  at: { x: number; norm: number },
): void {
  const activations = take(COLUMNS * activationBytes(form, K));
  const out = take(COLUMNS * N * 4);
  const source = list.count % 2 === 0 ? 'norm' : 'swiglu';
  list.activate({
    ...{ out: activations, source, form, in: at.x, inStride: K * 4, K, columns: COLUMNS },
    ...{ second: source === 'norm' ? at.norm : at.x, eps: 1e-5, label: type },
    secondStride: source === 'norm' ? 0 : K * 4,
  });
  const product = {
    out,
    outStride: N * 4,
    weights,
    activations,
    K,
    N,
    columns: COLUMNS,
    form,
    label: type,
  };
  list.matmul({ ...product, add: false, type: WEIGHT_TYPES[type] });
  list.matmul({ ...product, add: true, type: WEIGHT_TYPES[type] });
}

/** GeGLU, GELU and every mode of `rows`, over the same inputs. */
function addRows(
  list: OpList,
  take: (bytes: number) => number,
  at: { x: number; norm: number },
): void {
  const shape = { K, columns: COLUMNS, label: 'rows' };
  list.activate({
    ...{ ...shape, out: take(COLUMNS * K * 4), source: 'geglu', form: 'float' },
    ...{ in: at.x, inStride: K * 4, second: at.x, secondStride: K * 4 },
  });
  list.activate({
    ...{ ...shape, out: take(COLUMNS * activationBytes('int15', K)), source: 'gelu' },
    ...{ form: 'int15', in: at.x, inStride: K * 4 },
  });
  const out = take(COLUMNS * K * 4);
  for (const [mode, parameter, segments] of [
    ['scale', Math.fround(25.3), 1],
    ['bias', 0, 1],
    ['softcap', 3, 8],
    ['norm', 1e-6, 4],
    ['layerNorm', 1e-12, 2],
    ['addScaled', Math.fround(0.22), 1],
    ['addNorm', 1e-6, 1],
  ] as const) {
    list.rows({
      ...{ mode, parameter, segments, length: K / segments, rowCount: COLUMNS, out },
      ...{ outStride: K * 4, in: at.x, inStride: K * 4, second: at.norm, third: at.x, label: mode },
    });
    // Only the last two read what the one before left: it is kept as well.
    list.rows({
      ...{ mode: 'scale', parameter: 1, length: K, rowCount: COLUMNS, out: take(COLUMNS * K * 4) },
      ...{ outStride: K * 4, in: out, inStride: K * 4, label: mode },
    });
  }
}

/** Rows at positions 0 to 69 of one sequence: a full page and a part of the next. */
function addAttention(
  memory: WebAssembly.Memory,
  list: OpList,
  take: (bytes: number) => number,
  random: Random,
): number {
  const { heads, kvHeads, headDimension: D } = HEADS;
  const stride = (heads + 2 * kvHeads) * D * 4;
  const qkv = take(ROWS * stride);
  random.fillFloats(new Float32Array(memory.buffer, qkv, (ROWS * stride) / 4));
  const table = take(ROWS * D * 4);
  random.fillFloats(new Float32Array(memory.buffer, table, ROWS * D));
  const pageBytes = kvHeads * D * 256;
  const kv = take(3 * pageBytes);
  const pages = take(64);
  new Uint32Array(memory.buffer, pages, 2).set([2, 0]);
  const rows = take(ROWS * 16);
  for (let r = 0; r < ROWS; r += 1) {
    // For attention that is not causal: the first rows see less than a page.
    const last = r < 37 ? 36 : ROWS - 1;
    new Int32Array(memory.buffer, rows + r * 16, 4).set([0, r, pages, last]);
  }
  const out = take(ROWS * heads * D * 4);
  const common = { rows, rowCount: ROWS, kv, pageBytes, ...HEADS, label: 'attention' };
  const rope = { ...common, qkv, stride, ropeTable: table, queryScale: Math.fround(0.17677669) };
  list.ropeKv({ ...rope, halfPairs: false });
  const outs = Array.from({ length: 3 }, () => take(ROWS * heads * D * 4));
  const scratch = take(attentionScratchBytes(HEADS));
  const attention = { ...common, q: qkv, qStride: stride, scratch };
  list.attention({ ...attention, out });
  list.attention({ ...attention, out: outs[0], window: 37, softcap: 2 });
  list.attention({ ...attention, out: outs[1], window: 3 });
  list.attention({ ...attention, out: outs[2], isBidirectional: true });
  // The rotated keys are rotated once more: only the pairing is under test here.
  list.ropeKv({ ...rope, halfPairs: true });
  list.ropeKv({ ...rope, halfPairs: true, rotated: 24 });
  return scratch;
}

/** Rows of random weights in the file's layout, scales of a realistic size. */
export function randomWeights(
  type: WeightType,
  rows: number,
  k: number,
  random: Random,
): Uint8Array {
  const bytes = new Uint8Array(rows * fileRowBytes(type, k));
  if (type === 'F32') {
    random.fillFloats(new Float32Array(bytes.buffer));
    return bytes;
  }
  for (let i = 0; i < bytes.length; i += 1) bytes[i] = random.next() & 255;
  if (type === 'MXFP4') {
    for (let at = 0; at < bytes.length; at += 17) bytes[at] = 119 + (random.next() & 3);
    return bytes;
  }
  const blocks = HALF_OFFSETS[type];
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < bytes.length; at += blocks.every) {
    for (const offset of blocks.at) {
      const value = 0.002 + (random.next() & 1023) / 65536;
      const bits = type === 'BF16' ? 0x3c00 | (random.next() & 0x80ff) : floatToHalf(value);
      view.setUint16(at + offset, bits, true);
    }
  }
  return bytes;
}

/** Where the halves of each type stand in its blocks. */
const HALF_OFFSETS: Record<
  Exclude<WeightType, 'F32' | 'MXFP4'>,
  { every: number; at: number[] }
> = {
  F16: { every: 2, at: [0] },
  BF16: { every: 2, at: [0] },
  Q4_0: { every: 18, at: [0] },
  Q4_1: { every: 20, at: [0, 2] },
  Q5_0: { every: 22, at: [0] },
  Q5_1: { every: 24, at: [0, 2] },
  Q8_0: { every: 34, at: [0] },
  Q4_K: { every: 144, at: [0, 2] },
  Q5_K: { every: 176, at: [0, 2] },
  Q6_K: { every: 210, at: [208] },
  Q2_K: { every: 84, at: [80, 82] },
  IQ4_XS: { every: 136, at: [0] },
  Q3_K: { every: 110, at: [108] },
  IQ4_NL: { every: 18, at: [0] },
};

/** xorshift32: reproducible inputs, nothing more. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 1;
  }

  /** 32 bits. */
  next(): number {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return s >>> 0;
  }

  /** Values around 0, most of them below 1, the largest 4. */
  fillFloats(out: Float32Array): void {
    for (let i = 0; i < out.length; i += 1) {
      const unit = this.next() / 2 ** 31 - 1;
      out[i] = Math.fround(4 * unit * unit * unit);
    }
  }
}

/**
 * 64-bit FNV-like digest of the whole memory, but for the counters of the calls and the fault
 * word. Not for security: it tells equal from unequal memories of one test.
 */
export function digestMemory({ memory, scratch }: Case): string {
  const words = new Uint32Array(memory.buffer, 0, scratch / 4);
  let a = 0x811c9dc5;
  let b = 0x01000193;
  const first = HEAP_START / 4 + (LIST_CAPACITY * RECORD_BYTES) / 4;
  for (let i = first; i < words.length; i += 1) {
    a = Math.imul(a ^ words[i], 0x01000193);
    b = Math.imul(b ^ (words[i] >>> 15) ^ words[i], 0x85ebca6b) ^ (a >>> 13);
  }
  a ^= new Int32Array(memory.buffer, FAULT, 1)[0];
  return (a >>> 0).toString(16).padStart(8, '0') + (b >>> 0).toString(16).padStart(8, '0');
}
