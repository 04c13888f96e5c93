/** Gemma 2: norms before and after, GeGLU, capped scores and logits, every other layer windowed. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

/** Layers of the 27B model, whose queries are scaled by another width. */
const LARGEST_LAYERS = 46;

export const gemma2: Architecture = {
  name: 'gemma2',
  block: { ...LLAMA_BLOCK, postNorms: true, activation: 'geglu' },
  ropeHalfPairs: true,
  hasWindows: true,
  read: (keys, { layers, width, heads, headDimension }) => ({
    embeddingScale: Math.sqrt(width),
    queryScale: 1 / Math.sqrt(layers === LARGEST_LAYERS ? width / heads : headDimension),
    attentionSoftcap: keys.number('attn_logit_softcapping') ?? 50,
    logitSoftcap: keys.number('final_logit_softcapping') ?? 30,
    windows: keys.windows(layers, { tokens: 4096, period: 2 }),
  }),
};
