/**
 * How a file stretches the rotation beyond the context it was trained for, numerics.md section 19.
 * Fixed by the file alone: neither a request nor the context of the server changes an angle.
 */
import { expF64, logF64 } from '../kernels/index.ts';
import { modelError } from './errors.ts';
import type { Keys } from './keys.ts';

export interface RopeScaling {
  type: 'none' | 'linear' | 'yarn' | 'longrope';
  /** Frequencies are divided by it (linear; yarn: the low ones). */
  factor: number;
  /** cos and sin are multiplied by it (yarn, longrope). */
  amplitude: number;
  /** Positions that the model was trained for before it was stretched (yarn, longrope). */
  originalContextTokens: number;
  /** Turns within that context from which a frequency is kept, and up to which it is divided. */
  betaFast: number;
  betaSlow: number;
  /** longrope: the tensor of long factors holds, not that of short ones. */
  isLong: boolean;
}

export const NO_SCALING: RopeScaling = {
  ...{ type: 'none', factor: 1, amplitude: 1, originalContextTokens: 0 },
  ...{ betaFast: 32, betaSlow: 1, isLong: false },
};

/** @throws VitrineError unsupported-architecture, bad-header */
export function readRopeScaling(keys: Keys, trainedContextTokens: number): RopeScaling {
  const type = keys.text('rope.scaling.type') ?? 'none';
  const factor = keys.number('rope.scaling.factor') ?? 1;
  if (keys.numberOr('rope.scale_linear', 1) !== 1 || keys.numberOr('rope.scaling.alpha', 1) !== 1) {
    throw modelError('unsupported-architecture', 'an old kind of rope scaling is not supported');
  }
  if (type === 'none') return NO_SCALING;
  const original =
    keys.optionalSize('rope.scaling.original_context_length', 2 ** 24) ?? trainedContextTokens;
  const scaling: RopeScaling = {
    ...NO_SCALING,
    ...{ factor, originalContextTokens: original, isLong: trainedContextTokens > original },
    amplitude: keys.number('rope.scaling.attn_factor') ?? 1,
    betaFast: keys.number('rope.scaling.yarn_beta_fast') ?? 32,
    betaSlow: keys.number('rope.scaling.yarn_beta_slow') ?? 1,
    type: type as RopeScaling['type'],
  };
  const { amplitude, betaFast, betaSlow } = scaling;
  if (!(factor >= 1 && factor < 1e4 && amplitude > 0.01 && amplitude < 100)) {
    throw modelError('bad-header', `rope scaling by ${factor}, amplitude ${amplitude}`);
  }
  if (!(betaFast > betaSlow && betaSlow > 0 && betaFast < 1e4)) {
    throw modelError('bad-header', `rope scaling between ${betaFast} and ${betaSlow} turns`);
  }
  if (type === 'linear' || type === 'longrope') return scaling;
  if (type === 'yarn' && keys.numberOr('rope.scaling.yarn_log_multiplier', 0) === 0) {
    return { ...scaling, amplitude: amplitude * (1 + 0.1 * logF64(factor)) };
  }
  throw modelError('unsupported-architecture', `rope scaling "${type}" is not supported yet`);
}

/**
 * Frequencies of R/2 pairs in f64.
 * @param factors f32 [R/2] of the file (Llama 3, longrope): each frequency is divided by its own
 */
export function ropeFrequencies(
  base: number,
  R: number,
  scaling: RopeScaling,
  factors?: Float32Array,
): Float64Array {
  const logBase = logF64(base);
  const out = new Float64Array(R / 2);
  const mix = scaling.type === 'yarn' ? yarnMix(logBase, R, scaling) : undefined;
  for (let i = 0; i < R / 2; i += 1) {
    const frequency = expF64(-((2 * i) / R) * logBase);
    if (factors !== undefined) out[i] = frequency / factors[i];
    else if (scaling.type === 'linear') out[i] = frequency / scaling.factor;
    else if (mix !== undefined) {
      out[i] = (frequency / scaling.factor) * (1 - mix(i)) + frequency * mix(i);
    } else out[i] = frequency;
  }
  return out;
}

const TWO_PI = 6.283185307179586;

/** 1 for pairs that turn often within the original context, 0 for slow ones, a ramp between. */
function yarnMix(logBase: number, R: number, scaling: RopeScaling): (i: number) => number {
  const pairOf = (turns: number): number =>
    (R * logF64(scaling.originalContextTokens / (turns * TWO_PI))) / (2 * logBase);
  const low = Math.max(0, Math.floor(pairOf(scaling.betaFast)));
  const high = Math.min(R - 1, Math.ceil(pairOf(scaling.betaSlow)));
  const span = Math.max(0.001, high - low);
  return (i) => 1 - Math.min(1, Math.max(0, (i - low) / span));
}
