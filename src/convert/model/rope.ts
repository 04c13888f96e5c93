/**
 * How a configuration stretches the rotation, in its old words (rope_theta, rope_scaling) and its
 * new ones (rope_parameters), as GGUF metadata and tensors. docs/formats/numerics.md section 19
 * says what is computed with them.
 */
import type { TypedValue } from '../../engine/gguf/index.ts';
import { convertError, quoted } from '../errors.ts';
import { f32, text, u32 } from '../plan.ts';
import type { UntypedTensor } from '../typed-plan.ts';
import type { JsonObject } from './json-file.ts';

export interface Rope {
  readonly base: number;
  readonly localBase?: number;
  /** After the architecture's prefix. */
  readonly metadata: ReadonlyMap<string, TypedValue>;
  readonly tensors: readonly UntypedTensor[];
  readonly notes: readonly string[];
  /** Share of a head that is rotated. */
  readonly share: number;
}

/** @param headDimension values of a head; the rotated share of it is taken here */
export function readRope(config: JsonObject, headDimension: number, baseDefault: number): Rope {
  const parameters = config.object('rope_parameters');
  const full = parameters?.object('full_attention') ?? parameters;
  const local = parameters?.object('sliding_attention');
  const scaling = full ?? config.object('rope_scaling');
  const base = full?.number('rope_theta') ?? config.number('rope_theta') ?? baseDefault;
  const share =
    full?.number('partial_rotary_factor') ?? config.number('partial_rotary_factor') ?? 1;
  return {
    ...{ base, share },
    localBase: local?.number('rope_theta') ?? config.number('rope_local_base_freq'),
    ...scalingOf(config, scaling, { base, rotated: Math.trunc(headDimension * share) }),
  };
}

type Scaling = Pick<Rope, 'metadata' | 'tensors' | 'notes'>;
const NONE: Scaling = { metadata: new Map(), tensors: [], notes: [] };

function scalingOf(
  config: JsonObject,
  scaling: JsonObject | undefined,
  { base, rotated }: { base: number; rotated: number },
): Scaling {
  const type = scaling?.string('rope_type') ?? scaling?.string('type') ?? 'default';
  if (scaling === undefined || type === 'default') return NONE;
  switch (type) {
    case 'linear':
      return { ...NONE, metadata: withFactor('linear', scaling) };
    case 'llama3':
      return { ...NONE, tensors: [given('rope_freqs.weight', llama3(scaling, base, rotated))] };
    case 'yarn':
      return { ...NONE, metadata: yarn(config, scaling) };
    case 'longrope':
    case 'su':
      return longrope(config, scaling, rotated);
    case 'dynamic':
      return {
        ...NONE,
        notes: [
          'rope scaling "dynamic" changes nothing within max_position_embeddings, and is left out',
        ],
      };
    default:
      throw convertError('not-convertible', `${scaling.file}: rope scaling ${quoted(type)}`);
  }
}

function withFactor(type: string, scaling: JsonObject): Map<string, TypedValue> {
  return new Map([
    ['rope.scaling.type', text(type)],
    ['rope.scaling.factor', f32(scaling.needNumber('factor'))],
  ]);
}

function yarn(config: JsonObject, scaling: JsonObject): Map<string, TypedValue> {
  for (const key of ['mscale', 'mscale_all_dim']) {
    if ((scaling.number(key) ?? 0) === 0) continue;
    throw convertError('not-convertible', `${scaling.file}: ${key} is not expressed in GGUF here`);
  }
  const metadata = withFactor('yarn', scaling);
  const original =
    scaling.size('original_max_position_embeddings') ??
    config.needSize('original_max_position_embeddings', 'max_position_embeddings');
  metadata.set('rope.scaling.original_context_length', u32(original));
  const factor = scaling.needNumber('factor');
  const amplitude = scaling.number('attention_factor');
  if (amplitude !== undefined) {
    // The reader multiplies by 1 + 0.1 ln(factor) itself.
    const own = amplitude / (1 + 0.1 * Math.log(factor));
    metadata.set('rope.scaling.attn_factor', f32(own));
  }
  for (const [key, name] of [
    ['beta_fast', 'rope.scaling.yarn_beta_fast'],
    ['beta_slow', 'rope.scaling.yarn_beta_slow'],
  ]) {
    const value = scaling.number(key);
    if (value !== undefined) metadata.set(name, f32(value));
  }
  return metadata;
}

/** Divisors of the frequencies: 1 for short waves, the factor for long ones, a ramp between. */
function llama3(scaling: JsonObject, base: number, rotated: number): Float32Array {
  const factor = scaling.needNumber('factor');
  const low = scaling.number('low_freq_factor') ?? 1;
  const high = scaling.number('high_freq_factor') ?? 4;
  const original = scaling.number('original_max_position_embeddings') ?? 8192;
  return Float32Array.from({ length: rotated / 2 }, (_, i) => {
    const wave = 2 * Math.PI * base ** ((2 * i) / rotated);
    if (wave < original / high) return 1;
    if (wave > original / low) return factor;
    const smooth = (original / wave - low) / (high - low);
    return 1 / ((1 - smooth) / factor + smooth);
  });
}

function longrope(config: JsonObject, scaling: JsonObject, rotated: number): Scaling {
  const trained = config.needSize('max_position_embeddings');
  const original =
    config.size('original_max_position_embeddings') ??
    scaling.needSize('original_max_position_embeddings');
  const ratio = trained / original;
  const amplitude =
    scaling.number('attention_factor') ??
    (ratio > 1 ? Math.sqrt(1 + Math.log(ratio) / Math.log(original)) : 1);
  const metadata = new Map<string, TypedValue>([
    ['rope.scaling.type', text('longrope')],
    ['rope.scaling.original_context_length', u32(original)],
    ['rope.scaling.attn_factor', f32(amplitude)],
  ]);
  const tensors = ['long', 'short'].map((which) => {
    const factors = scaling.numbers(`${which}_factor`);
    if (factors?.length !== rotated / 2) {
      throw convertError(
        'bad-config',
        `${scaling.file}: ${which}_factor has ${factors?.length ?? 'no'} numbers; expected ` +
          `${rotated / 2}`,
      );
    }
    return given(`rope_factors_${which}.weight`, Float32Array.from(factors));
  });
  return { metadata, tensors, notes: [] };
}

function given(name: string, values: Float32Array): UntypedTensor {
  return { name, dims: [values.length], values: { kind: 'given', values } };
}
