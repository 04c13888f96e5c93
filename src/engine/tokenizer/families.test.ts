/** Each kind of vocabulary and rule against its reference; test/oracle/tokenizer/README.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertStreams, assertSums } from '../../../test/oracle/tokenizer/compare.ts';
import {
  corpus,
  familySums,
  ownVocabularies,
  smollm2Metadata,
} from '../../../test/oracle/tokenizer/load.ts';
import { createTokenizer } from './index.ts';

const TEXTS = corpus();
const SUMS = familySums();
const OWN = ownVocabularies();

/**
 * Texts whose ids differ, by family. U+1AD0 came with Unicode 17 as a combining mark: JavaScript's
 * NFC sorts it before its neighbour, the older tables of `tokenizers` do not know it.
 */
const KNOWN_DIVERGENCE: Record<string, readonly string[]> = {
  'command-r': ['\u1ad0\u1ab9 \u1aa81\u1cd0\u19d2\u1858a'],
  mpt: ['\u1ad0\u1ab9 \u1aa81\u1cd0\u19d2\u1858a'],
};

for (const [family, sums] of SUMS) {
  const metadata = OWN.get(family) ?? smollm2Metadata({ 'tokenizer.ggml.pre': family });
  const isOwn = OWN.has(family);
  test(`ids equal those of the reference for ${isOwn ? 'the vocabulary' : 'the rule'} ${family}`, () => {
    const tokenizer = createTokenizer(metadata);
    assertSums(tokenizer, { texts: TEXTS, sums, known: KNOWN_DIVERGENCE[family] });
  });
}

test('streaming decode equals whole decode for every kind of vocabulary', () => {
  for (const metadata of OWN.values()) assertStreams(createTokenizer(metadata), TEXTS);
});

test('SentencePiece with bytes gives the text back, the space in front included', () => {
  const tokenizer = createTokenizer(OWN.get('bpe') as Map<string, unknown>);
  for (const text of TEXTS) {
    const wanted = text === '' ? '' : ` ${text.replaceAll('\u2581', ' ')}`;
    assert.equal(tokenizer.decode(tokenizer.encode(text)), wanted);
  }
});
