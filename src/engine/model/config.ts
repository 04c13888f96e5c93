/**
 * The shape of a model, read from GGUF metadata and held against what the kernels can do. What is
 * peculiar to an architecture stands in architectures/.
 */
import { type Metadata, metadataString } from '../gguf/index.ts';
import {
  ARCHITECTURES,
  type Architecture,
  type BlockShape,
  type EncoderShape,
} from './architectures/index.ts';
import { modelError } from './errors.ts';
import { Keys } from './keys.ts';
import { type Pooling, readPooling } from './pooling.ts';
import { NO_SCALING, type RopeScaling, readRopeScaling } from './rope-scaling.ts';

export interface ModelConfig {
  architecture: string;
  block: BlockShape;
  layers: number;
  /** Width of the residual stream. */
  width: number;
  /** Width of the feed-forward layer. */
  ffnWidth: number;
  heads: number;
  kvHeads: number;
  headDimension: number;
  vocabularySize: number;
  ropeBase: number;
  /** R: so many values of a head are rotated, the first ones; 0: no rotation. */
  ropeDimension: number;
  ropeScaling: RopeScaling;
  /** Pairs of rotation: false: neighbours (2i, 2i + 1); true: (i, i + R/2). */
  ropeHalfPairs: boolean;
  /** Base of the layers with a window, which have no scaling then; missing: as the others. */
  localRopeBase?: number;
  /** Positions that each layer sees; 0: all. */
  windows: readonly number[];
  normEps: number;
  /** Factors, rounded to f32 where they are used; 1: none. */
  queryScale: number;
  embeddingScale: number;
  residualScale: number;
  logitScale: number;
  /** Caps of scores and logits; 0: none. */
  attentionSoftcap: number;
  logitSoftcap: number;
  trainedContextTokens: number;
  /** Present: the model gives embeddings, and how. */
  encoder?: EncoderShape & { pooling: Pooling };
}

export const SUPPORTED_ARCHITECTURES: readonly string[] = [...ARCHITECTURES.keys()];

/** Bounds that keep every product of two sizes far from overflow. */
const LIMITS = {
  layers: 256,
  width: 32768,
  ffnWidth: 262144,
  heads: 1024,
  /** The sampler's sums of weights are exact up to here (VOCABULARY_MAX of sampler/). */
  vocabularySize: 2 ** 20,
  /** The largest angle of a rotation; sinCosF64 is stated up to here (numerics.md section 4.5). */
  contextTokens: 2 ** 20,
} as const;

/**
 * @param vocabularySize rows of the token embedding
 * @throws VitrineError unsupported-architecture, bad-header
 */
export function readConfig(metadata: Metadata, vocabularySize: number): ModelConfig {
  const name = metadataString(metadata, 'general.architecture') ?? 'missing';
  const architecture = ARCHITECTURES.get(name);
  if (architecture === undefined) {
    throw modelError(
      'unsupported-architecture',
      `the model's architecture is ${JSON.stringify(name)}; supported: ` +
        `${SUPPORTED_ARCHITECTURES.join(', ')}`,
    );
  }
  const keys = new Keys(metadata, name);
  refuseVariants(keys, architecture);
  const width = keys.size('embedding_length', LIMITS.width);
  const heads = keys.size('attention.head_count', LIMITS.heads);
  const kvHeads = keys.optionalSize('attention.head_count_kv', LIMITS.heads) ?? heads;
  const headDimension = keys.optionalSize('attention.key_length', LIMITS.width) ?? width / heads;
  const layers = keys.size('block_count', LIMITS.layers);
  const common: ModelConfig = {
    ...{ architecture: name, width, heads, kvHeads, headDimension, vocabularySize, layers },
    ...neutral(architecture, layers, headDimension),
    ffnWidth: keys.size('feed_forward_length', LIMITS.ffnWidth),
    ropeBase: keys.numberOr('rope.freq_base', 10000),
    normEps: readEps(keys, architecture),
    trainedContextTokens: keys.size('context_length', LIMITS.contextTokens),
  };
  const { encoder } = architecture;
  const ropeDimension = encoder?.hasPositionTable
    ? 0
    : (keys.optionalSize('rope.dimension_count', LIMITS.width) ?? headDimension);
  const config: ModelConfig = {
    ...common,
    ...architecture.read?.(keys, common),
    ...{ ropeDimension, ropeScaling: readRopeScaling(keys, common.trainedContextTokens) },
    ...(encoder === undefined ? {} : { encoder: { ...encoder, pooling: readPooling(keys) } }),
  };
  // Encoders have no tensors of factors.
  if (encoder !== undefined && config.ropeScaling.type === 'longrope') {
    throw unsupported(`rope scaling "longrope" is not supported for ${name}`);
  }
  checkShape(config, architecture.allowsPartialRope ?? false);
  checkNumbers(config);
  return config;
}

/** Encoders have layer norms, whose key has another name, and usually a much smaller epsilon. */
function readEps(keys: Keys, { encoder }: Architecture): number {
  return encoder === undefined
    ? keys.numberOr('attention.layer_norm_rms_epsilon', 1e-5)
    : keys.numberOr('attention.layer_norm_epsilon', 1e-12);
}

/** What a model has that has nothing peculiar; also where tests start from. */
export function neutral(architecture: Architecture, layers: number, headDimension: number) {
  const { block, ropeHalfPairs } = architecture;
  return {
    ...{ block, ropeHalfPairs, ropeDimension: headDimension, ropeScaling: NO_SCALING },
    ...{ queryScale: 1 / Math.sqrt(headDimension), embeddingScale: 1, residualScale: 1 },
    ...{ logitScale: 1, attentionSoftcap: 0, logitSoftcap: 0 },
    windows: new Array<number>(layers).fill(0),
  };
}

function checkShape(config: ModelConfig, allowsPartialRope: boolean): void {
  const { vocabularySize } = config;
  if (vocabularySize > LIMITS.vocabularySize) {
    throw unsupported(
      `a vocabulary of ${vocabularySize} tokens; supported: up to ${LIMITS.vocabularySize}`,
    );
  }
  const { heads, kvHeads, headDimension: D, width, ffnWidth, ropeDimension: R } = config;
  if (heads % kvHeads !== 0) throw bad(`${heads} heads do not divide among ${kvHeads} KV heads`);
  if (!Number.isInteger(D) || D % 32 !== 0 || D > 512) {
    throw unsupported(`the head dimension is ${D}; the kernels take multiples of 32 up to 512`);
  }
  if (width % 32 !== 0 || ffnWidth % 32 !== 0) {
    throw unsupported(`widths of ${width} and ${ffnWidth}; the kernels take multiples of 32`);
  }
  if (R !== D && R !== 0 && !(allowsPartialRope && R < D && R % 2 === 0)) {
    throw unsupported(`rope over ${R} of ${D} dimensions is not supported here`);
  }
}

function checkNumbers(config: ModelConfig): void {
  if (!(config.normEps > 0 && config.normEps < 1)) throw bad(`norm epsilon ${config.normEps}`);
  for (const base of [config.ropeBase, config.localRopeBase ?? 10000]) {
    if (!(base >= 1 && base < 1e12)) throw bad(`rope base ${base}`);
  }
  const { queryScale, embeddingScale, residualScale, logitScale } = config;
  for (const scale of [queryScale, embeddingScale, residualScale, logitScale]) {
    if (!(scale > 1e-6 && scale < 1e6)) throw bad(`a factor of ${scale}; expected 1e-6 to 1e6`);
  }
  for (const cap of [config.attentionSoftcap, config.logitSoftcap]) {
    if (cap !== 0 && !(cap > 1e-3 && cap < 1e6)) throw bad(`softcap ${cap}`);
  }
}

/** What would change the numbers and is not computed is refused, never ignored. */
function refuseVariants(keys: Keys, architecture: Architecture): void {
  if (keys.numberOr('expert_count', 0) > 0) {
    throw unsupported('mixture-of-experts models are not supported yet');
  }
  const isCausal = keys.flag('attention.causal');
  if (architecture.encoder !== undefined ? isCausal === true : isCausal === false) {
    throw unsupported(`attention.causal is ${isCausal}, which ${architecture.name} never has`);
  }
  if (keys.numberOr('attention.sliding_window', 0) > 0 && architecture.hasWindows !== true) {
    throw unsupported(`a sliding window is not supported for ${architecture.name}`);
  }
  const [keyLength, valueLength] = ['key', 'value'].map((part) =>
    keys.numberOr(`attention.${part}_length`, 0),
  );
  if (valueLength > 0 && keyLength > 0 && valueLength !== keyLength) {
    throw unsupported(`keys of ${keyLength} and values of ${valueLength} dimensions`);
  }
}

function bad(message: string): Error {
  return modelError('bad-header', message);
}

function unsupported(message: string): Error {
  return modelError('unsupported-architecture', message);
}
