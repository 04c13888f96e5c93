/** Granite 3: Llama with factors on embedding, scores, residuals and logits. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

export const granite: Architecture = {
  name: 'granite',
  block: LLAMA_BLOCK,
  ropeHalfPairs: false,
  read: (keys, { queryScale }) => ({
    embeddingScale: keys.number('embedding_scale') ?? 1,
    queryScale: keys.number('attention.scale') ?? queryScale,
    residualScale: keys.number('residual_scale') ?? 1,
    logitScale: 1 / (keys.number('logit_scale') ?? 1),
  }),
};
