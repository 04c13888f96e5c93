/** A bounded memory of words seen and their ids. It changes no result. */

/** Words kept in each of two generations; text in a natural language uses some 50,000 words. */
export const CACHE_WORDS_MAX = 1 << 15;
/** Longer words hardly come back, UTF-16 units. */
export const CACHE_UNITS_MAX = 40;

/** Appends the ids of `text[start..end)`. False: something was left out. */
export type SpanEncoder = (text: string, start: number, end: number, into: number[]) => boolean;

/** The same as `encodeAfresh`, which must not depend on what `into` holds. */
export function rememberWords(encodeAfresh: SpanEncoder): SpanEncoder {
  // Two generations: when the young one is full it becomes the old one, and the old one goes.
  let young = new Map<string, readonly number[]>();
  let old = new Map<string, readonly number[]>();

  function remember(word: string, ids: readonly number[]): void {
    if (young.size >= CACHE_WORDS_MAX) {
      old = young;
      young = new Map();
    }
    young.set(detached(word), ids);
  }

  return (text, start, end, into) => {
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
  };
}

/** A copy that does not keep the text alive that it was cut from. */
export function detached(word: string): string {
  const units: number[] = [];
  for (let i = 0; i < word.length; i += 1) units.push(word.charCodeAt(i));
  return String.fromCharCode(...units);
}
