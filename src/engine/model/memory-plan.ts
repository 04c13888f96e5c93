/**
 * Where everything lies in the kernels' memory, computed before anything is loaded, so that a model
 * that does not fit is refused with its numbers.
 *
 *   fixed | call list | weights | rope table | batch | page tables | activations | KV pages
 *
 * An encoder needs keys and values within a layer only: its pages hold one layer, and all use them.
 */
import { formatBytes, WASM_MEMORY_BYTES_MAX } from '../../base/index.ts';
import {
  activationBytes,
  attentionScratchBytes,
  type Form,
  HEAP_START,
  PAGE_POSITIONS,
  RECORD_BYTES,
} from '../kernels/index.ts';
import type { ModelConfig } from './config.ts';
import { modelError } from './errors.ts';
import { formOfTensor, type TensorSet } from './tensors.ts';

export interface PlanOptions {
  /** Positions of one sequence at most. */
  contextTokens: number;
  /** KV pages shared by all sequences. */
  pageCount: number;
  /** Sequences with a page table of their own. */
  sequenceCount: number;
  /** Rows of one step at most. */
  rowCountMax: number;
  /** Rows of one step at most that want logits. */
  logitRowsMax: number;
  workers: number;
}

export interface MemoryPlan extends PlanOptions {
  /** Kernel calls; room for `listCapacity`. */
  list: number;
  listCapacity: number;
  /** f32 [contextTokens][R/2][2] */
  ropeTable: number;
  /** Likewise, of the layers with a window; the same table unless they have a base of their own. */
  localRopeTable: number;
  /** i32 [rowCountMax][4]: token, position, address of the page table, last position (encoders) */
  rows: number;
  /** i32 [logitRowsMax]: which rows want logits */
  logitIndex: number;
  /** u32 [sequenceCount][pagesPerSequence]: page of each block of 64 positions */
  pageTables: number;
  pagesPerSequence: number;
  /** f32 [rowCountMax][width] */
  hidden: number;
  /** f32 [rowCountMax][(heads + 2 kvHeads) D]: q, k, v */
  qkv: number;
  qkvStride: number;
  /** f32 [rowCountMax][heads D] */
  attention: number;
  /** f32 [rowCountMax][2 ffnWidth]: gate, up; only up where there is no gate */
  gateUp: number;
  /** f32 [rowCountMax][width]: what is normed or scaled before it is added; 0: never. */
  branch: number;
  /** Prepared inputs, one buffer for each form that occurs; 0: none. */
  activations: Record<Form, number>;
  /** f32 [logitRowsMax][logitStride / 4] */
  logits: number;
  logitStride: number;
  scratch: number;
  /** KV pages: [page][layer][KV head][K D x 64 | V 64 x D] halves; encoders: one layer */
  kv: number;
  /** From the pages of one layer to those of the next; encoders: 0. */
  layerBytes: number;
  pageBytes: number;
  totalBytes: number;
}

/**
 * Kernel calls of a forward pass, in a layer: three forms of each of four inputs, 7 products, 3
 * biases, 4 norms, rotation, attention.
 */
const CALLS_PER_LAYER_MAX = 28;

/**
 * Lays out the memory and sets the address of every tensor.
 * @throws VitrineError out-of-memory when it exceeds one WebAssembly memory
 */
export function planMemory(
  config: ModelConfig,
  weights: TensorSet,
  options: PlanOptions,
): MemoryPlan {
  let next = HEAP_START;
  const take = (bytes: number): number => {
    const at = next;
    next += Math.ceil(bytes / 64) * 64;
    return at;
  };
  const { rowCountMax, logitRowsMax, contextTokens, workers } = options;
  const { width, ffnWidth, headDimension: D } = config;
  const listCapacity = config.layers * CALLS_PER_LAYER_MAX + 16;
  const list = take(listCapacity * RECORD_BYTES);
  for (const tensor of weights.all) tensor.address = take(tensor.packedBytes);
  const pagesPerSequence = Math.ceil(contextTokens / PAGE_POSITIONS);
  const qkvStride = (config.heads + 2 * config.kvHeads) * D * 4;
  const logitStride = Math.ceil(config.vocabularySize / 4) * 16;
  const isEncoder = config.encoder !== undefined;
  const needsBranch = config.block.postNorms || config.residualScale !== 1 || isEncoder;
  const oneLayerBytes = config.kvHeads * D * PAGE_POSITIONS * 4;
  const layerBytes = isEncoder ? 0 : oneLayerBytes;
  const pageBytes = isEncoder ? oneLayerBytes : config.layers * layerBytes;
  const gateUpWidth = config.block.activation === 'gelu' ? ffnWidth : 2 * ffnWidth;
  const plan: MemoryPlan = {
    ...options,
    ...{ list, listCapacity, pagesPerSequence, qkvStride, logitStride, layerBytes, pageBytes },
    ...planRopeTables(config, contextTokens, take),
    rows: take(rowCountMax * 16),
    logitIndex: take(logitRowsMax * 4),
    pageTables: take(options.sequenceCount * pagesPerSequence * 4),
    hidden: take(rowCountMax * width * 4),
    qkv: take(rowCountMax * qkvStride),
    attention: take(rowCountMax * config.heads * D * 4),
    gateUp: take(rowCountMax * gateUpWidth * 4),
    branch: needsBranch ? take(rowCountMax * width * 4) : 0,
    activations: planActivations(weights, rowCountMax, take),
    logits: take(logitRowsMax * logitStride),
    scratch: take(workers * attentionScratchBytes(config)),
    kv: take(options.pageCount * pageBytes),
    totalBytes: 0,
  };
  plan.totalBytes = next;
  if (next > WASM_MEMORY_BYTES_MAX) throw tooLarge(plan, weights);
  return plan;
}

function planRopeTables(
  config: ModelConfig,
  contextTokens: number,
  take: (bytes: number) => number,
): Pick<MemoryPlan, 'ropeTable' | 'localRopeTable'> {
  const bytes = contextTokens * config.ropeDimension * 4;
  const ropeTable = take(bytes);
  const localRopeTable = config.localRopeBase === undefined ? ropeTable : take(bytes);
  return { ropeTable, localRopeTable };
}

function planActivations(
  weights: TensorSet,
  rowCountMax: number,
  take: (bytes: number) => number,
): Record<Form, number> {
  const widest: Record<Form, number> = { float: 0, int8: 0, int16: 0, int15: 0 };
  for (const tensor of weights.all) {
    if (tensor.N === 1) continue;
    const form = formOfTensor(tensor);
    widest[form] = Math.max(widest[form], tensor.K);
  }
  const place = (form: Form): number =>
    widest[form] === 0 ? 0 : take(rowCountMax * activationBytes(form, widest[form]));
  return {
    ...{ float: place('float'), int8: place('int8') },
    ...{ int16: place('int16'), int15: place('int15') },
  };
}

/** What is needed, what there is, what makes it up, what to do. */
function tooLarge(plan: MemoryPlan, weights: TensorSet): Error {
  const { totalBytes, contextTokens } = plan;
  const weightBytes = weights.all.reduce((sum, tensor) => sum + tensor.packedBytes, 0);
  const kvBytes = plan.pageCount * plan.pageBytes;
  const advice =
    weightBytes + HEAP_START > WASM_MEMORY_BYTES_MAX
      ? 'The weights alone are too large: take a type of fewer bits (`vitrine convert`), or a ' +
        'smaller model.'
      : 'Give a smaller --context, or take a smaller model.';
  return modelError(
    'out-of-memory',
    `the model needs ${formatBytes(totalBytes)} (weights ${formatBytes(weightBytes)}, KV cache ` +
      `${formatBytes(kvBytes)} for a context of ${contextTokens} tokens, working memory ` +
      `${formatBytes(totalBytes - weightBytes - kvBytes)}); one WebAssembly memory holds ` +
      `${formatBytes(WASM_MEMORY_BYTES_MAX)}. ${advice}`,
  );
}
