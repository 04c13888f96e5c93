/**
 * One word -> token ids, with a bounded memory of words seen. The memory changes no result.
 */
import { BYTE_CHARS } from './byte-alphabet.ts';
import { mergePairs } from './merge.ts';
import { writeUtf8 } from './utf8.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Words kept in each of two generations; text in a natural language uses some 50,000 words. */
const CACHE_WORDS_MAX = 1 << 15;
/** Longer words hardly come back, UTF-16 units. */
const CACHE_UNITS_MAX = 40;

export interface WordEncoder {
  /** Appends the ids of `text[start..end)`. False: bytes without a token were left out. */
  encode(text: string, start: number, end: number, into: number[]): boolean;
}

export function createWordEncoder(vocabulary: Vocabulary): WordEncoder {
  // Two generations: when the young one is full it becomes the old one, and the old one goes.
  let young = new Map<string, readonly number[]>();
  let old = new Map<string, readonly number[]>();
  const scratch = new Int32Array(1024);

  function remember(word: string, ids: readonly number[]): void {
    if (young.size >= CACHE_WORDS_MAX) {
      old = young;
      young = new Map();
    }
    young.set(detached(word), ids);
  }

  function encodeAfresh(text: string, start: number, end: number, into: number[]): boolean {
    const room = (end - start) * 3;
    // A long word's scratch is not kept.
    const ids = room <= 1024 ? scratch : new Int32Array(room);
    const byteCount = writeUtf8(text, start, end, ids);
    if (vocabulary.rule.wholeWords) {
      const id = wholeWordId(vocabulary, ids, byteCount);
      if (id !== undefined) {
        into.push(id);
        return true;
      }
    }
    let count = 0;
    for (let i = 0; i < byteCount; i += 1) {
      const id = vocabulary.byteIds[ids[i]];
      if (id >= 0) ids[count++] = id;
    }
    const complete = count === byteCount;
    count = mergePairs(vocabulary.pairs, ids, count);
    for (let i = 0; i < count; i += 1) into.push(ids[i]);
    return complete;
  }

  return {
    encode(text, start, end, into) {
      if (end - start > CACHE_UNITS_MAX) return encodeAfresh(text, start, end, into);
      const word = text.slice(start, end);
      let ids = young.get(word);
      if (ids === undefined) {
        ids = old.get(word);
        if (ids === undefined) {
          const fresh: number[] = [];
          const complete = encodeAfresh(text, start, end, fresh);
          // Incomplete words are not kept, so that each one is reported.
          if (complete) remember(word, fresh);
          for (const id of fresh) into.push(id);
          return complete;
        }
        remember(word, ids);
      }
      for (let i = 0; i < ids.length; i += 1) into.push(ids[i]);
      return true;
    },
  };
}

/** A copy that does not keep the text alive that it was cut from. */
function detached(word: string): string {
  const units: number[] = [];
  for (let i = 0; i < word.length; i += 1) units.push(word.charCodeAt(i));
  return String.fromCharCode(...units);
}

function wholeWordId(
  vocabulary: Vocabulary,
  bytes: Int32Array,
  byteCount: number,
): number | undefined {
  if (byteCount > vocabulary.tokenBytesMax) return undefined;
  let word = '';
  for (let i = 0; i < byteCount; i += 1) word += BYTE_CHARS[bytes[i]];
  return vocabulary.idsByText.get(word);
}
