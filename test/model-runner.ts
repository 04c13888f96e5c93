/**
 * A model in the kernels' memory, outside the engine: tests put rows in and take logits out. Pages
 * are out of order and full of what an earlier sequence left.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import type { TensorInfo } from '../src/engine/gguf/index.ts';
import {
  bindModule,
  createMemory,
  initializeMemory,
  type Kernels,
  OpList,
  pack,
} from '../src/engine/kernels/index.ts';
import {
  buildForward,
  fillRopeTables,
  type Model,
  type ModelConfig,
  planMemory,
  readTensors,
  type Tensor,
} from '../src/engine/model/index.ts';

export const ROW_COUNT_MAX = 24;

export type Bind = (memory: WebAssembly.Memory) => Kernels;

/** Tensors, and their contents by name as in a file. */
export interface ModelContents {
  infos: readonly TensorInfo[];
  contents: ReadonlyMap<string, Uint8Array>;
}

export interface Row {
  /** Which of three sequences. */
  sequence: number;
  position: number;
  token: number;
}

/** A model in memory; `step` computes rows and gives their logits. */
export class ModelRunner {
  readonly model: Model;
  readonly memory: WebAssembly.Memory;
  readonly #list: OpList;
  readonly #kernels: Kernels;

  constructor(bind: Bind, config: ModelConfig, file: ModelContents) {
    const weights = readTensors(file.infos, config);
    const plan = planMemory(config, weights, {
      ...{ contextTokens: 192, pageCount: 9, sequenceCount: 3, rowCountMax: ROW_COUNT_MAX },
      ...{ logitRowsMax: ROW_COUNT_MAX, workers: 1 },
    });
    this.model = { config, weights, plan };
    this.memory = createMemory(plan.totalBytes, false);
    const { buffer } = this.memory;
    initializeMemory(buffer);
    for (const tensor of weights.all) this.#load(tensor, file.contents.get(tensor.name));
    fillRopeTables(buffer, this.model);
    new Uint32Array(buffer, plan.pageTables, 9).set([4, 0, 8, 1, 7, 3, 2, 6, 5]);
    new Uint8Array(buffer, plan.kv, 9 * plan.pageBytes).fill(0x3a);
    this.#list = new OpList(buffer, plan.list, plan.listCapacity, 4);
    this.#kernels = bind(this.memory);
  }

  #load(tensor: Tensor, bytes: Uint8Array | undefined): void {
    assert.ok(bytes !== undefined);
    const out = new Uint8Array(this.memory.buffer, tensor.address, tensor.packedBytes);
    pack(tensor.type, tensor.K, bytes, out);
  }

  step(rows: readonly Row[]): Float32Array[] {
    const { plan, config } = this.model;
    const { buffer } = this.memory;
    for (const [i, { sequence, position, token }] of rows.entries()) {
      const table = plan.pageTables + sequence * plan.pagesPerSequence * 4;
      new Int32Array(buffer, plan.rows + i * 16, 4).set([token, position, table, 0]);
      new Int32Array(buffer, plan.logitIndex + i * 4, 1)[0] = i;
    }
    buildForward(this.#list, this.model, { rowCount: rows.length, logitCount: rows.length });
    this.#kernels.run(this.#list.start, this.#list.count, 0, 1);
    return rows.map((_, i) =>
      new Float32Array(buffer, plan.logits + i * plan.logitStride, config.vocabularySize).slice(),
    );
  }

  /** The first pages of one sequence become those of another, as from a prefix cache. */
  sharePages({ from, to, count }: { from: number; to: number; count: number }): void {
    const { pageTables, pagesPerSequence } = this.model.plan;
    const tables = new Uint32Array(this.memory.buffer, pageTables, 3 * pagesPerSequence);
    const first = from * pagesPerSequence;
    tables.set(tables.slice(first, first + count), to * pagesPerSequence);
  }

  /** All tokens of one sequence, in chunks of these lengths, again from the first when they end. */
  sequence(tokens: readonly number[], chunks: readonly number[], sequence = 0): Float32Array[] {
    const logits: Float32Array[] = [];
    for (let i = 0; logits.length < tokens.length; i += 1) {
      const from = logits.length;
      const piece = tokens.slice(from, from + chunks[i % chunks.length]);
      logits.push(...this.step(piece.map((token, j) => ({ sequence, position: from + j, token }))));
    }
    return logits;
  }
}

/** The unshared build of a variant. */
export function bindBuild(name: string): Bind {
  const url = new URL(`../src/engine/kernels/build/${name}.wasm`, import.meta.url);
  const module = new WebAssembly.Module(readFileSync(url));
  return (memory) => bindModule(module, memory);
}

/**
 * How far logits are from the exact ones, all in one: root of the mean square over that of them.
 */
export function relativeError(
  ours: readonly Float32Array[],
  exact: readonly (Float64Array | Float32Array)[],
): number {
  let [square, energy] = [0, 0];
  for (const [p, logits] of ours.entries()) {
    for (const [n, logit] of logits.entries()) {
      square += (logit - exact[p][n]) ** 2;
      energy += exact[p][n] ** 2;
    }
  }
  assert.ok(energy > 0);
  return Math.sqrt(square / energy);
}

/**
 * Logits of tokens in sequence 1, each step beside rows of two other sequences.
 * @param vocabularySize tokens of the others stay below it
 */
export function besideOthers(
  runner: ModelRunner,
  tokens: readonly number[],
  vocabularySize: number,
): Float32Array[] {
  const logits: Float32Array[] = [];
  for (const [position, token] of tokens.entries()) {
    const rows: Row[] = [{ sequence: 1, position, token }];
    const other = (sequence: number, at: number) =>
      rows.push({ sequence, position: at, token: (at * 5 + sequence) % vocabularySize });
    if (position % 2 === 0) rows.reverse();
    for (let i = 0; i < position % 4; i += 1) other(0, 4 * Math.floor(position / 4) + i);
    if (position % 3 === 0) rows.unshift({ sequence: 2, position: position / 3, token: 1 });
    const mine = rows.findIndex(({ sequence }) => sequence === 1);
    logits.push(runner.step(rows)[mine]);
  }
  return logits;
}
