/** Tokens in, whole characters out. */
import type { TextStream, Tokenizer } from './types.ts';
import { Utf8Decoder } from './utf8.ts';

/**
 * A stream whose texts, concatenated, equal `tokenizer.decode` of all ids with the same options.
 * The bytes of an unfinished character wait for the tokens that finish it.
 */
export function createTextStream(
  tokenizer: Pick<Tokenizer, 'tokenBytes'>,
  options?: { special?: boolean },
): TextStream {
  const decoder = new Utf8Decoder();
  return {
    push: (tokenId) => decoder.push(tokenizer.tokenBytes(tokenId, options)),
    end: () => decoder.end(),
  };
}
