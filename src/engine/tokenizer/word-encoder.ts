/**
 * One word -> token ids, with a bounded memory of words seen. The memory changes no result.
 */
import { BYTE_CHARS } from './byte-alphabet.ts';
import { mergePairs } from './merge.ts';
import { writeUtf8 } from './utf8.ts';
import type { Vocabulary } from './vocabulary.ts';
import { rememberWords, type SpanEncoder } from './word-cache.ts';

/** False: bytes without a token were left out. */
export function createWordEncoder(vocabulary: Vocabulary): SpanEncoder {
  const scratch = new Int32Array(1024);

  function encodeAfresh(text: string, start: number, end: number, into: number[]) {
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

  return rememberWords(encodeAfresh);
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
