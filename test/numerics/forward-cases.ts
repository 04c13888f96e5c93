/**
 * Case set "forward": whole forward passes of tiny models of random weights, from a GGUF file as
 * users have one, over several steps: a prefill in chunks, then two sequences that decode together.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { parseGgufHeader } from '../../src/engine/gguf/index.ts';
import {
  columnMultiple,
  createMemory,
  initializeMemory,
  OpList,
  pack,
  RECORD_BYTES,
  WEIGHT_TYPES,
  type WeightType,
} from '../../src/engine/kernels/index.ts';
import {
  buildForward,
  fillRopeTables,
  type Model,
  type ModelConfig,
  planMemory,
  readConfig,
  readTensors,
  vocabularySizeOf,
} from '../../src/engine/model/index.ts';
import { randomModel } from '../random-model.ts';
import { FAULT_RANGE } from './memory-builder.ts';
import { formatRecording } from './recording.ts';

const SET = 'forward';
const CONTEXT = 128;
const ROWS_MAX = 40;

interface TinyModel {
  name: string;
  /** Bytes of a GGUF file. */
  file: () => Uint8Array;
}

/** Types whose blocks are 256 long need that width. */
const widthOf = (type: WeightType): number => (columnMultiple(type) > 64 ? 256 : 64);

/** Tiny models of every architecture, which are compared with transformers elsewhere. */
const ARCHITECTURES = new URL('../oracle/architectures/', import.meta.url);

const MODELS: readonly TinyModel[] = [
  ...(Object.keys(WEIGHT_TYPES) as WeightType[]).map((type) => ({
    name: `llama ${type}`,
    file: () => randomModel({ seed: 11, width: widthOf(type), types: [type] }),
  })),
  {
    name: 'llama of mixed types',
    file: () =>
      randomModel({ seed: 12, layers: 3, types: ['Q4_0', 'Q8_0', 'F16', 'Q5_1', 'Q4_1', 'BF16'] }),
  },
  ...readdirSync(ARCHITECTURES)
    .filter((name) => name.endsWith('.gguf.gz'))
    .map((name) => ({
      name: name.replace('.gguf.gz', ''),
      file: () => gunzipSync(readFileSync(new URL(name, ARCHITECTURES))),
    })),
];

/** Rows of the steps: sequence, first position, count. */
type Piece = [sequence: number, from: number, count: number];
const STEPS: readonly (readonly Piece[])[] = [
  [[0, 0, 33]],
  [
    [0, 33, 33],
    [1, 0, 5],
  ],
  [
    [1, 5, 1],
    [0, 66, 1],
  ],
  [[1, 6, 1]],
];
/** The same for models of 256 columns, on which the reference is slow. */
const FEW_STEPS: typeof STEPS = [
  [[0, 0, 9]],
  [
    [1, 0, 2],
    [0, 9, 1],
  ],
];

export function* forwardCases(): Generator<Uint8Array> {
  for (const model of MODELS) yield forwardCase(model);
}

function forwardCase({ name, file }: TinyModel): Uint8Array {
  const bytes = file();
  const parsed = parseGgufHeader(bytes, { fileBytes: bytes.length });
  if (parsed.kind !== 'header') throw new Error(`${name}: the header is incomplete`);
  const { metadata, tensors } = parsed.header;
  const config = readConfig(metadata, vocabularySizeOf(tensors));
  const weights = readTensors(tensors, config);
  const plan = planMemory(config, weights, {
    ...{ contextTokens: CONTEXT, pageCount: 4, sequenceCount: 2, rowCountMax: ROWS_MAX },
    ...{ logitRowsMax: ROWS_MAX, workers: 1 },
  });
  const steps = config.width > 64 ? FEW_STEPS : STEPS;
  const places = placeSteps(plan, steps);
  const memory = createMemory(places.end, false);
  const buffer = memory.buffer as ArrayBuffer;
  initializeMemory(buffer);
  for (const tensor of weights.all) {
    const from = bytes.subarray(tensor.offsetBytes, tensor.offsetBytes + tensor.sizeBytes);
    const out = new Uint8Array(buffer, tensor.address, tensor.packedBytes);
    pack(tensor.type, tensor.K, from, out);
  }
  fillRopeTables(buffer, { config, weights, plan });
  new Uint32Array(buffer, plan.pageTables, 4).set([3, 0, 2, 1]);
  const lists = steps.map((step, i) => {
    const at = places.steps[i];
    const own = { ...plan, rows: at.rows, logitIndex: at.index, logits: at.logits };
    return writeStep(buffer, { config, weights, plan: own }, at.list, step);
  });
  return formatRecording(
    {
      ...{ set: SET, name, pages: buffer.byteLength / 65536, lists },
      ranges: [
        FAULT_RANGE,
        [plan.kv, plan.kv + 4 * plan.pageBytes],
        [places.logits, places.logits + places.logitRows * plan.logitStride],
      ],
      logits: {
        ...{ address: places.logits, rows: places.logitRows, stride: plan.logitStride },
        vocabulary: config.vocabularySize,
      },
    },
    buffer,
  );
}

type Plan = Model['plan'];

/** Behind the plan, for each step its own rows, indices and list; the logits of all in a row. */
function placeSteps(plan: Plan, steps: typeof STEPS) {
  let next = Math.ceil(plan.totalBytes / 64) * 64;
  const take = (size: number): number => {
    const at = next;
    next += Math.ceil(size / 64) * 64;
    return at;
  };
  const counts = steps.map((step) => step.reduce((sum, [, , count]) => sum + count, 0));
  const logitRows = counts.reduce((a, b) => a + b);
  const logits = take(logitRows * plan.logitStride);
  let before = 0;
  const placed = counts.map((count) => {
    const at = { logits: logits + before * plan.logitStride };
    before += count;
    const list = take(plan.listCapacity * RECORD_BYTES);
    return { ...at, rows: take(count * 16), index: take(count * 4), list };
  });
  return { steps: placed, logits, logitRows, end: next };
}

/** Rows of a step, all with logits, and its calls. */
function writeStep(
  buffer: ArrayBuffer,
  model: { config: ModelConfig; weights: Model['weights']; plan: Plan },
  start: number,
  step: readonly Piece[],
): { start: number; count: number } {
  const { plan, config } = model;
  const rows: number[] = [];
  for (const [sequence, from, count] of step) {
    const table = plan.pageTables + sequence * plan.pagesPerSequence * 4;
    for (let p = from; p < from + count; p += 1) {
      rows.push((p * 37 + 11 + sequence * 5) % config.vocabularySize, p, table, 0);
    }
  }
  const rowCount = rows.length / 4;
  new Int32Array(buffer, plan.rows, rows.length).set(rows);
  const index = new Int32Array(buffer, plan.logitIndex, rowCount);
  for (let i = 0; i < rowCount; i += 1) index[i] = i;
  const list = new OpList(buffer, start, plan.listCapacity, 4);
  buildForward(list, model, { rowCount, logitCount: rowCount });
  return { start, count: list.count };
}
