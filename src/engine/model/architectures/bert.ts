/** BERT, and models trained from it for embeddings: MiniLM, bge, e5, gte, arctic-embed. */
import { type Architecture, ENCODER_BLOCK } from './architecture.ts';

export const bert: Architecture = {
  name: 'bert',
  block: { ...ENCODER_BLOCK, qkvBias: true, activation: 'gelu' },
  ropeHalfPairs: true,
  encoder: { hasPositionTable: true, hasBiases: true },
};
