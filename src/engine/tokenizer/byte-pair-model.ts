/**
 * Byte-level BPE (`tokenizer.ggml.model` = gpt2): the text is split into words (pre-split.ts), the
 * UTF-8 bytes of each word are merged by rank (merge.ts).
 */
import { VitrineError } from '../../base/index.ts';
import { readBytePairMetadata } from './metadata.ts';
import { type TextModel, tooManyTokens } from './text-model.ts';
import type { TokenizerErrorCode } from './types.ts';
import { encodeUtf8 } from './utf8.ts';
import { makeVocabulary, type Vocabulary } from './vocabulary.ts';
import { createWordEncoder } from './word-encoder.ts';

/** @throws VitrineError unsupported-tokenizer, bad-header */
export function createBytePairModel(metadata: ReadonlyMap<string, unknown>): TextModel {
  const vocabulary = makeVocabulary(readBytePairMetadata(metadata));
  const { rule } = vocabulary;
  const encodeWord = createWordEncoder(vocabulary);
  const nextWord = rule.makeScanner();
  return {
    ...vocabulary,
    marksSpaces: false,
    encodeSpan(source, { drop, tokenCountMax }, ids) {
      const text = rule.normalise ? source.normalize('NFC') : source;
      // A text may be one word, and long words cost most. A UTF-16 unit has a byte at least.
      const leastCount = drop ? 0 : text.length / vocabulary.tokenBytesMax;
      if (ids.length + leastCount > tokenCountMax) throw tooManyTokens(tokenCountMax);
      for (let start = 0; start < text.length; ) {
        const end = nextWord(text, start, text.length);
        if (!encodeWord(text, start, end, ids) && !drop) throw unencodable(vocabulary, text);
        if (ids.length > tokenCountMax) throw tooManyTokens(tokenCountMax);
        start = end;
      }
    },
  };
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
