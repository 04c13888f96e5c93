/** nomic-embed-text v1 and v1.5: BERT with rotation, SwiGLU, one matrix of q, k, v, few biases. */
import { type Architecture, ENCODER_BLOCK } from './architecture.ts';

export const nomicBert: Architecture = {
  name: 'nomic-bert',
  block: { ...ENCODER_BLOCK, isFused: true, activation: 'swiglu' },
  ropeHalfPairs: true,
  encoder: { hasPositionTable: false, hasBiases: false },
};
