/**
 * The forward pass of an encoder as lists of kernel calls, numerics.md section 24: embedding, then
 * layers of attention over the whole text and feed-forward, a layer norm after each residual. All
 * positions of a text are rows of one step. A long step is cut between layers, so that whoever runs
 * it can listen in between.
 */
import { type OpList, WEIGHT_TYPES } from '../kernels/index.ts';
import type { ModelConfig } from './config.ts';
import type { EncoderLayer, EncoderWeights, Norm, Projection } from './encoder-tensors.ts';
import { addBiases, type Input, type Model, products, sideBySide } from './forward.ts';
import type { MemoryPlan } from './memory-plan.ts';

export interface EncoderModel {
  config: ModelConfig;
  weights: EncoderWeights;
  plan: MemoryPlan;
}

export type AnyModel = Model | EncoderModel;

export function isEncoder(model: AnyModel): model is EncoderModel {
  return model.config.encoder !== undefined;
}

/** Layers from `firstLayer` up to, and not including, `endLayer`. */
export interface EncoderSlice {
  rowCount: number;
  firstLayer: number;
  endLayer: number;
}

/**
 * Writes the calls of some layers into `list`, which is cleared first; before the first layer those
 * of the embedding. Rows hold token, position, page table and the last position of their text.
 */
export function buildEncoderForward(list: OpList, model: EncoderModel, slice: EncoderSlice): void {
  const { rowCount, firstLayer, endLayer } = slice;
  list.clear();
  if (firstLayer === 0) embedding(list, model, rowCount);
  for (const layer of model.weights.layers.slice(firstLayer, endLayer)) {
    attentionBlock(list, model, layer, rowCount);
    feedForwardBlock(list, model, layer, rowCount);
  }
}

function embedding(list: OpList, { config, weights, plan }: EncoderModel, rowCount: number): void {
  const stride = config.width * 4;
  const { tokenTypes, positions } = weights;
  const look = { outStride: stride, rowCount, K: config.width };
  const onStream = { out: plan.hidden, outStride: stride, inStride: stride, rowCount };
  list.embed({
    ...{ ...look, out: plan.hidden, weights: weights.embedding.address, rows: plan.rows },
    ...{ type: WEIGHT_TYPES[weights.embedding.type], label: weights.embedding.name },
  });
  list.rows({
    ...{ ...onStream, mode: 'bias', in: plan.hidden, second: tokenTypes.address },
    ...{ length: config.width, label: tokenTypes.name },
  });
  if (positions !== undefined) {
    list.embed({
      // A row's second word, the position, stands where the kernel looks for a token.
      ...{ ...look, out: plan.branch, weights: positions.address, rows: plan.rows + 4 },
      ...{ type: WEIGHT_TYPES[positions.type], label: positions.name },
    });
    list.rows({
      ...{ ...onStream, mode: 'addScaled', in: plan.branch, parameter: 1 },
      ...{ length: config.width, label: positions.name },
    });
  }
  normStream(list, { config, plan }, weights.embeddingNorm, rowCount);
}

type Shared = Pick<EncoderModel, 'config' | 'plan'>;

function attentionBlock(
  list: OpList,
  { config, plan }: EncoderModel,
  layer: EncoderLayer,
  rowCount: number,
): void {
  const { heads, kvHeads, headDimension: D } = config;
  const { qkv, qkvStride: stride } = plan;
  project(list, { config, plan }, streamInput({ config, plan }, rowCount), layer.qkv, {
    ...{ at: qkv, stride },
  });
  const shared = {
    ...{ rows: plan.rows, rowCount, kv: plan.kv, pageBytes: plan.pageBytes },
    ...{ heads, kvHeads, headDimension: D },
  };
  list.ropeKv({
    ...{ ...shared, qkv, stride, ropeTable: plan.ropeTable, queryScale: config.queryScale },
    ...{ halfPairs: config.ropeHalfPairs, rotated: config.ropeDimension },
    label: (layer.qkv.weights[1] ?? layer.qkv.weights[0]).name,
  });
  list.attention({
    ...{ ...shared, out: plan.attention, q: qkv, qStride: stride, scratch: plan.scratch },
    ...{ isBidirectional: true, label: layer.attentionOut.weights[0].name },
  });
  const attended: Input = {
    ...{ source: 'plain', address: plan.attention, stride: heads * D * 4, columns: rowCount },
  };
  addToStream(list, { config, plan }, attended, layer.attentionOut);
  normStream(list, { config, plan }, layer.attentionNorm, rowCount);
}

function feedForwardBlock(
  list: OpList,
  { config, plan }: EncoderModel,
  layer: EncoderLayer,
  rowCount: number,
): void {
  const { ffnWidth, block } = config;
  const stride = layer.gateUp.weights.length * ffnWidth * 4;
  project(list, { config, plan }, streamInput({ config, plan }, rowCount), layer.gateUp, {
    ...{ at: plan.gateUp, stride },
  });
  const activated: Input = {
    ...{ source: block.activation, address: plan.gateUp, stride, columns: rowCount },
    ...(block.activation === 'gelu'
      ? {}
      : { second: plan.gateUp + ffnWidth * 4, secondStride: stride }),
  };
  addToStream(list, { config, plan }, activated, layer.down);
  normStream(list, { config, plan }, layer.outputNorm, rowCount);
}

function streamInput({ config, plan }: Shared, columns: number): Input {
  return { source: 'plain', address: plan.hidden, stride: config.width * 4, columns };
}

/** Products side by side, then their biases. */
function project(
  list: OpList,
  model: Shared,
  input: Input,
  { weights, biases }: Projection,
  { at, stride }: { at: number; stride: number },
): void {
  products(list, model, input, sideBySide(weights, at, stride));
  addBiases(list, biases, at, stride, input.columns);
}

/** stream += the product, then += its bias. */
function addToStream(
  list: OpList,
  model: Shared,
  input: Input,
  { weights, biases }: Projection,
): void {
  const stride = model.config.width * 4;
  const out = model.plan.hidden;
  products(list, model, input, [{ tensor: weights[0], out, stride, add: true }]);
  addBiases(list, biases, out, stride, input.columns);
}

/** The stream becomes its layer norm. */
function normStream(list: OpList, { config, plan }: Shared, norm: Norm, rowCount: number): void {
  const stride = config.width * 4;
  list.rows({
    ...{ mode: 'layerNorm', out: plan.hidden, outStride: stride, in: plan.hidden },
    ...{ inStride: stride, second: norm.weight.address, third: norm.bias.address },
    ...{ length: config.width, rowCount, parameter: config.normEps, label: norm.weight.name },
  });
}
