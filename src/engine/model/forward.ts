/**
 * One forward pass as a list of kernel calls. Reads like the paper: norm, attention, residual,
 * norm, feed-forward, residual; logits only for the rows that want them. What an architecture does
 * not have writes no call (architectures/). The rows themselves (token, position, page table) stand
 * in memory already: batch.ts.
 */
import { type Form, type OpList, type Source, WEIGHT_TYPES } from '../kernels/index.ts';
import type { ModelConfig } from './config.ts';
import type { MemoryPlan } from './memory-plan.ts';
import { formOfTensor, type Layer, type Tensor, type Weights } from './tensors.ts';

export interface Model {
  config: ModelConfig;
  weights: Weights;
  plan: MemoryPlan;
}

/** How many rows a step has, and how many of them want logits (their index list is in memory). */
export interface StepShape {
  rowCount: number;
  logitCount: number;
}

/** An input of matrix products that is not prepared yet. */
export interface Input {
  source: Source;
  address: number;
  stride: number;
  second?: number;
  secondStride?: number;
  index?: number;
  columns: number;
}

/** Where a product goes. */
export interface Target {
  tensor: Tensor;
  out: number;
  stride: number;
  add?: boolean;
}

/** Writes the calls of one step into `list`, which is cleared first. */
export function buildForward(list: OpList, model: Model, shape: StepShape): void {
  const { weights, plan } = model;
  list.clear();
  embedding(list, model, shape.rowCount);
  for (const [i, layer] of weights.layers.entries()) {
    attentionBlock(list, model, layer, i, shape.rowCount);
    feedForwardBlock(list, model, layer, shape.rowCount);
  }
  if (shape.logitCount > 0) logits(list, model, shape.logitCount, plan.logitIndex);
}

function embedding(list: OpList, { config, weights, plan }: Model, rowCount: number): void {
  const { address, type, name } = weights.embedding;
  const stride = config.width * 4;
  list.embed({
    ...{ out: plan.hidden, outStride: stride, weights: address, rows: plan.rows, rowCount },
    ...{ K: config.width, type: WEIGHT_TYPES[type], label: name },
  });
  if (config.embeddingScale === 1) return;
  list.rows({
    ...{ mode: 'scale', out: plan.hidden, outStride: stride, in: plan.hidden, inStride: stride },
    ...{ length: config.width, rowCount, parameter: config.embeddingScale, label: name },
  });
}

function attentionBlock(
  list: OpList,
  { config, plan }: Model,
  layer: Layer,
  i: number,
  rowCount: number,
): void {
  const { heads, kvHeads, headDimension: D, width } = config;
  const model = { config, plan };
  const kv = plan.kv + i * plan.layerBytes;
  const { qkv, qkvStride: stride } = plan;
  products(list, model, normed(plan.hidden, width, layer.attentionNorm, rowCount), [
    ...sideBySide(layer.qkv, qkv, stride),
  ]);
  addBiases(list, layer.qkvBias, qkv, stride, rowCount);
  normHeads(list, model, layer.queryNorm, { at: qkv, count: heads, rowCount });
  normHeads(list, model, layer.keyNorm, { at: qkv + heads * D * 4, count: kvHeads, rowCount });
  const shared = {
    ...{ rows: plan.rows, rowCount, kv, pageBytes: plan.pageBytes },
    ...{ heads, kvHeads, headDimension: D },
  };
  const window = config.windows[i];
  list.ropeKv({
    ...{ ...shared, qkv, stride, queryScale: config.queryScale },
    ropeTable: window > 0 ? plan.localRopeTable : plan.ropeTable,
    ...{ halfPairs: config.ropeHalfPairs, rotated: config.ropeDimension },
    label: (layer.qkv[1] ?? layer.qkv[0]).name,
  });
  list.attention({
    ...{ ...shared, out: plan.attention, q: qkv, qStride: stride, scratch: plan.scratch },
    ...{ window, softcap: config.attentionSoftcap, label: layer.attentionOut.name },
  });
  const attended: Input = {
    ...{ source: 'plain', address: plan.attention, stride: heads * D * 4, columns: rowCount },
  };
  addToStream(list, model, attended, layer.attentionOut, layer.attentionPostNorm);
}

function feedForwardBlock(
  list: OpList,
  { config, plan }: Model,
  layer: Layer,
  rowCount: number,
): void {
  const { width, ffnWidth, block } = config;
  const model = { config, plan };
  const stride = 2 * ffnWidth * 4;
  products(list, model, normed(plan.hidden, width, layer.ffnNorm, rowCount), [
    ...sideBySide(layer.gateUp, plan.gateUp, stride),
  ]);
  const activated: Input = {
    ...{ source: block.activation, address: plan.gateUp, stride, columns: rowCount },
    ...{ second: plan.gateUp + ffnWidth * 4, secondStride: stride },
  };
  addToStream(list, model, activated, layer.down, layer.ffnPostNorm);
}

function logits(list: OpList, model: Model, columns: number, index: number): void {
  const { config, weights, plan } = model;
  const final = { ...normed(plan.hidden, config.width, weights.norm, columns), index };
  products(list, model, final, [
    { tensor: weights.output, out: plan.logits, stride: plan.logitStride },
  ]);
  const length = plan.logitStride / 4;
  const segments = length % 64 === 0 ? 16 : 1;
  const whole = {
    ...{ out: plan.logits, outStride: plan.logitStride, in: plan.logits },
    ...{ inStride: plan.logitStride, length: length / segments, segments, rowCount: columns },
    label: weights.output.name,
  };
  if (config.logitScale !== 1) list.rows({ ...whole, mode: 'scale', parameter: config.logitScale });
  if (config.logitSoftcap === 0) return;
  list.rows({ ...whole, mode: 'softcap', parameter: config.logitSoftcap });
}

/** stream += the product, normed or scaled first where the architecture says so. */
function addToStream(
  list: OpList,
  model: Pick<Model, 'config' | 'plan'>,
  input: Input,
  tensor: Tensor,
  postNorm: Tensor | undefined,
): void {
  const { config, plan } = model;
  const stride = config.width * 4;
  if (postNorm === undefined && config.residualScale === 1) {
    products(list, model, input, [{ tensor, out: plan.hidden, stride, add: true }]);
    return;
  }
  products(list, model, input, [{ tensor, out: plan.branch, stride }]);
  list.rows({
    ...{ out: plan.hidden, outStride: stride, in: plan.branch, inStride: stride },
    ...{ length: config.width, rowCount: input.columns, label: postNorm?.name ?? tensor.name },
    ...(postNorm === undefined
      ? { mode: 'addScaled' as const, parameter: config.residualScale }
      : { mode: 'addNorm' as const, parameter: config.normEps, second: postNorm.address }),
  });
}

/** Matrices of one input whose outputs lie one after the other in a row. */
export function sideBySide(tensors: readonly Tensor[], start: number, stride: number): Target[] {
  let out = start;
  return tensors.map((tensor) => {
    const target = { tensor, out, stride };
    out += tensor.N * 4;
    return target;
  });
}

export function addBiases(
  list: OpList,
  biases: readonly Tensor[],
  start: number,
  stride: number,
  rowCount: number,
): void {
  let at = start;
  for (const [i, { address, K, name }] of biases.entries()) {
    list.rows({
      ...{ mode: 'bias', out: at, outStride: stride, in: at, inStride: stride, second: address },
      ...{ length: K, rowCount, noBarrier: i < biases.length - 1, label: name },
    });
    at += K * 4;
  }
}

/** RMS norm in place: of each of `count` heads, or of all as one when the weights are as long. */
function normHeads(
  list: OpList,
  { config, plan }: Pick<Model, 'config' | 'plan'>,
  norm: Tensor | undefined,
  { at, count, rowCount }: { at: number; count: number; rowCount: number },
): void {
  if (norm === undefined) return;
  const stride = plan.qkvStride;
  list.rows({
    ...{ mode: 'norm', out: at, outStride: stride, in: at, inStride: stride, rowCount },
    ...{ second: norm.address, length: norm.K, segments: (count * config.headDimension) / norm.K },
    ...{ parameter: config.normEps, label: norm.name },
  });
}

/** The stream as an input, normed where there is a norm. */
function normed(address: number, width: number, norm: Tensor | undefined, columns: number): Input {
  const source = norm === undefined ? 'plain' : 'norm';
  return { source, address, stride: width * 4, second: norm?.address, columns };
}

/** Prepares the input in each form that the weights ask for, then multiplies. */
export function products(
  list: OpList,
  { config, plan }: Pick<Model, 'config' | 'plan'>,
  input: Input,
  targets: readonly Target[],
): void {
  const K = targets[0].tensor.K;
  const forms = new Set<Form>(targets.map((target) => formOfTensor(target.tensor)));
  for (const form of forms) {
    list.activate({
      ...{ out: plan.activations[form], source: input.source, form, in: input.address },
      ...{ inStride: input.stride, second: input.second, secondStride: input.secondStride },
      ...{ K, columns: input.columns, eps: config.normEps, index: input.index },
      label: targets[0].tensor.name,
    });
  }
  for (const [i, target] of targets.entries()) {
    const { tensor, out, stride } = target;
    list.matmul({
      ...{ out, outStride: stride, add: target.add ?? false, weights: tensor.address },
      ...{ activations: plan.activations[formOfTensor(tensor)], K, N: tensor.N },
      ...{ columns: input.columns, type: WEIGHT_TYPES[tensor.type], form: formOfTensor(tensor) },
      noBarrier: i < targets.length - 1,
      label: tensor.name,
    });
  }
}
