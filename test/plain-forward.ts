/**
 * A llama model in f64 with the language's own functions, on dequantised weights: what the engine
 * is measured against. `Rounding` puts single roundings of the number contract into it, to see what
 * each costs.
 */
import type { ModelConfig } from '../src/engine/model/index.ts';

/** Whose input a product is. */
export type InputKind = 'qkv' | 'attention-out' | 'gate-up' | 'down' | 'output';

export interface Rounding {
  /** What becomes of the input of a product; the output counts as one more layer. */
  input?(kind: InputKind, x: Float64Array, layer: number): Float64Array;
  /** What becomes of rotated keys, and of values. */
  kv?(x: Float64Array): Float64Array;
}

/** Blocks of 32 to integers up to `top` and back: section 2.1 of docs/formats/numerics.md. */
export function quantised(x: Float64Array, top: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += 32) {
    const block = Float32Array.from(x.subarray(start, start + 32));
    const amax = block.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    if (amax < 2 ** -100) continue;
    const step = Math.fround(amax / top);
    const inverse = Math.fround(top / amax);
    for (const [i, value] of block.entries()) {
      // Adding and taking away 1.5 * 2^52 rounds to an integer, ties to even.
      const q = Math.fround(value * inverse) + 1.5 * 2 ** 52 - 1.5 * 2 ** 52;
      out[start + i] = q * step;
    }
  }
  return out;
}

function multiply(w: Float32Array, x: Float64Array): Float64Array {
  const K = x.length;
  const out = new Float64Array(w.length / K);
  for (let n = 0; n < out.length; n += 1) {
    let sum = 0;
    for (let k = 0, at = n * K; k < K; k += 1, at += 1) sum += w[at] * x[k];
    out[n] = sum;
  }
  return out;
}

/**
 * @param weights  f32 contents of a tensor by its name in the file
 * @returns  logits of each token
 */
export function plainForward(
  config: ModelConfig,
  weights: (name: string) => Float32Array,
  tokens: readonly number[],
  rounding: Rounding = {},
): Float64Array[] {
  const input = rounding.input ?? ((_, x) => x);
  const kv = rounding.kv ?? ((x) => x);
  const { width } = config;
  const embedding = weights('token_embd.weight');
  let streams: Float64Array[] = tokens.map((t) =>
    Float64Array.from(embedding.subarray(t * width, (t + 1) * width)),
  );
  for (let i = 0; i < config.layers; i += 1) {
    const w = (name: string) => weights(`blk.${i}.${name}.weight`);
    const norms = { attention: w('attn_norm'), ffn: w('ffn_norm') };
    const [wq, wk, wv, wo] = [w('attn_q'), w('attn_k'), w('attn_v'), w('attn_output')];
    const h = streams.map((x) => input('qkv', norm(x, norms.attention, config.normEps), i));
    const keys = h.map((x, p) => kv(rotate(multiply(wk, x), p, config)));
    const values = h.map((x) => kv(multiply(wv, x)));
    streams = streams.map((x, p) => {
      const q = rotate(multiply(wq, h[p]), p, config);
      const attended = attend(q, keys.slice(0, p + 1), values.slice(0, p + 1), config);
      return plus(x, multiply(wo, input('attention-out', attended, i)));
    });
    const [gate, up, down] = [w('ffn_gate'), w('ffn_up'), w('ffn_down')];
    streams = streams.map((x) => {
      const n = input('gate-up', norm(x, norms.ffn, config.normEps), i);
      const u = multiply(up, n);
      const activated = multiply(gate, n).map((g, k) => (g / (1 + Math.exp(-g))) * u[k]);
      return plus(x, multiply(down, input('down', activated, i)));
    });
  }
  const last = weights('output_norm.weight');
  return streams.map((x) =>
    multiply(embedding, input('output', norm(x, last, config.normEps), config.layers)),
  );
}

function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, k) => value + b[k]);
}

function norm(x: Float64Array, w: Float32Array, eps: number): Float64Array {
  const mean = x.reduce((sum, value) => sum + value * value, 0) / x.length;
  return x.map((value, k) => (value / Math.sqrt(mean + eps)) * w[k]);
}

function rotate(x: Float64Array, position: number, config: ModelConfig): Float64Array {
  const D = config.headDimension;
  const out = x.slice();
  for (let at = 0; at < x.length; at += 2) {
    const angle = position * config.ropeBase ** (-(at % D) / D);
    out[at] = x[at] * Math.cos(angle) - x[at + 1] * Math.sin(angle);
    out[at + 1] = x[at] * Math.sin(angle) + x[at + 1] * Math.cos(angle);
  }
  return out;
}

function attend(
  q: Float64Array,
  keys: readonly Float64Array[],
  values: readonly Float64Array[],
  config: ModelConfig,
): Float64Array {
  const { headDimension: D, heads, kvHeads } = config;
  const out = new Float64Array(q.length);
  for (let h = 0; h < heads; h += 1) {
    const kv = Math.floor(h / (heads / kvHeads)) * D;
    const head = q.subarray(h * D, (h + 1) * D);
    const scores = keys.map((k) => head.reduce((s, x, c) => s + x * k[kv + c], 0) / Math.sqrt(D));
    const max = Math.max(...scores);
    const e = scores.map((score) => Math.exp(score - max));
    const sum = e.reduce((a, b) => a + b);
    for (const [t, weight] of e.entries()) {
      for (let c = 0; c < D; c += 1) out[h * D + c] += (weight / sum) * values[t][kv + c];
    }
  }
  return out;
}
