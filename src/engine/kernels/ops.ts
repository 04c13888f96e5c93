/**
 * Kernel calls as records in memory (the drawing stands in assembly/record.ts). `model` describes a
 * forward pass as a list of calls; `OpList` lays them down; every implementation runs the same list
 * over the same memory: reference.ts, and the WebAssembly modules.
 */
import { assert } from '../../base/index.ts';

export const RECORD_BYTES = 64;
export const RECORD_WORDS = 16;
/** Set in the opcode: the next call does not need this one's results. */
export const NO_BARRIER = 0x10000;

export const OPCODES = {
  embed: 1,
  activate: 2,
  matmul: 3,
  ropeKv: 4,
  attention: 5,
  read: 6,
  rows: 7,
  attentionAll: 8,
} as const;

/** Where the input of matrix products comes from. */
export const SOURCES = { plain: 0, norm: 1, swiglu: 2, geglu: 3, gelu: 4 } as const;
/** How it is prepared: f32 rows, blocks of 8-, 16- or 15-bit integers (activations.ts). */
export const FORMS = { float: 0, int8: 1, int16: 2, int15: 3 } as const;

/** What `rows` does with each value of a row; numerics.md sections 14, 16 and 21. */
export const ROW_MODES = {
  scale: 0,
  bias: 1,
  addScaled: 2,
  norm: 3,
  addNorm: 4,
  softcap: 5,
  layerNorm: 6,
} as const;

export type RowMode = keyof typeof ROW_MODES;
export type Source = keyof typeof SOURCES;
export type Form = keyof typeof FORMS;

/** Rows of a tile in attention; twin of TILE_ROWS in assembly/attention.ts. */
export const ATTENTION_TILE_ROWS = 8;
/** Positions of a KV page, and of an attention block (numerics.md section 8). */
export const PAGE_POSITIONS = 64;

interface Labelled {
  /** The tensor that the call works for, to name it in a fault. */
  label: string;
}

export interface EmbedCall extends Labelled {
  out: number;
  outStride: number;
  weights: number;
  rows: number;
  rowCount: number;
  K: number;
  type: number;
}

export interface ActivateCall extends Labelled {
  out: number;
  source: Source;
  form: Form;
  in: number;
  inStride: number;
  /** Norm weights (stride 0) or the up projection. */
  second?: number;
  secondStride?: number;
  K: number;
  columns: number;
  eps?: number;
  /** i32 list of input rows, one a column; 0: identity. */
  index?: number;
}

export interface MatmulCall extends Labelled {
  out: number;
  outStride: number;
  /** out += instead of out =. */
  add: boolean;
  weights: number;
  activations: number;
  K: number;
  N: number;
  columns: number;
  type: number;
  /** How the columns were prepared. */
  form: Form;
  /** The next call does not read this one's result. */
  noBarrier?: boolean;
}

export interface RopeKvCall extends Labelled {
  qkv: number;
  stride: number;
  rows: number;
  rowCount: number;
  ropeTable: number;
  /** KV pool plus the offset of the layer in a page. */
  kv: number;
  pageBytes: number;
  heads: number;
  kvHeads: number;
  headDimension: number;
  queryScale: number;
  /** Pairs (i, i + R/2) instead of neighbours. */
  halfPairs: boolean;
  /** R: the first so many values of a head are rotated; missing: all D. */
  rotated?: number;
}

/** Element by element over rows, or over segments of rows: assembly/rows.ts. */
export interface RowsCall extends Labelled {
  mode: RowMode;
  out: number;
  outStride: number;
  in: number;
  inStride: number;
  /** Bias or norm weights, one segment long. */
  second?: number;
  /** Bias of a layer norm, one segment long. */
  third?: number;
  /** Values of a segment. */
  length: number;
  /** Segments of a row, one after the other; missing: 1. */
  segments?: number;
  rowCount: number;
  /** Factor, epsilon or cap. */
  parameter?: number;
  noBarrier?: boolean;
}

export interface AttentionCall extends Labelled {
  /** Rows of heads x D floats, one after the other. */
  out: number;
  q: number;
  qStride: number;
  rows: number;
  rowCount: number;
  kv: number;
  pageBytes: number;
  heads: number;
  kvHeads: number;
  headDimension: number;
  scratch: number;
  /** Only the last so many positions are seen; 0 or missing: all. At most 2^21. */
  window?: number;
  /** Scores are capped by it (numerics.md section 16); 0 or missing: not. */
  softcap?: number;
  /** Each row sees its whole sequence, up to the last position that the row names (section 23). */
  isBidirectional?: boolean;
}

/** Bytes of attention scratch that one worker needs. */
export function attentionScratchBytes(shape: {
  heads: number;
  kvHeads: number;
  headDimension: number;
}): number {
  const states = ATTENTION_TILE_ROWS * (shape.heads / shape.kvHeads);
  return shape.headDimension * 512 + 256 + states * (shape.headDimension + 4) * 4;
}

/** Writes records one after the other from `start`; `capacity` records fit. */
export class OpList {
  readonly start: number;
  readonly capacity: number;
  /** Records written. */
  count = 0;
  /** Label of each record. */
  readonly labels: string[] = [];
  readonly #words: Int32Array;
  readonly #floats: Float32Array;
  readonly #chunks: number;

  /** @param chunks into how many pieces the units of a call are cut (per call, at most) */
  constructor(buffer: ArrayBufferLike, start: number, capacity: number, chunks: number) {
    assert(start % RECORD_BYTES === 0, 'records are aligned to 64 bytes');
    this.start = start;
    this.capacity = capacity;
    this.#words = new Int32Array(buffer, start, capacity * RECORD_WORDS);
    this.#floats = new Float32Array(buffer, start, capacity * RECORD_WORDS);
    this.#chunks = chunks;
  }

  clear(): void {
    this.count = 0;
    this.labels.length = 0;
  }

  embed(call: EmbedCall): void {
    this.#put(call.label, OPCODES.embed, call.rowCount, [
      ...[call.out, call.outStride, call.weights, call.rows, call.K, call.type],
    ]);
  }

  activate(call: ActivateCall): void {
    const at = this.#put(call.label, OPCODES.activate, call.columns, [
      call.out,
      SOURCES[call.source] | (FORMS[call.form] << 8),
      ...[call.in, call.inStride, call.second ?? 0, call.secondStride ?? 0],
      ...[call.K, call.columns, 0, call.index ?? 0],
    ]);
    this.#floats[at + 3 + 8] = call.eps ?? 0;
  }

  matmul(call: MatmulCall): void {
    const opcode = OPCODES.matmul | (call.noBarrier ? NO_BARRIER : 0);
    this.#put(call.label, opcode, Math.ceil(call.N / 4), [
      ...[call.out, call.outStride, call.add ? 1 : 0, call.weights, call.activations],
      ...[call.K, call.N, call.columns, call.type | (call.form === 'int15' ? 256 : 0)],
    ]);
  }

  ropeKv(call: RopeKvCall): void {
    const at = this.#put(call.label, OPCODES.ropeKv, call.rowCount, [
      ...[call.qkv, call.stride, call.rows, call.ropeTable, call.kv, call.pageBytes],
      ...[call.heads, call.kvHeads, call.headDimension, 0],
      (call.halfPairs ? 1 : 0) | ((call.rotated ?? call.headDimension) << 8),
    ]);
    this.#floats[at + 3 + 9] = call.queryScale;
  }

  attention(call: AttentionCall): void {
    const tiles = Math.ceil(call.rowCount / ATTENTION_TILE_ROWS);
    const window = call.window ?? 0;
    assert(window <= 2 ** 21, 'the window fits its bits');
    assert(window === 0 || call.isBidirectional !== true, 'a window looks back only');
    const at = this.#put(
      call.label,
      call.isBidirectional ? OPCODES.attentionAll : OPCODES.attention,
      tiles * call.kvHeads,
      [
        ...[call.out, 0, call.q, call.qStride, call.rows, call.rowCount, call.kv],
        ...[call.pageBytes, call.heads | (call.kvHeads << 16)],
        ...[call.headDimension | (window << 10), call.scratch],
      ],
      1,
    );
    this.#floats[at + 3 + 1] = call.softcap ?? 0;
  }

  rows(call: RowsCall): void {
    const segments = call.segments ?? 1;
    const opcode = OPCODES.rows | (call.noBarrier ? NO_BARRIER : 0);
    const at = this.#put(call.label, opcode, call.rowCount * segments, [
      ...[call.out, call.outStride, call.in, call.inStride, call.second ?? 0],
      ...[call.length, segments, ROW_MODES[call.mode], 0, call.third ?? 0],
    ]);
    this.#floats[at + 3 + 8] = call.parameter ?? 0;
  }

  /** Reads `bytes` (a multiple of 64 KB) from `start`; measures bandwidth. */
  read(call: { start: number; sums: number; bytes: number }): void {
    this.#put('bandwidth', OPCODES.read, call.bytes / 65536, [call.start, call.sums]);
  }

  /** The label of the record at an address (the fault word holds one). */
  labelOf(record: number): string {
    return this.labels[(record - this.start) / RECORD_BYTES] ?? 'an unknown tensor';
  }

  #put(
    label: string,
    opcode: number,
    units: number,
    values: number[],
    grainMax = Number.MAX_SAFE_INTEGER,
  ): number {
    assert(this.count < this.capacity, 'the list of kernel calls has room');
    const at = this.count * RECORD_WORDS;
    const grain = Math.max(1, Math.min(grainMax, Math.ceil(units / this.#chunks)));
    this.#words.fill(0, at, at + RECORD_WORDS);
    this.#words[at] = opcode;
    this.#words[at + 1] = units;
    this.#words[at + 2] = grain;
    for (let i = 0; i < values.length; i += 1) this.#words[at + 3 + i] = values[i] | 0;
    this.labels.push(label);
    this.count += 1;
    return at;
  }
}
