/**
 * tokenizer.json of the library tokenizers: byte-level BPE, BPE with byte fallback, unigram,
 * WordPiece.
 */
import { convertError, quoted } from '../errors.ts';
import type { JsonObject } from '../model/json-file.ts';
import { preSplitOf, stepsOf } from './pre-split.ts';
import { type AddedToken, type Token, TokenType, type Vocabulary } from './vocabulary.ts';
import { wordPieces } from './word-piece.ts';

const TOKEN_COUNT_MAX = 1 << 20;
const MERGE_COUNT_MAX = 1 << 22;

/** True when tokens are bytes in the alphabet of GPT-2. */
export function isByteLevel(tokenizer: JsonObject): boolean {
  const steps = [
    ...stepsOf(tokenizer.object('pre_tokenizer'), 'pretokenizers'),
    ...stepsOf(tokenizer.object('decoder'), 'decoders'),
  ];
  return steps.some((step) => step.string('type') === 'ByteLevel');
}

/** @throws VitrineError bad-config, not-convertible */
export function readTokenizerJson(tokenizer: JsonObject, preSplit: string | undefined): Vocabulary {
  const model = tokenizer.object('model');
  if (model === undefined) throw convertError('bad-config', `${tokenizer.file} has no model`);
  // Old files have no type; only BPE has merges.
  const type = model.string('type') ?? (model.value('merges') === undefined ? 'none' : 'BPE');
  switch (type) {
    case 'BPE':
      return isByteLevel(tokenizer)
        ? byteLevel(tokenizer, model, preSplit)
        : sentencePieces(tokenizer, model);
    case 'Unigram':
      return unigram(tokenizer, model);
    case 'WordPiece':
      return wordPieces(tokensOf(model), tokenizer);
    default:
      throw convertError(
        'not-convertible',
        `${tokenizer.file}: a tokenizer of type ${quoted(type)}`,
      );
  }
}

export function addedTokens(tokenizer: JsonObject): AddedToken[] {
  return (tokenizer.list('added_tokens') ?? []).map((each, i) => {
    const entry = tokenizer.child(`added_tokens[${i}]`, each);
    return {
      id: entry.needSize('id'),
      text: entry.string('content') ?? '',
      isSpecial: entry.boolean('special') === true,
    };
  });
}

/** Id -> text, of a vocabulary that maps texts to ids. */
function tokensOf(model: JsonObject): Map<number, string> {
  const vocabulary = model.object('vocab');
  const keys = vocabulary?.keys ?? [];
  if (vocabulary === undefined || keys.length === 0 || keys.length > TOKEN_COUNT_MAX) {
    throw convertError('bad-config', `${model.file}: a vocabulary of ${keys.length} tokens`);
  }
  const tokens = new Map<number, string>();
  for (const text of keys) {
    const id = vocabulary.needSize(text);
    if (id >= TOKEN_COUNT_MAX) throw vocabulary.wrong(text, `below ${TOKEN_COUNT_MAX}`, id);
    tokens.set(id, text);
  }
  return tokens;
}

/** Merges as pairs. */
function mergesOf(model: JsonObject): [string, string][] {
  const list = model.list('merges') ?? [];
  if (list.length > MERGE_COUNT_MAX) {
    throw convertError('bad-config', `${model.file} has ${list.length} merges`);
  }
  return list.map((merge) => {
    // Texts have no space but the one between; pairs came later, for tokens that have.
    const pair = typeof merge === 'string' ? merge.split(' ') : merge;
    const isPair = Array.isArray(pair) && pair.length === 2;
    if (isPair && pair.every((part) => typeof part === 'string')) return pair as [string, string];
    throw convertError(
      'bad-config',
      `${model.file} has the merge ${quoted(JSON.stringify(merge))}`,
    );
  });
}

function byteLevel(
  tokenizer: JsonObject,
  model: JsonObject,
  preSplit: string | undefined,
): Vocabulary {
  const tokens = new Map<number, Token>();
  for (const [id, text] of tokensOf(model)) tokens.set(id, { text, type: TokenType.normal });
  const merges = mergesOf(model).map((pair) => pair.map((part) => part.replaceAll(' ', '\u0120')));
  return {
    ...{ model: 'gpt2', pre: preSplit ?? preSplitOf(tokenizer), tokens },
    merges: merges.map((pair) => pair.join(' ')),
  };
}

/**
 * BPE over characters with bytes to fall back on: SentencePiece's, as the library writes it. The
 * order of the merges is the order of the scores.
 */
function sentencePieces(tokenizer: JsonObject, model: JsonObject): Vocabulary {
  const texts = tokensOf(model);
  const ranks = new Map<string, number>();
  for (const [rank, pair] of mergesOf(model).entries()) {
    const text = pair.join('');
    if (!ranks.has(text)) ranks.set(text, rank);
  }
  const unknown = model.string('unk_token');
  const hasBytes = model.boolean('byte_fallback') === true;
  const tokens = new Map<number, Token>();
  for (const [id, text] of texts) {
    const rank = ranks.get(text);
    const score = rank === undefined ? 0 : -1 - rank;
    tokens.set(id, { text, score, type: typeOf(text, unknown, hasBytes) });
  }
  return { model: 'llama', pre: 'default', tokens, addSpacePrefix: addsPrefix(tokenizer) };
}

function unigram(tokenizer: JsonObject, model: JsonObject): Vocabulary {
  const list = model.list('vocab') ?? [];
  if (list.length === 0 || list.length > TOKEN_COUNT_MAX) {
    throw convertError('bad-config', `${model.file}: a vocabulary of ${list.length} tokens`);
  }
  const unknownId = model.size('unk_id');
  const hasBytes = model.boolean('byte_fallback') === true;
  const tokens = new Map<number, Token>();
  for (const [id, entry] of list.entries()) {
    const [text, score] = Array.isArray(entry) ? entry : [];
    if (typeof text !== 'string' || typeof score !== 'number') {
      throw convertError('bad-config', `${model.file}: entry ${id} is no [text, score]`);
    }
    const type = id === unknownId ? TokenType.unknown : typeOf(text, undefined, hasBytes);
    tokens.set(id, { text, score, type });
  }
  const steps = stepsOf(tokenizer.object('normalizer'), 'normalizers');
  const charsMap = steps.map((step) => step.string('precompiled_charsmap')).find(Boolean);
  const pattern = (step: JsonObject) => step.object('pattern')?.string('Regex');
  return {
    ...{ model: 't5', pre: 'default', tokens, addSpacePrefix: addsPrefix(tokenizer) },
    // Runs of spaces become one, or the mark of one.
    removeExtraWhitespaces: steps.some((step) => pattern(step) === ' {2,}'),
    charsMap: charsMap === undefined ? undefined : Buffer.from(charsMap, 'base64'),
    ids: unknownId === undefined ? undefined : new Map([['unknown_token_id', unknownId]]),
  };
}

function typeOf(text: string, unknown: string | undefined, hasBytes: boolean): number {
  if (text === unknown) return TokenType.unknown;
  return hasBytes && /^<0x[0-9A-F]{2}>$/.test(text) ? TokenType.byte : TokenType.normal;
}

/** Whether a text is given a space in front. */
function addsPrefix(tokenizer: JsonObject): boolean {
  const normalizers = stepsOf(tokenizer.object('normalizer'), 'normalizers');
  if (normalizers.some((step) => step.string('type') === 'Prepend')) return true;
  for (const step of stepsOf(tokenizer.object('pre_tokenizer'), 'pretokenizers')) {
    if (step.string('type') !== 'Metaspace') continue;
    const scheme = step.string('prepend_scheme');
    return scheme === undefined ? step.boolean('add_prefix_space') !== false : scheme !== 'never';
  }
  return false;
}
