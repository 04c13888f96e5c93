/**
 * Fuzzer of the tokenizers, a target for each of the four kinds: vocabularies, often mutated, and
 * hostile texts. A case ends as ids or as a VitrineError. Of the ids it holds: they lie in the
 * vocabulary, no control token comes of ordinary text, decoding them streamed and whole gives the
 * same text.
 */
import type { Below, FuzzTarget } from '../../../test/fuzz/target.ts';
import { isVitrineError } from '../../base/index.ts';
import { createTextStream, createTokenizer, type VocabularyTokenizer } from './index.ts';

type Fields = Record<string, unknown>;
type Create = typeof createTokenizer;

/** Three bytes a unit, and up to 18 units for one that a character map replaces. */
const IDS_A_UNIT_MAX = 3 * 18;
/** Tokens kept of a vocabulary, so that making it is quick. */
const TOKENS_MAX = 600;

/** What a group of cases shares. */
interface Group {
  index: number;
  fields: Fields;
  /** Of `fields`, or of the vocabulary as it was before it was mutated, if those are refused. */
  tokenizer: VocabularyTokenizer;
  unknown: ReadonlySet<number>;
  tokens: readonly unknown[];
}

/**
 * @param kind  `tokenizer.ggml.model`
 * @param vocabularies  metadata; those of other kinds are left out
 * @param create  the tokenizer under test; the canaries of the test hand in broken ones
 */
export function tokenizerTarget(
  kind: string,
  vocabularies: readonly ReadonlyMap<string, unknown>[],
  create: Create = createTokenizer,
): FuzzTarget {
  const sources = vocabularies
    .filter((fields) => fields.get('tokenizer.ggml.model') === kind)
    .map((fields) => shortened(fields));
  const intact = sources.map((fields) => create(new Map(Object.entries(fields))));
  let group: Group | undefined;
  return {
    name: `tokenizer ${kind}`,
    weight: 11,
    // The constant is for tables that are made once, of characters and pairs.
    memory: { multiple: 256, constantBytes: 8 * 1024 * 1024 },
    msMax: 2000,
    outcomes: ['ids', 'vocabulary-refused', 'vocabulary-taken'],
    make(random, { index, random: shared }) {
      const isFirst = group?.index !== index;
      if (isFirst) group = makeGroup(index, shared, { sources, intact, create });
      const { fields, tokenizer, unknown, tokens } = group as Group;
      if (random(GROUP_SHARE) === 0) {
        const inputBytes = Object.values(fields).reduce<number>(
          (sum, value) => sum + sizeOf(value),
          0,
        );
        return { inputBytes, run: () => tryVocabulary(fields, create) };
      }
      const text = makeText(random, tokens);
      const parseSpecial = random(2) === 0;
      return {
        inputBytes: text.length,
        run: () => tryText(tokenizer, text, { parseSpecial, unknown }),
      };
    },
  };
}

/** One case in this many makes the vocabulary of its group. */
const GROUP_SHARE = 64;

/** Bytes of a field, roughly as in a file. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length;
  if (value instanceof Uint8Array) return value.length;
  if (!Array.isArray(value)) return 8;
  return value.reduce<number>((sum, item) => sum + 4 + sizeOf(item), 0);
}

function makeGroup(
  index: number,
  random: Below,
  { sources, intact, create }: { sources: Fields[]; intact: VocabularyTokenizer[]; create: Create },
): Group {
  const source = random(sources.length);
  const fields = { ...sources[source] };
  for (let changes = random(4); changes > 0; changes -= 1) mutate(fields, random);
  let tokenizer = intact[source];
  let used = sources[source];
  try {
    tokenizer = create(new Map(Object.entries(fields)));
    used = fields;
  } catch (error) {
    if (!isVitrineError(error)) throw error;
  }
  // The ids that may stand for unknown characters, the file's and the models' defaults.
  const named = Number(used['tokenizer.ggml.unknown_token_id']);
  const unknown = new Set(used['tokenizer.ggml.model'] === 'gpt2' ? [] : [named, 0, 2, 100]);
  const tokens = used['tokenizer.ggml.tokens'];
  return { index, fields, tokenizer, unknown, tokens: Array.isArray(tokens) ? tokens : [] };
}

function tryVocabulary(fields: Fields, create: Create): string {
  try {
    create(new Map(Object.entries(fields)));
    return 'vocabulary-taken';
  } catch (error) {
    if (!isVitrineError(error)) throw error;
    return 'vocabulary-refused';
  }
}

function tryText(
  tokenizer: VocabularyTokenizer,
  text: string,
  options: { parseSpecial: boolean; unknown: ReadonlySet<number> },
): string {
  try {
    checkText(tokenizer, text, options);
    return 'ids';
  } catch (error) {
    if (!isVitrineError(error)) throw error;
    return 'text-refused';
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

function mutate(fields: Fields, random: Below): void {
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

function makeText(random: Below, tokens: readonly unknown[]): string {
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
