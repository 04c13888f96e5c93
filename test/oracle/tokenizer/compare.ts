/** Compares a tokenizer's ids with the checksums that make-families.py wrote. */
import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import type { VocabularyTokenizer } from '../../../src/engine/tokenizer/index.ts';
import { createTextStream } from '../../../src/engine/tokenizer/index.ts';

/** @param known  texts that differ, in the order of the corpus; fails when one no longer does */
export function assertSums(
  tokenizer: VocabularyTokenizer,
  { texts, sums, known = [] }: { texts: string[]; sums: Uint32Array; known?: readonly string[] },
): void {
  assert.equal(sums.length, texts.length);
  const differing = texts.filter((text, index) => {
    const ids = Uint32Array.from(tokenizer.encode(text, { unencodable: 'drop' }));
    return crc32(new Uint8Array(ids.buffer)) !== sums[index];
  });
  assert.deepEqual(differing, known);
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
