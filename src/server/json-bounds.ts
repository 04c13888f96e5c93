/**
 * Bounds on JSON text before it is parsed: 32 MB of brackets become gigabytes of arrays, more than
 * a process survives. One pass over the bytes that skips strings; it does not check the grammar.
 */

/** Requests are at most 6 deep. */
export const JSON_DEPTH_MAX = 32;
/** Objects, arrays and items. 10,000 messages of several blocks each have far fewer. */
export const JSON_PARTS_MAX = 500_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** The bound that the text exceeds, in words; undefined when it exceeds none. */
export function exceededBound(text: Uint8Array): string | undefined {
  let depth = 0;
  let parts = 0;
  for (let i = 0; i < text.length; i += 1) {
    const byte = text[i];
    if (byte === QUOTE) {
      i = endOfString(text, i);
      continue;
    }
    const isOpening = byte === 0x5b || byte === 0x7b;
    if (isOpening) depth += 1;
    else if (byte === 0x5d || byte === 0x7d) depth -= 1;
    if (isOpening || byte === 0x2c) parts += 1;
    if (depth > JSON_DEPTH_MAX) return `a depth of at most ${JSON_DEPTH_MAX}, got more`;
    if (parts > JSON_PARTS_MAX) return `at most ${JSON_PARTS_MAX} values, got more`;
  }
  return undefined;
}

/** Index of the closing quote, or the length of a text that has none. */
function endOfString(text: Uint8Array, start: number): number {
  for (let from = start + 1; ; ) {
    const end = text.indexOf(QUOTE, from);
    if (end < 0) return text.length;
    let backslashes = 0;
    while (text[end - 1 - backslashes] === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return end;
    from = end + 1;
  }
}
