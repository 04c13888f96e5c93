/**
 * A tokenizer from GGUF metadata (`tokenizer.ggml.*`). Pure: no files, no clock.
 *
 * Special tokens are cut out of the text (special-matcher.ts); what lies between them is the
 * business of one of four models, by `tokenizer.ggml.model`:
 *
 *   gpt2   byte-level BPE          byte-pair-model.ts
 *   llama  SentencePiece BPE       scored-pair-model.ts
 *   t5     SentencePiece unigram   unigram-model.ts
 *   bert   WordPiece               word-piece-model.ts
 *
 * Ids equal those of Hugging Face `tokenizers` and of `sentencepiece` (test/oracle/tokenizer), with
 * two differences that are meant:
 *
 * - A character whose bytes have no token is an error in byte-level BPE; `tokenizers` leaves it out
 *   without a word. `unencodable: 'drop'` asks for that. The other models have an unknown token.
 * - Lone surrogates, which `tokenizers` cannot be given, are U+FFFD, as in any UTF-8 encoding.
 *
 * Does not do: tokens that take up the white space around them (lstrip, rstrip: GGUF does not carry
 * those flags). Decoding keeps the space that `add_space_prefix` put in front: what a model writes
 * is a continuation, so the space belongs to it.
 */
import { VitrineError } from '../../base/index.ts';
import { createBytePairModel } from './byte-pair-model.ts';
import { readModel, TokenType } from './metadata.ts';
import { createScoredPairModel } from './scored-pair-model.ts';
import { type Accept, createSpecialMatcher } from './special-matcher.ts';
import { SPACE_MARK, type TextModel, tooManyTokens } from './text-model.ts';
import type { EncodeOptions, TokenizerErrorCode, VocabularyTokenizer } from './types.ts';
import { createUnigramModel } from './unigram-model.ts';
import { Utf8Decoder } from './utf8.ts';
import { createWordPieceModel } from './word-piece-model.ts';

const MODELS = {
  gpt2: createBytePairModel,
  llama: createScoredPairModel,
  t5: createUnigramModel,
  bert: createWordPieceModel,
};

/** Values of `tokenizer.ggml.model` that are read. */
export const SUPPORTED_TOKENIZERS: readonly string[] = Object.keys(MODELS);

const NO_BYTES = new Uint8Array(0);

/**
 * @param metadata  key -> value as the GGUF reader gives them
 * @throws VitrineError unsupported-tokenizer, bad-header
 */
export function createTokenizer(metadata: ReadonlyMap<string, unknown>): VocabularyTokenizer {
  const vocabulary = createTextModel(metadata);
  const encodeText = createTextEncoder(vocabulary);
  const { types } = vocabulary;
  const size = vocabulary.tokens.length;
  const isControl = (id: number) =>
    types[id] === TokenType.control || types[id] === TokenType.unknown;

  const withEnds = (text: string, options: EncodeOptions | undefined, accept?: Accept) => {
    const ids: number[] = [];
    const { bosId, eosId } = vocabulary;
    if (options?.addSpecial && vocabulary.addBos && bosId !== undefined) ids.push(bosId);
    encodeText(text, { ...options, accept }, ids);
    if (options?.addSpecial && vocabulary.addEos && eosId !== undefined) ids.push(eosId);
    return ids;
  };
  const isSpecial = (id: number) => {
    checkId(size, id);
    return isControl(id) || types[id] === TokenType.unused;
  };
  const tokenBytes = (id: number, options?: { special?: boolean }) =>
    isSpecial(id) && !options?.special ? NO_BYTES : vocabulary.bytes[id];

  return {
    vocabularySize: size,
    tokenBytesMax: vocabulary.bytes.reduce((max, token) => Math.max(max, token.length), 0),
    bosId: vocabulary.bosId,
    eosId: vocabulary.eosId,
    endOfTurnIds: vocabulary.endOfTurnIds,
    controlTexts: vocabulary.tokens.filter((_, id) => isControl(id)),
    encode: (text, options) =>
      withEnds(
        text.toWellFormed(),
        options,
        options?.parseSpecial ? undefined : (id) => !isControl(id),
      ),
    encodeGuarded: (text, guards, options) =>
      withEnds(text, options, refuseOverGuards(guards, isControl)),
    decode(tokenIds, options) {
      const decoder = new Utf8Decoder();
      let text = '';
      for (const id of tokenIds) text += decoder.push(tokenBytes(id, options));
      return text + decoder.end();
    },
    tokenBytes,
    isSpecial,
    tokenText(id) {
      checkId(size, id);
      return vocabulary.tokens[id];
    },
  };
}

function createTextModel(metadata: ReadonlyMap<string, unknown>): TextModel {
  return MODELS[readModel(metadata)](metadata);
}

interface TextOptions extends EncodeOptions {
  accept?: Accept;
}

/** Appends the ids of a well-formed text. */
function createTextEncoder(model: TextModel) {
  const { types, tokens, marksSpaces } = model;
  const marked = (text: string) => (marksSpaces ? text.replaceAll(' ', SPACE_MARK) : text);
  const all = tokens.map((text, id) => [id, marked(text)] as const);
  const inText = new Set([TokenType.control, TokenType.unknown, TokenType.userDefined]);
  const matcher = createSpecialMatcher(all.filter(([id]) => inText.has(types[id])));

  return (source: string, options: TextOptions, ids: number[]) => {
    // As long as the source, so that guards and matches mean the same places.
    const text = marked(source);
    const { tokenCountMax = Number.POSITIVE_INFINITY } = options;
    const drop = options.unencodable === 'drop';
    const encodeSpan = (from: number, to: number) => {
      const span = to - from === text.length ? text : text.slice(from, to);
      model.encodeSpan(span, { drop, tokenCountMax }, ids);
      if (ids.length > tokenCountMax) throw tooManyTokens(tokenCountMax);
    };
    let from = 0;
    for (const match of matcher.matchAll(text, options.accept)) {
      if (match.start > from) encodeSpan(from, match.start);
      ids.push(match.id);
      from = match.end;
    }
    if (from < text.length) encodeSpan(from, text.length);
  };
}

/** Refuses control tokens with a guarded character. Candidates come with ascending starts. */
function refuseOverGuards(guards: readonly number[], isControl: (id: number) => boolean): Accept {
  let at = 0;
  return (id, start, end) => {
    while (at < guards.length && guards[at] < start) at += 1;
    return !isControl(id) || at >= guards.length || guards[at] >= end;
  };
}

function checkId(size: number, id: number): void {
  if (Number.isInteger(id) && id >= 0 && id < size) return;
  throw new VitrineError<TokenizerErrorCode>(
    'bad-request',
    `expected a token id from 0 to ${size - 1}, got ${id}.`,
  );
}
