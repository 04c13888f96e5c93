/** OLMo 2: norms after attention and feed-forward only, and of whole query and key rows. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

export const olmo2: Architecture = {
  name: 'olmo2',
  block: { ...LLAMA_BLOCK, preNorms: false, postNorms: true, queryKeyNorm: 'row' },
  ropeHalfPairs: true,
};
