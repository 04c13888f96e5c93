/**
 * A checked vocabulary: tokens as bytes, the merge table, and which tokens are special.
 *
 * Token types: control (3) and unknown (2) are special: read from text only on request, left out of
 * decoded text. User-defined (4) are read from any text, as in Hugging Face `tokenizers` (added
 * tokens that are not special) and llama.cpp, and are shown. Unused (5) are never read from text
 * and count as special.
 *
 * Words are made of byte tokens by merges, so no special token may be reached that way: a file in
 * which one can is refused, because users' text could then forge it.
 *
 * A byte without a token is no error here (SmolLM2 lacks 21, among them U+0006 and the lead bytes
 * of planes 4 to 11); encoding text that needs one is.
 */
import { BYTE_CHARS, bytesOfAlphabetText } from './byte-alphabet.ts';
import { END_OF_TURN_TEXTS, endOfTurnIds } from './end-of-turn.ts';
import { type BytePairMetadata, corrupt, show, TokenType } from './metadata.ts';
import { PairTable } from './pair-table.ts';
import type { SplitRule } from './pre-split.ts';
import { encodeUtf8 } from './utf8.ts';

export interface Vocabulary {
  readonly rule: SplitRule;
  readonly size: number;
  readonly tokens: readonly string[];
  /** [size], see TokenType. */
  readonly types: Int32Array;
  /** [size] bytes that each token stands for in text. */
  readonly bytes: readonly Uint8Array[];
  /** Longest of them. */
  readonly tokenBytesMax: number;
  /** [256] token id of each byte, -1 where the vocabulary has none. */
  readonly byteIds: Int32Array;
  readonly hasAllBytes: boolean;
  readonly pairs: PairTable;
  /** Text in the byte alphabet -> id, of tokens that words may become. */
  readonly idsByText: ReadonlyMap<string, number>;
  readonly bosId?: number;
  readonly eosId?: number;
  readonly addBos: boolean;
  readonly addEos: boolean;
  readonly endOfTurnIds: readonly number[];
}

/** @throws VitrineError bad-header */
export function makeVocabulary(metadata: BytePairMetadata): Vocabulary {
  const { tokens, merges } = metadata;
  const allIds = new Map<string, number>();
  for (let id = 0; id < tokens.length; id += 1) {
    const earlier = allIds.get(tokens[id]);
    if (earlier !== undefined) {
      throw corrupt(`tokens ${earlier} and ${id} are both ${show(tokens[id])}`);
    }
    allIds.set(tokens[id], id);
  }
  const byteIds = Int32Array.from(BYTE_CHARS, (char) => allIds.get(char) ?? -1);
  if (byteIds.every((id) => id < 0)) {
    throw corrupt('expected tokens for single bytes, got none, so no text could be written in it');
  }
  const { pairs, products } = readMerges(merges, allIds);
  const types = settleTypes(metadata, allIds, products, byteIds);
  const idsByText = new Map<string, number>();
  for (const [text, id] of allIds) {
    if (types[id] === TokenType.normal) idsByText.set(text, id);
  }
  const bytes = tokens.map((text, id) => {
    const written = isText(types[id]) ? bytesOfAlphabetText(text) : undefined;
    return written ?? encodeUtf8(text);
  });
  return {
    rule: metadata.rule,
    size: tokens.length,
    tokens,
    types,
    bytes,
    tokenBytesMax: bytes.reduce((max, token) => Math.max(max, token.length), 0),
    byteIds,
    hasAllBytes: byteIds.every((id) => id >= 0),
    pairs,
    idsByText,
    bosId: metadata.bosId,
    eosId: metadata.eosId,
    addBos: metadata.addBos,
    addEos: metadata.addEos,
    endOfTurnIds: endOfTurnIds(metadata, allIds, types),
  };
}

/** True for types that words may be made of. */
function isText(type: number): boolean {
  return type === TokenType.normal || type === TokenType.byte;
}

/** Merges as id pairs, and the ids that they can produce. */
function readMerges(
  merges: readonly string[],
  ids: ReadonlyMap<string, number>,
): { pairs: PairTable; products: Set<number> } {
  const pairs = new PairTable(merges.length);
  const products = new Set<number>();
  for (let rank = 0; rank < merges.length; rank += 1) {
    const merge = merges[rank];
    const space = merge.indexOf(' ');
    if (space <= 0 || space === merge.length - 1 || merge.indexOf(' ', space + 1) >= 0) {
      throw corrupt(`expected merges[${rank}] to be two tokens and a space, got ${show(merge)}`);
    }
    const left = tokenOf(merge.slice(0, space), ids, rank);
    const right = tokenOf(merge.slice(space + 1), ids, rank);
    const product = tokenOf(merge.slice(0, space) + merge.slice(space + 1), ids, rank);
    if (!pairs.add(left, right, rank, product)) {
      throw corrupt(`merges[${rank}], ${show(merge)}, is there twice`);
    }
    products.add(product);
  }
  return { pairs, products };
}

function tokenOf(text: string, ids: ReadonlyMap<string, number>, rank: number): number {
  const id = ids.get(text);
  if (id === undefined) {
    throw corrupt(`merges[${rank}] needs the token ${show(text)}, which the vocabulary lacks`);
  }
  return id;
}

/**
 * Types as they are used. Well-known ends of turn are control tokens whatever the file says (some
 * converters mark them as user-defined or normal, and users' text could then end a turn), as are
 * BOS and EOS in a file without types, unless words are made of them.
 */
function settleTypes(
  metadata: BytePairMetadata,
  ids: ReadonlyMap<string, number>,
  products: ReadonlySet<number>,
  byteIds: Int32Array,
): Int32Array {
  const types = metadata.types.slice();
  const reachable = new Set([...products, ...byteIds.filter((id) => id >= 0)]);
  const turnIds = END_OF_TURN_TEXTS.map((text) => ids.get(text));
  if (!metadata.hasTypes) turnIds.push(metadata.bosId, metadata.eosId, ...metadata.turnIds);
  for (const id of turnIds) {
    if (id !== undefined && !reachable.has(id)) types[id] = TokenType.control;
  }
  for (const id of reachable) {
    if (!isText(types[id])) {
      throw corrupt(
        `token ${id}, ${show(metadata.tokens[id])}, is special (type ${types[id]}), ` +
          'yet ordinary text can become it',
      );
    }
  }
  return types;
}
