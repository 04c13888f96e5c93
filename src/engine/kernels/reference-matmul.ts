/** Matrix products and embedding rows in plain TypeScript, numerics.md sections 2, 3 and 5. */
import { assert } from '../../base/index.ts';
import { activationBytes, BLOCK_BYTES, tileOf } from './activations.ts';
import { formOf, LAYOUT_NUMBERS, type WeightType } from './layout.ts';
import { tree16 } from './math.ts';
import type { Form } from './ops.ts';
import type { Call, Views } from './reference.ts';

const f = Math.fround;

const TYPE_NAMES = Object.keys(LAYOUT_NUMBERS) as WeightType[];

export function matmulReference(views: Views, call: Call): void {
  const kind = call.integer(8);
  const type = TYPE_NAMES[kind & 255];
  const form = formOf(type, kind > 255);
  const [K, N, columns] = [call.integer(5), call.integer(6), call.integer(7)];
  // Rows past N in the last group are computed as well; packed types only.
  const rows = form === 'float' ? N : Math.ceil(N / 4) * 4;
  for (let n = 0; n < rows; n += 1) {
    for (let c = 0; c < columns; c += 1) {
      const out = (call.address(0) + c * call.address(1) + n * 4) >>> 2;
      let value: number;
      if (form === 'float') value = floatProduct(views, call, type, n, c, K);
      else value = blockProduct(views, call, type, form, n, c);
      views.f32[out] = call.integer(2) === 1 ? f(views.f32[out] + value) : value;
    }
  }
}

/** 16 strided partial sums and the tree. */
function floatProduct(
  views: Views,
  call: Call,
  type: WeightType,
  n: number,
  c: number,
  K: number,
): number {
  const x = (call.address(4) + c * activationBytes('float', K)) >>> 2;
  const partial = new Float32Array(16);
  for (let k = 0; k < K; k += 1) {
    const w = floatWeight(views, call.address(3), type, n * K + k);
    partial[k & 15] = f(partial[k & 15] + f(w * views.f32[x + k]));
  }
  return tree16(partial);
}

const bits = new Uint32Array(1);
const bitsAsFloat = new Float32Array(bits.buffer);

function floatWeight(views: Views, weights: number, type: WeightType, element: number): number {
  if (type === 'F32') return views.f32[(weights >>> 2) + element];
  if (type === 'F16') return views.half(weights + element * 2);
  bits[0] = views.u16[(weights >>> 1) + element] << 16;
  return bitsAsFloat[0];
}

/** acc += step * (d I - ...), one block of 32 after the other. */
function blockProduct(
  views: Views,
  call: Call,
  type: WeightType,
  form: Form,
  n: number,
  c: number,
): number {
  assert(form !== 'float', 'packed weights take integers');
  const [K, columns] = [call.integer(5), call.integer(7)];
  const { offset, width, lane } = tileOf(form, K, c, columns);
  const q = call.address(4) + offset + lane * 4;
  const blockBytes = BLOCK_BYTES[form] * width;
  const stepOffset = blockBytes - (form === 'int16' ? 4 : 16) * width;
  let sum = 0;
  for (let b = 0; b < K / 32; b += 1) {
    const block = blockOf(views, call.address(3), type, K, n, b);
    const at = q + b * blockBytes;
    const step = views.f32[(at + stepOffset) >>> 2];
    const value = blockValue(block, (k) => integerAt(views, at, width, form, k));
    sum = f(sum + f(step * value));
  }
  return sum;
}

/** Integer k of a block of a prepared column (activations.ts). */
function integerAt(views: Views, at: number, width: number, form: Form, k: number): number {
  if (form === 'int16') return views.i16[(at + (k >> 1) * width * 4 + (k & 1) * 2) >> 1];
  const byte = at + (k >> 2) * width * 4 + (k & 3);
  return form === 'int8' ? views.i8[byte] : views.i8[byte] * 128 + views.i8[byte + 8 * width * 4];
}

/** A block of 32 weights: w[k] = d * scale[k / 16] * code[k] - min. */
interface Block {
  /** Codes with the type's offset taken off. */
  codes: number[];
  d: number;
  /** Integer scales of the two halves; 1 where the type has none. */
  scales: [number, number];
  /** Each half has a scale of its own (Q6_K, Q2_K). */
  halves?: boolean;
  /** Q4_1, Q5_1: m. */
  m?: number;
  /** Q4_K, Q5_K: dmin and the integer min. */
  dmin?: number;
  min?: number;
  /** Q2_K: one for each half. */
  mins?: [number, number];
}

/** d I, d I + m J, or d (sc I) - dmin (mn J), with exact sums I of codes and J of integers. */
function blockValue(block: Block, activation: (k: number) => number): number {
  const I = [0, 0];
  const halves = [0, 0];
  for (let k = 0; k < 32; k += 1) {
    I[k >> 4] += block.codes[k] * activation(k);
    halves[k >> 4] += activation(k);
  }
  const J = halves[0] + halves[1];
  const [first, second] = block.scales;
  const sum =
    block.halves === true ? f(f(first * I[0]) + f(second * I[1])) : f(first * f(I[0] + I[1]));
  const main = f(block.d * sum);
  if (block.m !== undefined) return f(main + f(block.m * J));
  if (block.dmin !== undefined && block.mins !== undefined) {
    const [low, high] = block.mins;
    return f(main - f(block.dmin * f(f(low * halves[0]) + f(high * halves[1]))));
  }
  if (block.dmin !== undefined) return f(main - f(block.dmin * f((block.min ?? 0) * J)));
  return main;
}

const NIBBLES: readonly WeightType[] = ['Q4_0', 'Q4_1', 'Q4_K', 'Q2_K'];
const OFFSETS: Partial<Record<WeightType, number>> = { Q4_0: 8, Q5_0: 16, Q6_K: 32 };

/** Block b of row n, read from the packed layout (layout.ts). */
function blockOf(
  views: Views,
  weights: number,
  type: WeightType,
  K: number,
  n: number,
  b: number,
): Block {
  const codeBytes = NIBBLES.includes(type) ? 64 : 128;
  const lane = n & 3;
  const hasMin = type === 'Q4_1' || type === 'Q5_1';
  if (type === 'IQ4_XS') {
    const at = weights + ((n >> 2) * (K / 32) + b) * 144;
    const d = views.f32[(at + 128 + lane * 4) >>> 2];
    return { codes: codesOf(views, at, type, lane), d, scales: [1, 1] };
  }
  if (!type.endsWith('_K')) {
    const at = weights + ((n >> 2) * (K / 32) + b) * (codeBytes + (hasMin ? 16 : 8));
    const d = views.half(at + codeBytes + lane * 2);
    const m = hasMin ? views.half(at + codeBytes + 8 + lane * 2) : undefined;
    return { codes: codesOf(views, at, type, lane), d, scales: [1, 1], m };
  }
  const blockBytes = codeBytes + (type === 'Q2_K' ? 16 : 8);
  const superBytes = 16 + 8 * blockBytes;
  const start = weights + ((n >> 2) * (K / 256) + (b >> 3)) * superBytes;
  const at = start + 16 + (b & 7) * blockBytes;
  const d = views.half(start + lane * 2);
  const codes = codesOf(views, at, type, lane);
  const scales = at + codeBytes + lane;
  if (type === 'Q6_K') {
    return { codes, d, scales: [views.i8[scales], views.i8[scales + 4]], halves: true };
  }
  const dmin = views.half(start + 8 + lane * 2);
  if (type === 'Q2_K') {
    const byte = (i: number): number => views.u8[scales + i * 4];
    return { codes, d, dmin, halves: true, scales: [byte(0), byte(1)], mins: [byte(2), byte(3)] };
  }
  return {
    codes,
    d,
    scales: [views.u8[scales], views.u8[scales]],
    dmin,
    min: views.u8[scales + 4],
  };
}

function codesOf(views: Views, at: number, type: WeightType, lane: number): number[] {
  const offset = OFFSETS[type] ?? 0;
  return Array.from({ length: 32 }, (_, k) => codeOf(views, at, type, lane, k) - offset);
}

function codeOf(views: Views, at: number, type: WeightType, lane: number, k: number): number {
  if (NIBBLES.includes(type)) {
    const byte = views.u8[at + ((k & 15) >> 2) * 16 + lane * 4 + (k & 3)];
    return k < 16 ? byte & 15 : byte >> 4;
  }
  if (type === 'Q8_0' || type === 'IQ4_XS')
    return views.i8[at + (k >> 2) * 16 + ((k >> 1) & 1) * 8 + lane * 2 + (k & 1)];
  return views.u8[at + (k >> 2) * 16 + lane * 4 + (k & 3)];
}

/** Section 5: rows of the embedding, dequantised. */
export function embedReference(views: Views, call: Call): void {
  const type = TYPE_NAMES[call.integer(5)];
  const K = call.integer(4);
  for (let r = 0; r < call.units; r += 1) {
    const token = views.i32[(call.address(3) + r * 16) >>> 2];
    const out = (call.address(0) + r * call.address(1)) >>> 2;
    for (let k = 0; k < K; k += 1) {
      if (formOf(type) === 'float') {
        views.f32[out + k] = floatWeight(views, call.address(2), type, token * K + k);
        continue;
      }
      const block = blockOf(views, call.address(2), type, K, token, k >> 5);
      const scaled = f(block.d * block.scales[(k >> 4) & 1]);
      let value = f(scaled * block.codes[k & 31]);
      if (block.m !== undefined) value = f(value + block.m);
      const min = block.mins?.[(k >> 4) & 1] ?? block.min ?? 0;
      if (block.dmin !== undefined) value = f(value - f(block.dmin * min));
      views.f32[out + k] = value;
    }
  }
}
