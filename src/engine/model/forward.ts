/**
 * One forward pass of a llama model as a list of kernel calls. Reads like the paper: norm,
 * attention, residual, norm, feed-forward, residual; logits only for the rows that want them.
 * The rows themselves (token, position, page table) stand in memory already: batch.ts.
 */
import { type Form, type OpList, WEIGHT_TYPES } from '../kernels/index.ts';
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
interface Input {
  source: 'plain' | 'norm' | 'swiglu';
  address: number;
  stride: number;
  second?: number;
  secondStride?: number;
  index?: number;
  columns: number;
}

/** Where a product goes. */
interface Target {
  tensor: Tensor;
  out: number;
  stride: number;
  add?: boolean;
}

/** Writes the calls of one step into `list`, which is cleared first. */
export function buildForward(list: OpList, model: Model, shape: StepShape): void {
  const { config, weights, plan } = model;
  const stride = config.width * 4;
  list.clear();
  list.embed({
    ...{ out: plan.hidden, outStride: stride, weights: weights.embedding.address },
    ...{ rows: plan.rows, rowCount: shape.rowCount, K: config.width },
    type: WEIGHT_TYPES[weights.embedding.type],
    label: weights.embedding.name,
  });
  for (const [i, layer] of weights.layers.entries()) {
    attentionBlock(list, model, layer, i, shape.rowCount);
    feedForwardBlock(list, model, layer, shape.rowCount);
  }
  if (shape.logitCount === 0) return;
  const final: Input = {
    ...{ source: 'norm', address: plan.hidden, stride, second: weights.norm.address },
    ...{ index: plan.logitIndex, columns: shape.logitCount },
  };
  products(list, model, final, [
    { tensor: weights.output, out: plan.logits, stride: plan.logitStride },
  ]);
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
  const stride = plan.qkvStride;
  const kv = plan.kv + i * plan.layerBytes;
  products(list, model, normed(plan.hidden, width, layer.attentionNorm, rowCount), [
    { tensor: layer.q, out: plan.qkv, stride },
    { tensor: layer.k, out: plan.qkv + heads * D * 4, stride },
    { tensor: layer.v, out: plan.qkv + (heads + kvHeads) * D * 4, stride },
  ]);
  const shared = {
    ...{ rows: plan.rows, rowCount, kv, pageBytes: plan.pageBytes },
    ...{ heads, kvHeads, headDimension: D },
  };
  list.ropeKv({
    ...shared,
    ...{ qkv: plan.qkv, stride, ropeTable: plan.ropeTable },
    queryScale: Math.fround(1 / Math.sqrt(D)),
    halfPairs: config.ropeHalfPairs,
    label: layer.k.name,
  });
  list.attention({
    ...shared,
    ...{ out: plan.attention, outStride: heads * D * 4, q: plan.qkv, qStride: stride },
    scratch: plan.scratch,
    label: layer.attentionOut.name,
  });
  const attended: Input = {
    ...{ source: 'plain', address: plan.attention, stride: heads * D * 4, columns: rowCount },
  };
  products(list, model, attended, [
    { tensor: layer.attentionOut, out: plan.hidden, stride: width * 4, add: true },
  ]);
}

function feedForwardBlock(
  list: OpList,
  { config, plan }: Model,
  layer: Layer,
  rowCount: number,
): void {
  const { width, ffnWidth } = config;
  const model = { config, plan };
  const stride = ffnWidth * 4;
  products(list, model, normed(plan.hidden, width, layer.ffnNorm, rowCount), [
    { tensor: layer.gate, out: plan.gate, stride },
    { tensor: layer.up, out: plan.up, stride },
  ]);
  const activated: Input = {
    ...{ source: 'swiglu', address: plan.gate, stride, second: plan.up, secondStride: stride },
    columns: rowCount,
  };
  products(list, model, activated, [
    { tensor: layer.down, out: plan.hidden, stride: width * 4, add: true },
  ]);
}

function normed(address: number, width: number, norm: Tensor, columns: number): Input {
  return { source: 'norm', address, stride: width * 4, second: norm.address, columns };
}

/** Prepares the input in each form that the weights ask for, then multiplies. */
function products(
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
