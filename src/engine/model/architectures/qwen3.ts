/** Qwen 3: Llama with a norm of each query and key head. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

export const qwen3: Architecture = {
  name: 'qwen3',
  block: { ...LLAMA_BLOCK, queryKeyNorm: 'head' },
  ropeHalfPairs: true,
};
