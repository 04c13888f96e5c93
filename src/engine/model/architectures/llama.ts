/** Llama 2 and 3, SmolLM2, Mistral. The files have q and k permuted so that neighbours pair. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

export const llama: Architecture = { name: 'llama', block: LLAMA_BLOCK, ropeHalfPairs: false };
