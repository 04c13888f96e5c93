/**
 * An encoder in the kernels' memory, outside the engine: tests put texts in and take the last
 * layer's rows out. Pages are out of order and full of what earlier texts left.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { type GgufHeader, parseGgufHeader } from '../src/engine/gguf/index.ts';
import {
  createMemory,
  initializeMemory,
  type Kernels,
  OpList,
  pack,
} from '../src/engine/kernels/index.ts';
import {
  buildEncoderForward,
  type EncoderModel,
  fillRopeTables,
  type ModelConfig,
  planMemory,
  readConfig,
  readEncoderTensors,
  vocabularySizeOf,
} from '../src/engine/model/index.ts';
import type { Bind } from './model-runner.ts';

export const ENCODERS = new URL('oracle/encoders/', import.meta.url);

export interface EncoderFile {
  header: GgufHeader;
  bytes: Uint8Array;
  config: ModelConfig;
}

/** A tiny encoder of test/oracle/encoders. */
export function readEncoder(name: string): EncoderFile {
  return parseEncoder(
    new Uint8Array(gunzipSync(readFileSync(new URL(`${name}.gguf.gz`, ENCODERS)))),
  );
}

/** @param bytes a whole GGUF file */
export function parseEncoder(bytes: Uint8Array): EncoderFile {
  const parsed = parseGgufHeader(bytes, { fileBytes: bytes.length });
  assert.ok(parsed.kind === 'header');
  const { metadata, tensors } = parsed.header;
  return { header: parsed.header, bytes, config: readConfig(metadata, vocabularySizeOf(tensors)) };
}

/** Plans the memory and fills it. @param rowCountMax rows of a step at most */
export function loadEncoder(
  { header, bytes, config }: EncoderFile,
  rowCountMax: number,
): { model: EncoderModel; memory: WebAssembly.Memory } {
  const weights = readEncoderTensors(header.tensors, config);
  const plan = planMemory(config, weights, {
    ...{ contextTokens: config.trainedContextTokens, sequenceCount: 4, rowCountMax },
    ...{ pageCount: Math.ceil(rowCountMax / 64) + 4, logitRowsMax: 0, workers: 1 },
  });
  const memory = createMemory(plan.totalBytes, false);
  initializeMemory(memory.buffer);
  for (const tensor of weights.all) {
    const from = bytes.subarray(tensor.offsetBytes, tensor.offsetBytes + tensor.sizeBytes);
    pack(
      tensor.type,
      tensor.K,
      from,
      new Uint8Array(memory.buffer, tensor.address, tensor.packedBytes),
    );
  }
  const model = { config, weights, plan };
  fillRopeTables(memory.buffer, model);
  new Uint8Array(memory.buffer, plan.kv, plan.pageCount * plan.pageBytes).fill(0x3a);
  return { model, memory };
}

/** Rows of the texts one after the other, and their page tables, falling; how many rows. */
export function writeTexts(
  buffer: ArrayBufferLike,
  { plan }: EncoderModel,
  texts: readonly (readonly number[])[],
): number {
  const rows: number[] = [];
  let page = plan.pageCount;
  for (const [s, tokens] of texts.entries()) {
    const table = plan.pageTables + s * plan.pagesPerSequence * 4;
    const pages = Array.from({ length: Math.ceil(tokens.length / 64) }, () => --page);
    new Uint32Array(buffer, table, pages.length).set(pages);
    for (const [position, token] of tokens.entries()) {
      rows.push(token, position, table, tokens.length - 1);
    }
  }
  new Int32Array(buffer, plan.rows, rows.length).set(rows);
  return rows.length / 4;
}

export class EncoderRunner {
  readonly model: EncoderModel;
  readonly #memory: WebAssembly.Memory;
  readonly #list: OpList;
  readonly #kernels: Kernels;

  constructor(bind: Bind, file: EncoderFile, rowCountMax = 200) {
    const { model, memory } = loadEncoder(file, rowCountMax);
    this.model = model;
    this.#memory = memory;
    this.#list = new OpList(memory.buffer, model.plan.list, model.plan.listCapacity, 4);
    this.#kernels = bind(memory);
  }

  /**
   * Output of the last layer for texts of one step.
   * @param slices where the layers are cut, ascending, the last being their number
   * @returns f32 [positions][width] for each text
   */
  step(texts: readonly (readonly number[])[], slices = [this.model.config.layers]): Float32Array[] {
    const { plan, config } = this.model;
    const { buffer } = this.#memory;
    const rowCount = writeTexts(buffer, this.model, texts);
    let firstLayer = 0;
    for (const endLayer of slices) {
      buildEncoderForward(this.#list, this.model, { rowCount, firstLayer, endLayer });
      this.#kernels.run(this.#list.start, this.#list.count, 0, 1);
      firstLayer = endLayer;
    }
    let at = plan.hidden;
    return texts.map((tokens) => {
      const length = tokens.length * config.width;
      const out = new Float32Array(buffer, at, length).slice();
      at += length * 4;
      return out;
    });
  }
}
