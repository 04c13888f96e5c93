/**
 * Fuzzer of the tokenizers: mutated vocabularies and hostile texts, for each of the four kinds. A
 * case ends as ids or as a VitrineError; anything else is thrown with the seed and the round.
 * Of the ids it holds: they lie in the vocabulary, no control token comes of ordinary text,
 * decoding them streamed and whole gives the same text.
 *
 * For a long run fuzz.test.ts takes VITRINE_INTERNAL_FUZZ_ROUNDS.
 */
import { isVitrineError } from '../../base/index.ts';
import { createTextStream, createTokenizer, type VocabularyTokenizer } from './index.ts';

export interface FuzzOptions {
  readonly seed: number;
  /** Metadata to mutate: of each kind of vocabulary at least one. */
  readonly vocabularies: readonly ReadonlyMap<string, unknown>[];
  /** Vocabularies tried; 20 texts each. */
  readonly rounds: number;
  /** The tokenizer under test; the canaries of the test hand in broken ones. */
  readonly create?: typeof createTokenizer;
}

/** Cases that ended as ids, as a refused vocabulary, as a refused text. */
export type Outcomes = Record<'ids' | 'vocabulary-refused' | 'text-refused', number>;

type Fields = Record<string, unknown>;

const TEXTS_A_ROUND = 20;
/** Three bytes a unit, and up to 18 units for one that a character map replaces. */
const IDS_A_UNIT_MAX = 3 * 18;
/** Tokens kept of a vocabulary, so that a round is short. */
const TOKENS_MAX = 600;

/** @throws Error with seed and round for anything but ids and VitrineErrors */
export function fuzzTokenizers(options: FuzzOptions): Outcomes {
  const { seed, rounds, vocabularies, create = createTokenizer } = options;
  const outcomes: Outcomes = { ids: 0, 'vocabulary-refused': 0, 'text-refused': 0 };
  const sources = vocabularies.map(shortened);
  const random = makeRandom(seed);
  for (let round = 0; round < rounds; round += 1) {
    try {
      const fields = { ...sources[random(sources.length)] };
      const changes = random(4);
      for (let i = 0; i < changes; i += 1) mutate(fields, random);
      tryRound(fields, random, create, outcomes);
    } catch (error) {
      throw new Error(`seed ${seed}, round ${round}: ${error}`, { cause: error });
    }
  }
  return outcomes;
}

function tryRound(
  fields: Fields,
  random: (below: number) => number,
  create: typeof createTokenizer,
  outcomes: Outcomes,
): void {
  const tokens = fields['tokenizer.ggml.tokens'];
  let tokenizer: VocabularyTokenizer;
  try {
    tokenizer = create(new Map(Object.entries(fields)));
  } catch (error) {
    if (!isVitrineError(error)) throw error;
    outcomes['vocabulary-refused'] += 1;
    return;
  }
  // The ids that may stand for unknown characters, the file's and the models' defaults.
  const isByteLevel = fields['tokenizer.ggml.model'] === 'gpt2';
  const named = Number(fields['tokenizer.ggml.unknown_token_id']);
  const unknown = new Set(isByteLevel ? [] : [named, 0, 2, 100]);
  for (let i = 0; i < TEXTS_A_ROUND; i += 1) {
    const text = makeText(random, Array.isArray(tokens) ? tokens : []);
    try {
      checkText(tokenizer, text, { parseSpecial: random(2) === 0, unknown });
      outcomes.ids += 1;
    } catch (error) {
      if (!isVitrineError(error)) throw error;
      outcomes['text-refused'] += 1;
    }
  }
}

function checkText(
  tokenizer: VocabularyTokenizer,
  text: string,
  { parseSpecial, unknown }: { parseSpecial: boolean; unknown: ReadonlySet<number> },
): void {
  const ids = tokenizer.encode(text, { parseSpecial });
  const controls = new Set(tokenizer.controlTexts);
  const stream = createTextStream(tokenizer, { special: true });
  let streamed = '';
  for (const id of ids) {
    const forged = !parseSpecial && controls.has(tokenizer.tokenText(id)) && !unknown.has(id);
    if (forged) throw new Error(`token ${id} was forged`);
    streamed += stream.push(id);
  }
  streamed += stream.end();
  if (streamed !== tokenizer.decode(ids, { special: true })) throw new Error('streams differ');
  if (ids.length > (text.length + 1) * IDS_A_UNIT_MAX)
    throw new Error(`${ids.length} ids of ${text.length} units`);
}

/** The first tokens of a vocabulary, and the merges that need no others. */
function shortened(metadata: ReadonlyMap<string, unknown>): Fields {
  const fields = Object.fromEntries(metadata);
  const tokens = (fields['tokenizer.ggml.tokens'] as string[]).slice(0, TOKENS_MAX);
  const known = new Set(tokens);
  for (const key of ['tokens', 'scores', 'token_type']) {
    const list = fields[`tokenizer.ggml.${key}`] as unknown[] | undefined;
    if (list !== undefined) fields[`tokenizer.ggml.${key}`] = list.slice(0, TOKENS_MAX);
  }
  const merges = fields['tokenizer.ggml.merges'] as string[] | undefined;
  if (merges !== undefined) {
    const usable = (merge: string) =>
      [merge.replace(' ', ''), ...merge.split(' ')].every((text) => known.has(text));
    fields['tokenizer.ggml.merges'] = merges.filter(usable);
  }
  return fields;
}

const STRANGE: readonly unknown[] = [
  ...[undefined, null, true, '', -1, 0, 1.5, Number.NaN, 2 ** 32 - 1, 2n ** 63n, [], {}],
  ...['\u2581', '##', '<0x41>', '<0xZZ>', '\ud800', 'x'.repeat(9000), new Uint8Array(3)],
];

function mutate(fields: Fields, random: (below: number) => number): void {
  const keys = Object.keys(fields);
  const key = keys[random(keys.length)];
  const value = fields[key];
  const strange = STRANGE[random(STRANGE.length)];
  if (!Array.isArray(value) || value.length === 0 || random(8) === 0) {
    fields[key] = strange;
    return;
  }
  const list = value.slice();
  const at = random(list.length);
  const kind = random(5);
  if (kind === 0) list[at] = strange;
  else if (kind === 1) list[at] = list[random(list.length)];
  else if (kind === 2) list.length = at;
  else if (typeof list[at] === 'number') list[at] = random(7);
  else list[at] = `${list[at]}${list[random(list.length)]}`;
  fields[key] = list;
}

function makeText(random: (below: number) => number, tokens: readonly unknown[]): string {
  let text = '';
  const parts = random(12);
  for (let i = 0; i < parts; i += 1) {
    const kind = random(6);
    // Special tokens are among the first.
    const count = Math.min(tokens.length, random(2) === 0 ? 20 : TOKENS_MAX);
    if (kind === 0) text += String(tokens[random(count || 1)]);
    else if (kind === 1) text += String.fromCharCode(random(0x10000));
    else if (kind === 2) text += String.fromCodePoint(random(0x110000));
    else if (kind === 3) text += 'a\u2581 \n1.'[random(6)].repeat(random(200));
    else text += String.fromCharCode(0x20 + random(0x60));
  }
  return text;
}

function makeRandom(seed: number): (below: number) => number {
  let state = seed | 0 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}
