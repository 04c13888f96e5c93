/**
 * What the four kinds of tokenizers have in common, as tokenizer.ts uses them: a vocabulary, and
 * how a text without special tokens becomes ids.
 */
import { VitrineError } from '../../base/index.ts';
import { END_OF_TURN_TEXTS, endOfTurnIds } from './end-of-turn.ts';
import { corrupt, show, type TokenizerMetadata, TokenType } from './metadata.ts';
import type { TokenizerErrorCode } from './types.ts';
import { encodeUtf8 } from './utf8.ts';

/** U+2581, which SentencePiece writes for a space. */
export const SPACE_MARK = '\u2581';

export interface TextModel {
  readonly tokens: readonly string[];
  /** [size], see TokenType. */
  readonly types: Int32Array;
  /** [size] bytes that each token stands for in text. */
  readonly bytes: readonly Uint8Array[];
  readonly bosId?: number;
  readonly eosId?: number;
  readonly addBos: boolean;
  readonly addEos: boolean;
  readonly endOfTurnIds: readonly number[];
  /** Spaces are written as SPACE_MARK before special tokens are looked for, and in their texts. */
  readonly marksSpaces: boolean;
  /**
   * Appends the ids of a well-formed text in which no special token is to be found.
   *
   * @throws VitrineError bad-request for a character that the vocabulary cannot express; it may
   * throw too-many-tokens early
   */
  encodeSpan(text: string, options: SpanOptions, ids: number[]): void;
}

export interface SpanOptions {
  /** Leave characters out that the vocabulary cannot express. */
  drop: boolean;
  /** Ids beyond this many are refused by the caller. */
  tokenCountMax: number;
}

export function tooManyTokens(max: number): VitrineError<TokenizerErrorCode> {
  return new VitrineError('too-many-tokens', `expected at most ${max} tokens, the text has more.`);
}

/** What SentencePiece and WordPiece vocabularies share. */
export interface PieceVocabulary extends Omit<TextModel, 'marksSpaces' | 'encodeSpan'> {
  readonly idByText: ReadonlyMap<string, number>;
  /** [256] token id of each byte, -1 where the vocabulary has none. */
  readonly byteIds: Int32Array;
  readonly hasAllBytes: boolean;
  readonly unknownId?: number;
}

/**
 * Types are settled as for byte-level BPE: well-known ends of turn are control tokens whatever the
 * file says, as are BOS, EOS and the unknown token of a file without types.
 *
 * @throws VitrineError bad-header
 */
export function makePieceVocabulary(metadata: TokenizerMetadata): PieceVocabulary {
  const { tokens, unknownId } = metadata;
  const idByText = new Map<string, number>();
  for (let id = 0; id < tokens.length; id += 1) {
    const earlier = idByText.get(tokens[id]);
    if (earlier !== undefined) {
      throw corrupt(`tokens ${earlier} and ${id} are both ${show(tokens[id])}`);
    }
    idByText.set(tokens[id], id);
  }
  const types = metadata.types.slice();
  for (const text of END_OF_TURN_TEXTS) {
    const id = idByText.get(text);
    if (id !== undefined) types[id] = TokenType.control;
  }
  if (!metadata.hasTypes) {
    for (const id of [metadata.bosId, metadata.eosId, unknownId, ...metadata.turnIds]) {
      if (id !== undefined) types[id] = TokenType.control;
    }
  }
  const byteIds = new Int32Array(256).fill(-1);
  const bytes = tokens.map((text, id) => {
    const type = types[id];
    if (type !== TokenType.byte) {
      const isText = type === TokenType.normal || type === TokenType.userDefined;
      return encodeUtf8(isText ? text.replaceAll(SPACE_MARK, ' ') : text);
    }
    const match = /^<0x([0-9A-Fa-f]{2})>$/.exec(text);
    if (match === null) throw corrupt(`expected byte token ${id} to be <0x00>, got ${show(text)}`);
    const byte = Number.parseInt(match[1], 16);
    byteIds[byte] = id;
    return Uint8Array.of(byte);
  });
  return {
    tokens,
    types,
    bytes,
    bosId: metadata.bosId,
    eosId: metadata.eosId,
    addBos: metadata.addBos,
    addEos: metadata.addEos,
    endOfTurnIds: endOfTurnIds(metadata, idByText, types),
    idByText,
    byteIds,
    hasAllBytes: byteIds.every((id) => id >= 0),
    unknownId,
  };
}

/** True for tokens that text may become without being asked for. */
export function isPiece(vocabulary: PieceVocabulary, id: number): boolean {
  return vocabulary.types[id] === TokenType.normal;
}

/**
 * Appends the bytes of a character that is no piece; the unknown token where bytes have no tokens.
 *
 * @returns false when the vocabulary has neither
 */
export function pushUnknown(vocabulary: PieceVocabulary, char: string, ids: number[]): boolean {
  const { byteIds, unknownId } = vocabulary;
  const bytes = encodeUtf8(char);
  if (bytes.every((byte) => byteIds[byte] >= 0)) {
    for (const byte of bytes) ids.push(byteIds[byte]);
    return true;
  }
  if (unknownId === undefined) return false;
  ids.push(unknownId);
  return true;
}

/** Leaves one unknown token of each run of them behind `ids[from]`, as SentencePiece has it. */
export function joinUnknown(vocabulary: PieceVocabulary, ids: number[], from: number): void {
  const { unknownId } = vocabulary;
  if (unknownId === undefined || vocabulary.hasAllBytes) return;
  let count = from;
  for (let i = from; i < ids.length; i += 1) {
    if (ids[i] === unknownId && count > from && ids[count - 1] === unknownId) continue;
    ids[count] = ids[i];
    count += 1;
  }
  ids.length = count;
}

export function inexpressible(): VitrineError<TokenizerErrorCode> {
  return new VitrineError(
    'bad-request',
    "the text has a character that this model's vocabulary cannot express (no token for it, for " +
      'its bytes, or for unknown characters); remove the character.',
  );
}
