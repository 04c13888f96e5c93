/**
 * Byte-level BPE from GGUF metadata (`tokenizer.ggml.model` = gpt2). Pure: no files, no clock.
 *
 * Encoding: special tokens are cut out (special-matcher.ts), the text between them is split into
 * words (pre-split.ts), the UTF-8 bytes of each word are merged (merge.ts). Ids equal those of
 * Hugging Face `tokenizers` (test/oracle/tokenizer), with two differences that are meant:
 *
 * - A character whose bytes have no token is an error; `tokenizers` leaves it out without a word.
 *   `unencodable: 'drop'` asks for that.
 * - Lone surrogates, which `tokenizers` cannot be given, are U+FFFD, as in any UTF-8 encoding.
 *
 * Does not do: SentencePiece vocabularies; prefix spaces; tokens that take up the white space
 * around them (lstrip, rstrip: GGUF does not carry those flags).
 */
import { VitrineError } from '../../base/index.ts';
import { readMetadata, TokenType } from './metadata.ts';
import { type Accept, createSpecialMatcher } from './special-matcher.ts';
import type { EncodeOptions, TokenizerErrorCode, VocabularyTokenizer } from './types.ts';
import { encodeUtf8, Utf8Decoder } from './utf8.ts';
import { makeVocabulary, type Vocabulary } from './vocabulary.ts';
import { createWordEncoder } from './word-encoder.ts';

const NO_BYTES = new Uint8Array(0);

/**
 * @param metadata  key -> value as the GGUF reader gives them
 * @throws VitrineError unsupported-tokenizer, bad-header
 */
export function createTokenizer(metadata: ReadonlyMap<string, unknown>): VocabularyTokenizer {
  const vocabulary = makeVocabulary(readMetadata(metadata));
  const encodeText = createTextEncoder(vocabulary);
  const { types } = vocabulary;
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
    checkId(vocabulary, id);
    return isControl(id) || types[id] === TokenType.unused;
  };
  const tokenBytes = (id: number, options?: { special?: boolean }) =>
    isSpecial(id) && !options?.special ? NO_BYTES : vocabulary.bytes[id];

  return {
    vocabularySize: vocabulary.size,
    tokenBytesMax: vocabulary.tokenBytesMax,
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
      checkId(vocabulary, id);
      return vocabulary.tokens[id];
    },
  };
}

interface TextOptions extends EncodeOptions {
  accept?: Accept;
}

type TextEncoder = (text: string, options: TextOptions, ids: number[]) => void;

/** Appends the ids of a well-formed text. */
function createTextEncoder(vocabulary: Vocabulary): TextEncoder {
  const { types, tokens, rule } = vocabulary;
  const words = createWordEncoder(vocabulary);
  const nextWord = rule.makeScanner();
  const all = tokens.map((text, id) => [id, text] as const);
  const inText = new Set([TokenType.control, TokenType.unknown, TokenType.userDefined]);
  const matcher = createSpecialMatcher(all.filter(([id]) => inText.has(types[id])));

  const encodeOrdinary = (source: string, options: TextOptions, ids: number[]) => {
    const text = rule.normalise ? source.normalize('NFC') : source;
    const drop = options.unencodable === 'drop';
    const { tokenCountMax = Number.POSITIVE_INFINITY } = options;
    // A text may be one word, and long words cost most. A UTF-16 unit has a byte at least.
    const leastCount = drop ? 0 : text.length / vocabulary.tokenBytesMax;
    if (ids.length + leastCount > tokenCountMax) throw tooMany(tokenCountMax);
    for (let start = 0; start < text.length; ) {
      const end = nextWord(text, start, text.length);
      if (!words.encode(text, start, end, ids) && !drop) throw unencodable(vocabulary, text);
      if (ids.length > tokenCountMax) throw tooMany(tokenCountMax);
      start = end;
    }
  };
  return (text, options, ids) => {
    let from = 0;
    for (const match of matcher.matchAll(text, options.accept)) {
      if (match.start > from) encodeOrdinary(text.slice(from, match.start), options, ids);
      ids.push(match.id);
      from = match.end;
    }
    encodeOrdinary(from === 0 ? text : text.slice(from), options, ids);
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

function tooMany(max: number): VitrineError<TokenizerErrorCode> {
  return new VitrineError('too-many-tokens', `expected at most ${max} tokens, the text has more.`);
}

function unencodable(vocabulary: Vocabulary, text: string): VitrineError<TokenizerErrorCode> {
  for (const char of text) {
    const missing = encodeUtf8(char).find((byte) => vocabulary.byteIds[byte] < 0);
    if (missing === undefined) continue;
    const code = (char.codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
    const byte = missing.toString(16).toUpperCase().padStart(2, '0');
    return new VitrineError(
      'bad-request',
      `the text contains U+${code}, which this model's vocabulary cannot express ` +
        `(it has no token for the byte 0x${byte}); remove the character.`,
    );
  }
  throw new Error('assertion failed: a text was incomplete, yet all its bytes have tokens');
}

function checkId(vocabulary: Vocabulary, id: number): void {
  if (Number.isInteger(id) && id >= 0 && id < vocabulary.size) return;
  throw new VitrineError<TokenizerErrorCode>(
    'bad-request',
    `expected a token id from 0 to ${vocabulary.size - 1}, got ${id}.`,
  );
}
