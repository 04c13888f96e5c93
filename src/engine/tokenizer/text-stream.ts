/** Tokens in, whole characters out. */
import type { TextStream, Tokenizer } from './types.ts';
import { Utf8Decoder } from './utf8.ts';

/**
 * A stream whose texts, concatenated, equal `tokenizer.decode` of all ids with the same options.
 * The bytes of an unfinished character wait for the tokens that finish it.
 *
 * @param options.shown  special tokens that are text even where `special` is not set
 */
export function createTextStream(
  tokenizer: Pick<Tokenizer, 'tokenBytes'>,
  options: { special?: boolean; shown?: ReadonlySet<number> } = {},
): TextStream {
  const decoder = new Utf8Decoder();
  return {
    push(tokenId) {
      const special = options.special === true || options.shown?.has(tokenId) === true;
      return decoder.push(tokenizer.tokenBytes(tokenId, { special }));
    },
    end: () => decoder.end(),
  };
}
