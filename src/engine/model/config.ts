/**
 * The shape of a model, read from GGUF metadata and held against what the kernels can do. Only the
 * llama architecture yet (Llama 2, SmolLM2, Mistral); without rope scaling.
 */
import { type Metadata, metadataNumber, metadataString } from '../gguf/index.ts';
import { modelError } from './errors.ts';

export interface ModelConfig {
  architecture: 'llama';
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
  /** Pairs of rotation: false: neighbours (2i, 2i + 1); true: (i, i + D/2). */
  ropeHalfPairs: boolean;
  normEps: number;
  trainedContextTokens: number;
}

export const SUPPORTED_ARCHITECTURES = ['llama'] as const;

/** Bounds that keep every product of two sizes far from overflow. */
const LIMITS = {
  layers: 256,
  width: 32768,
  ffnWidth: 262144,
  heads: 1024,
  /** The largest angle of a rotation; sinCosF64 is stated up to here (numerics.md section 4.5). */
  contextTokens: 2 ** 20,
} as const;

/**
 * @param vocabularySize rows of the token embedding
 * @throws VitrineError unsupported-architecture, bad-header
 */
export function readConfig(metadata: Metadata, vocabularySize: number): ModelConfig {
  const architecture = metadataString(metadata, 'general.architecture');
  if (architecture !== 'llama') {
    throw modelError(
      'unsupported-architecture',
      `the model's architecture is ${JSON.stringify(architecture ?? 'missing')}; supported: ` +
        `${SUPPORTED_ARCHITECTURES.join(', ')}`,
    );
  }
  const number = (key: string, max: number): number => readSize(metadata, `llama.${key}`, max);
  const width = number('embedding_length', LIMITS.width);
  const heads = number('attention.head_count', LIMITS.heads);
  const kvHeads = optionalSize(metadata, 'llama.attention.head_count_kv', LIMITS.heads) ?? heads;
  const headDimension =
    optionalSize(metadata, 'llama.attention.key_length', LIMITS.width) ?? width / heads;
  const config: ModelConfig = {
    ...{ architecture, width, heads, kvHeads, headDimension, vocabularySize },
    layers: number('block_count', LIMITS.layers),
    ffnWidth: number('feed_forward_length', LIMITS.ffnWidth),
    ropeBase: metadataNumber(metadata, 'llama.rope.freq_base') ?? 10000,
    ropeHalfPairs: false,
    normEps: metadataNumber(metadata, 'llama.attention.layer_norm_rms_epsilon') ?? 1e-5,
    trainedContextTokens: number('context_length', LIMITS.contextTokens),
  };
  checkShape(config);
  refuseRopeVariants(metadata, config);
  return config;
}

function checkShape(config: ModelConfig): void {
  const { heads, kvHeads, headDimension: D, width, ffnWidth } = config;
  if (heads % kvHeads !== 0) throw bad(`${heads} heads do not divide among ${kvHeads} KV heads`);
  if (!Number.isInteger(D) || D % 32 !== 0 || D > 512) {
    throw modelError(
      'unsupported-architecture',
      `the head dimension is ${D}; the kernels take multiples of 32 up to 512`,
    );
  }
  if (width % 32 !== 0 || ffnWidth % 32 !== 0) {
    throw modelError(
      'unsupported-architecture',
      `widths of ${width} and ${ffnWidth}; the kernels take multiples of 32`,
    );
  }
  if (!(config.normEps > 0 && config.normEps < 1)) throw bad(`norm epsilon ${config.normEps}`);
  if (!(config.ropeBase >= 1 && config.ropeBase < 1e12)) throw bad(`rope base ${config.ropeBase}`);
}

/** What would change the numbers and is not computed yet is refused, never ignored. */
function refuseRopeVariants(metadata: Metadata, config: ModelConfig): void {
  const dimensions = metadataNumber(metadata, 'llama.rope.dimension_count');
  if (dimensions !== undefined && dimensions !== config.headDimension) {
    throw modelError(
      'unsupported-architecture',
      `rope over ${dimensions} of ${config.headDimension} dimensions is not supported yet`,
    );
  }
  const scaling = metadataString(metadata, 'llama.rope.scaling.type') ?? 'none';
  if (scaling !== 'none') {
    throw modelError('unsupported-architecture', `rope scaling "${scaling}" is not supported yet`);
  }
  if ((metadataNumber(metadata, 'llama.expert_count') ?? 0) > 0) {
    throw modelError('unsupported-architecture', 'mixture-of-experts models are not supported yet');
  }
}

function readSize(metadata: Metadata, key: string, max: number): number {
  const value = optionalSize(metadata, key, max);
  if (value === undefined) throw bad(`the metadata lacks ${key}`);
  return value;
}

function optionalSize(metadata: Metadata, key: string, max: number): number | undefined {
  const value = metadataNumber(metadata, key);
  if (value === undefined) return undefined;
  if (!Number.isInteger(value) || value < 1 || value > max) {
    throw bad(`${key} is ${value}; expected a whole number from 1 to ${max}`);
  }
  return value;
}

function bad(message: string): Error {
  return modelError('bad-header', message);
}
