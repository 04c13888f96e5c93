/** Flags of generation that `run` and `chat` share, and the request they make. */
import { randomBytes } from 'node:crypto';
import type { FinishReason, SamplingParams } from '../engine/index.ts';
import type { Flag } from './command.ts';
import { cliError } from './errors.ts';
import { type FlagValues, numberFlag, textFlag } from './flags.ts';

const SEED_LIMIT = 2n ** 64n;
const DEFAULTS = { maxTokens: 512, temperature: 0.7, topK: 0, topP: 0.95, minP: 0 };
const TOKENS_MAX = 1 << 20;

export const GENERATION_FLAGS: readonly Flag[] = [
  {
    ...{ name: 'max-tokens', type: 'integer', value: 'N', min: 1, max: TOKENS_MAX },
    meaning: 'Tokens of an answer at most',
    defaultText: String(DEFAULTS.maxTokens),
  },
  {
    ...{ name: 'temperature', type: 'number', value: 'T', min: 0, max: 100 },
    meaning: '0 always takes the likeliest token',
    defaultText: String(DEFAULTS.temperature),
  },
  {
    ...{ name: 'top-k', type: 'integer', value: 'N', min: 0, max: TOKENS_MAX },
    meaning: 'Choose among the N likeliest tokens; 0: among all',
    defaultText: String(DEFAULTS.topK),
  },
  {
    ...{ name: 'top-p', type: 'number', value: 'P', min: 0, max: 1 },
    meaning: 'Choose among the likeliest tokens that have this much probability together',
    defaultText: String(DEFAULTS.topP),
  },
  {
    ...{ name: 'min-p', type: 'number', value: 'P', min: 0, max: 1 },
    meaning: 'Drop tokens below this share of the highest probability',
    defaultText: String(DEFAULTS.minP),
  },
  {
    ...{ name: 'seed', type: 'text', value: 'N' },
    meaning: 'Seed of the choice, 0 to 2^64 - 1; the same seed gives the same answer anywhere',
    defaultText: 'drawn, and told; 0 at temperature 0',
  },
  {
    ...{ name: 'system', type: 'text', value: 'TEXT' },
    meaning: 'System message before the conversation',
  },
];

export interface Generation {
  readonly maxTokens: number;
  readonly sampling: SamplingParams;
  readonly system: string | undefined;
}

/** @throws VitrineError bad-flag-value */
export function generationOf(flags: FlagValues): Generation {
  const temperature = numberFlag(flags, 'temperature') ?? DEFAULTS.temperature;
  // Nothing is drawn at temperature 0, so its seed is always the same one.
  const seed = seedOf(textFlag(flags, 'seed')) ?? (temperature === 0 ? 0n : drawSeed());
  return {
    maxTokens: numberFlag(flags, 'max-tokens') ?? DEFAULTS.maxTokens,
    system: textFlag(flags, 'system'),
    sampling: {
      ...{ temperature, seed },
      topK: numberFlag(flags, 'top-k') ?? DEFAULTS.topK,
      topP: numberFlag(flags, 'top-p') ?? DEFAULTS.topP,
      minP: numberFlag(flags, 'min-p') ?? DEFAULTS.minP,
      ...{ repetitionPenalty: 1, presencePenalty: 0, frequencyPenalty: 0, logitBias: new Map() },
    },
  };
}

function drawSeed(): bigint {
  return randomBytes(8).readBigUInt64LE();
}

/** What cut the answer short, for the reader; undefined when the model ended it itself. */
export function cutNote(reason: FinishReason, maxTokens: number): string | undefined {
  if (reason === 'max-tokens') return `the answer was cut at --max-tokens ${maxTokens}`;
  if (reason === 'context-window') return 'the answer was cut where the context ends';
  return undefined;
}

function seedOf(text: string | undefined): bigint | undefined {
  if (text === undefined) return undefined;
  const seed = /^\d{1,20}$/.test(text) ? BigInt(text) : SEED_LIMIT;
  if (seed < SEED_LIMIT) return seed;
  throw cliError(
    'bad-flag-value',
    `--seed: expected a whole number from 0 to ${SEED_LIMIT - 1n}, got ${JSON.stringify(text)}.`,
  );
}
