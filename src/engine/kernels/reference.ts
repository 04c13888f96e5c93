/**
 * The truth: every kernel in plain TypeScript, over the same memory and the same list of calls as
 * the WebAssembly modules, written to be read beside docs/formats/numerics.md. Slow; for tests,
 * for the self-test at start, and for machines without SIMD.
 */
import { BLOCK_BYTES, INTEGER_MAX, tileOf } from './activations.ts';
import { floatToHalf, halfToFloat } from './half.ts';
import { expF32, geluErfF32, geluF32, roundTiesToEven, softcapF32, tree16 } from './math.ts';
import { FAULT } from './memory-map.ts';
import {
  ATTENTION_TILE_ROWS,
  FORMS,
  type Form,
  OPCODES,
  RECORD_BYTES,
  RECORD_WORDS,
  ROW_MODES,
  SOURCES,
} from './ops.ts';
import { attentionReference } from './reference-attention.ts';
import { embedReference, matmulReference } from './reference-matmul.ts';

const f = Math.fround;

/** The memory as the kernels see it: every view of one buffer. */
export class Views {
  readonly i8: Int8Array;
  readonly u8: Uint8Array;
  readonly i16: Int16Array;
  readonly u16: Uint16Array;
  readonly i32: Int32Array;
  readonly u32: Uint32Array;
  readonly f32: Float32Array;

  constructor(buffer: ArrayBufferLike) {
    this.i8 = new Int8Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.u16 = new Uint16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f32 = new Float32Array(buffer);
  }

  /** The half at a byte address. */
  half(address: number): number {
    return halfToFloat(this.u16[address >>> 1]);
  }
}

/** One kernel call, taken apart. Arguments as in assembly/. */
export interface Call {
  record: number;
  units: number;
  /** Argument i as an unsigned address, a signed integer, a float. */
  address(i: number): number;
  integer(i: number): number;
  float(i: number): number;
}

/** Runs `count` calls from `list`, alone: the reference has one worker. */
export function runReference(views: Views, list: number, count: number): void {
  for (let i = 0; i < count; i += 1) {
    const record = list + i * RECORD_BYTES;
    const words = record >>> 2;
    const call: Call = {
      record,
      units: views.i32[words + 1],
      address: (k) => views.u32[words + 3 + k],
      integer: (k) => views.i32[words + 3 + k],
      float: (k) => views.f32[words + 3 + k],
    };
    runCall(views, views.i32[words] & 0xffff, call);
    views.i32[words + RECORD_WORDS - 2] = call.units;
  }
}

function runCall(views: Views, opcode: number, call: Call): void {
  if (opcode === OPCODES.embed) embedReference(views, call);
  else if (opcode === OPCODES.activate) activateReference(views, call);
  else if (opcode === OPCODES.matmul) matmulReference(views, call);
  else if (opcode === OPCODES.ropeKv) ropeKvReference(views, call);
  else if (opcode === OPCODES.attention)
    attentionReference(views, call, ATTENTION_TILE_ROWS, false);
  else if (opcode === OPCODES.attentionAll) {
    attentionReference(views, call, ATTENTION_TILE_ROWS, true);
  } else if (opcode === OPCODES.rows) rowsReference(views, call);
  else if (opcode !== OPCODES.read) throw new Error(`unknown kernel ${opcode}`);
}

/** Keeps the earliest call of the list. */
export function fault(views: Views, call: Call): void {
  const known = views.u32[FAULT >> 2];
  if (known === 0 || known > call.record) views.u32[FAULT >> 2] = call.record;
}

const FORM_NAMES = Object.keys(FORMS) as Form[];

/** Sections 2, 5, 6: norm or activation, then rows of floats or blocks of integers. */
function activateReference(views: Views, call: Call): void {
  const source = call.integer(1) & 255;
  const form = FORM_NAMES[call.integer(1) >> 8];
  const K = call.integer(6);
  const columns = call.integer(7);
  const index = call.address(9);
  const row = new Float32Array(K);
  for (let c = 0; c < columns; c += 1) {
    const from = index === 0 ? c : views.i32[(index >>> 2) + c];
    const x = (call.address(2) + from * call.address(3)) >>> 2;
    const second = (call.address(4) + from * call.address(5)) >>> 2;
    readSource(views, call, row, source, x, second);
    if (form === 'float') putFloats(views, call, row, c);
    else putBlocks(views, call, row, c, columns, form);
  }
}

function readSource(
  views: Views,
  call: Call,
  row: Float32Array,
  source: number,
  x: number,
  second: number,
): void {
  const scale = source === SOURCES.norm ? inverseRms(views, call, x, row.length) : 1;
  for (let k = 0; k < row.length; k += 1) {
    const value = views.f32[x + k];
    const other = views.f32[second + k];
    if (source === SOURCES.norm) row[k] = f(f(value * scale) * other);
    else if (source === SOURCES.swiglu) row[k] = f(f(value / f(1 + expF32(-value))) * other);
    else if (source === SOURCES.geglu) row[k] = f(geluF32(value) * other);
    else if (source === SOURCES.gelu) row[k] = geluErfF32(value);
    else row[k] = value;
  }
}

/** Section 6: 1 / sqrt(mean of squares + eps). */
function inverseRms(views: Views, call: Call, at: number, length: number): number {
  const x = views.f32.subarray(at, at + length);
  const partial = new Float32Array(16);
  for (let k = 0; k < length; k += 1) partial[k & 15] = f(partial[k & 15] + f(x[k] * x[k]));
  const mean = f(tree16(partial) / length);
  // An overflow would turn finite values into zeros.
  if (!(mean < Number.POSITIVE_INFINITY)) fault(views, call);
  return f(1 / f(Math.sqrt(f(mean + call.float(8)))));
}

function putFloats(views: Views, call: Call, row: Float32Array, c: number): void {
  views.f32.set(row, (call.address(0) + c * row.length * 4) >>> 2);
  if (!row.every(Number.isFinite)) fault(views, call);
}

type BlockForm = Exclude<Form, 'float'>;

/** Section 2: blocks of 32, step = amax / top, q = nearest(x * (top / amax)). */
function putBlocks(
  views: Views,
  call: Call,
  row: Float32Array,
  c: number,
  columns: number,
  form: BlockForm,
): void {
  const { offset, width, lane } = tileOf(form, row.length, c, columns);
  let out = call.address(0) + offset + lane * 4;
  for (let k = 0; k < row.length; k += 32) {
    const { step, integers } = quantizeBlock(views, call, row.subarray(k, k + 32), form);
    putIntegers(views, out, width, form, integers);
    const scales = out + (BLOCK_BYTES[form] - (form === 'int16' ? 4 : 16)) * width;
    views.f32[scales >>> 2] = step;
    if (form !== 'int16') {
      const sum = (from: number, to: number): number =>
        integers.slice(from, to).reduce((a, b) => a + b, 0);
      views.f32[(scales + width * 4) >>> 2] = sum(0, 32);
      views.f32[(scales + 2 * width * 4) >>> 2] = sum(0, 16);
      views.f32[(scales + 3 * width * 4) >>> 2] = sum(16, 32);
    }
    out += BLOCK_BYTES[form] * width;
  }
}

/** A block below 2^-100 gives zeros; one that is not finite is a fault. */
function quantizeBlock(
  views: Views,
  call: Call,
  block: Float32Array,
  form: BlockForm,
): { step: number; integers: number[] } {
  const top = INTEGER_MAX[form];
  let amax = 0;
  for (const value of block) amax = Math.max(amax, Math.abs(value));
  if (!(amax < Number.POSITIVE_INFINITY)) {
    fault(views, call);
    return { step: 0, integers: ZEROS };
  }
  if (amax < 2 ** -100) return { step: 0, integers: ZEROS };
  const inverse = f(top / amax);
  return {
    step: f(amax / top),
    integers: Array.from(block, (x) => roundTiesToEven(f(x * inverse))),
  };
}

const ZEROS: number[] = new Array(32).fill(0);

function putIntegers(
  views: Views,
  out: number,
  width: number,
  form: BlockForm,
  integers: readonly number[],
): void {
  for (const [i, q] of integers.entries()) {
    if (form === 'int16') {
      views.i16[(out + (i >> 1) * width * 4 + (i & 1) * 2) >> 1] = q;
      continue;
    }
    const at = out + (i >> 2) * width * 4 + (i & 3);
    if (form === 'int8') {
      views.i8[at] = q;
    } else {
      const high = (q + 64) >> 7;
      views.i8[at] = high;
      views.i8[at + 8 * width * 4] = q - high * 128;
    }
  }
}

/** Section 7: rotation, scale of the queries, keys and values rounded to halves in their page. */
function ropeKvReference(views: Views, call: Call): void {
  const heads = call.integer(6);
  const kvHeads = call.integer(7);
  const D = call.integer(8);
  const R = call.integer(10) >> 8;
  for (let r = 0; r < call.units; r += 1) {
    const row = (call.address(2) + r * 16) >>> 2;
    const position = views.i32[row + 1];
    const angles = (call.address(3) + position * R * 4) >>> 2;
    const base = (call.address(0) + r * call.address(1)) >>> 2;
    const page = views.u32[(views.u32[row + 2] >>> 2) + (position >> 6)];
    for (let h = 0; h < heads + kvHeads; h += 1) {
      const scale = h < heads ? call.float(9) : 1;
      rotate(views, base + h * D, angles, { D, R, halfPairs: (call.integer(10) & 1) !== 0, scale });
    }
    for (let h = 0; h < kvHeads; h += 1) {
      const out = (call.address(4) + page * call.address(5) + h * D * 256) >>> 1;
      const key = base + (heads + h) * D;
      const value = key + kvHeads * D;
      for (let c = 0; c < D; c += 1) {
        const k = floatToHalf(views.f32[key + c]);
        const v = floatToHalf(views.f32[value + c]);
        if ((k & 0x7fff) === 0x7c00 || (v & 0x7fff) === 0x7c00) fault(views, call);
        views.u16[out + c * 64 + (position & 63)] = k;
        views.u16[out + D * 64 + (position & 63) * D + c] = v;
      }
    }
  }
}

/** The first R of D values in pairs; what is left is scaled. */
function rotate(
  views: Views,
  x: number,
  angles: number,
  { D, R, halfPairs, scale }: { D: number; R: number; halfPairs: boolean; scale: number },
): void {
  for (let i = 0; i < R / 2; i += 1) {
    const first = halfPairs ? x + i : x + 2 * i;
    const second = halfPairs ? first + R / 2 : first + 1;
    const [a, b] = [views.f32[first], views.f32[second]];
    const [cos, sin] = [views.f32[angles + 2 * i], views.f32[angles + 2 * i + 1]];
    views.f32[first] = f(f(f(a * cos) - f(b * sin)) * scale);
    views.f32[second] = f(f(f(a * sin) + f(b * cos)) * scale);
  }
  for (let c = R; c < D; c += 1) views.f32[x + c] = f(views.f32[x + c] * scale);
}

/** Section 21: the segment less its mean, over its deviation, times weights, plus biases. */
function layerNorm(views: Views, call: Call, at: { out: number; x: number; length: number }): void {
  const { out, length } = at;
  const x = views.f32.slice(at.x, at.x + length);
  const [second, third] = [call.address(4) >>> 2, call.address(9) >>> 2];
  const partial = new Float32Array(16);
  for (let k = 0; k < length; k += 1) partial[k & 15] = f(partial[k & 15] + x[k]);
  const mean = f(tree16(partial) / length);
  partial.fill(0);
  for (let k = 0; k < length; k += 1) {
    x[k] = f(x[k] - mean);
    partial[k & 15] = f(partial[k & 15] + f(x[k] * x[k]));
  }
  const variance = f(tree16(partial) / length);
  if (!(variance < Number.POSITIVE_INFINITY)) fault(views, call);
  const scale = f(1 / f(Math.sqrt(f(variance + call.float(8)))));
  for (let k = 0; k < length; k += 1) {
    views.f32[out + k] = f(f(f(x[k] * scale) * views.f32[second + k]) + views.f32[third + k]);
  }
}

/** Sections 14 and 16: one value after the other. A unit is a segment of a row. */
function rowsReference(views: Views, call: Call): void {
  const [length, segments, mode] = [call.integer(5), call.integer(6), call.integer(7)];
  const parameter = call.float(8);
  const second = call.address(4) >>> 2;
  for (let unit = 0; unit < call.units; unit += 1) {
    const row = Math.floor(unit / segments);
    const start = (unit % segments) * length;
    const out = ((call.address(0) + row * call.address(1)) >>> 2) + start;
    const x = ((call.address(2) + row * call.address(3)) >>> 2) + start;
    if (mode === ROW_MODES.layerNorm) {
      layerNorm(views, call, { out, x, length });
      continue;
    }
    const isNorm = mode === ROW_MODES.norm || mode === ROW_MODES.addNorm;
    const scale = isNorm ? inverseRms(views, call, x, length) : parameter;
    for (let k = 0; k < length; k += 1) {
      const [old, value] = [views.f32[out + k], views.f32[x + k]];
      let y: number;
      if (mode === ROW_MODES.scale) y = f(value * scale);
      else if (mode === ROW_MODES.bias) y = f(value + views.f32[second + k]);
      else if (mode === ROW_MODES.addScaled) y = f(old + f(value * scale));
      else if (mode === ROW_MODES.softcap) {
        // The cap would hide an infinity.
        if (!Number.isFinite(value)) fault(views, call);
        y = softcapF32(value, parameter);
      } else {
        const normed = f(f(value * scale) * views.f32[second + k]);
        y = mode === ROW_MODES.addNorm ? f(old + normed) : normed;
      }
      views.f32[out + k] = y;
    }
  }
}
