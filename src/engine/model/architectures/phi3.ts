/** Phi 3, 3.5 and 4: fused matrices, rotation of a part of a head, all layers windowed. */
import { type Architecture, LLAMA_BLOCK } from './architecture.ts';

export const phi3: Architecture = {
  name: 'phi3',
  block: { ...LLAMA_BLOCK, isFused: true },
  ropeHalfPairs: true,
  allowsPartialRope: true,
  hasWindows: true,
  read: (keys, { layers }) => ({
    windows: keys.windows(layers, { tokens: 0, period: Number.POSITIVE_INFINITY }),
  }),
};
