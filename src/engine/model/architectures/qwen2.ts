/** Qwen 2 and 2.5: Llama with biases on q, k and v. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

export const qwen2: Architecture = {
  name: 'qwen2',
  block: { ...LLAMA_BLOCK, qkvBias: true },
  ropeHalfPairs: true,
};
