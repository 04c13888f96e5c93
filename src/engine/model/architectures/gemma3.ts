/** Gemma 3 (text): norms before and after, of heads too, GeGLU, five of six layers windowed. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

/** Layers of the 27B model, whose queries are scaled by another width. */
const LARGEST_LAYERS = 62;

export const gemma3: Architecture = {
  name: 'gemma3',
  block: { ...LLAMA_BLOCK, postNorms: true, queryKeyNorm: 'head', activation: 'geglu' },
  ropeHalfPairs: true,
  hasWindows: true,
  read: (keys, { layers, width, heads, headDimension }) => ({
    ropeBase: keys.number('rope.freq_base') ?? 1e6,
    localRopeBase: keys.number('rope.freq_base_swa') ?? 10000,
    embeddingScale: Math.sqrt(width),
    queryScale: 1 / Math.sqrt(layers === LARGEST_LAYERS ? width / heads : headDimension),
    logitSoftcap: keys.number('final_logit_softcapping') ?? 0,
    windows: keys.windows(layers, { tokens: 1024, period: 6 }),
  }),
};
