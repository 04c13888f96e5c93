/** Compares a tokenizer's ids with the checksums that make-families.py wrote. */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import type { VocabularyTokenizer } from '../../../src/engine/tokenizer/index.ts';
import { createTextStream } from '../../../src/engine/tokenizer/index.ts';

export interface Comparison {
  texts: readonly string[];
  /** CRC-32 of the ids of each text. */
  sums: ArrayLike<number>;
  /** Special tokens are read from the texts. */
  parseSpecial?: boolean;
}

/** Texts whose ids differ, in the order of the corpus. */
export function differingTexts(
  tokenizer: VocabularyTokenizer,
  { texts, sums, parseSpecial }: Comparison,
): string[] {
  assert.equal(sums.length, texts.length);
  return texts.filter((text, index) => {
    const ids = Uint32Array.from(tokenizer.encode(text, { parseSpecial, unencodable: 'drop' }));
    return crc32(new Uint8Array(ids.buffer)) !== sums[index];
  });
}

/**
 * @param known  texts that differ, in the order of the corpus; fails when one no longer does
 * @returns how many those are
 */
export function assertSums(
  tokenizer: VocabularyTokenizer,
  { known = [], ...comparison }: Comparison & { known?: readonly string[] },
): number {
  const differing = differingTexts(tokenizer, comparison);
  assert.deepEqual(differing, known);
  return differing.length;
}

/** Streamed text is the decoded text, and never holds half a character that bytes did not have. */
export function assertStreams(tokenizer: VocabularyTokenizer, texts: readonly string[]): void {
  for (const text of texts) {
    const ids = tokenizer.encode(text, { parseSpecial: true, unencodable: 'drop' });
    const stream = createTextStream(tokenizer, { special: true });
    let streamed = '';
    for (const id of ids) {
      const part = stream.push(id);
      assert.ok(part.isWellFormed());
      streamed += part;
    }
    streamed += stream.end();
    assert.equal(streamed, tokenizer.decode(ids, { special: true }));
  }
}
