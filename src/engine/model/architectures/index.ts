/** Every architecture that can be computed, by its name in the file. */
import type { Architecture } from './architecture.ts';
import { bert } from './bert.ts';
import { gemma2 } from './gemma2.ts';
import { gemma3 } from './gemma3.ts';
import { granite } from './granite.ts';
import { llama } from './llama.ts';
import { nomicBert } from './nomic-bert.ts';
import { olmo2 } from './olmo2.ts';
import { phi3 } from './phi3.ts';
import { qwen2 } from './qwen2.ts';
import { qwen3 } from './qwen3.ts';

export type { Architecture, BlockShape, EncoderShape } from './architecture.ts';

export const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map(
  [llama, qwen2, qwen3, gemma2, gemma3, phi3, granite, olmo2, bert, nomicBert].map((each) => [
    each.name,
    each,
  ]),
);
