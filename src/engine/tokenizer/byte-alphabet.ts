/**
 * The alphabet of byte-level BPE (GPT-2): every byte is written as one printable character, so that
 * tokens are text. Printable ASCII and Latin-1 stand for themselves, the other 68 bytes for
 * U+0100 and up, in order.
 */

/** Byte (0..255) -> its character. */
export const BYTE_CHARS: readonly string[] = makeAlphabet();

const BYTE_BY_CHAR: ReadonlyMap<number, number> = new Map(
  BYTE_CHARS.map((char, byte) => [char.charCodeAt(0), byte]),
);

/**
 * The bytes that a token's text stands for, or undefined when a character is not of the alphabet.
 */
export function bytesOfAlphabetText(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) {
    const byte = BYTE_BY_CHAR.get(text.charCodeAt(i));
    if (byte === undefined) return undefined;
    bytes[i] = byte;
  }
  return bytes;
}

function makeAlphabet(): string[] {
  const chars: string[] = [];
  let next = 0x100;
  for (let byte = 0; byte < 256; byte += 1) {
    const printable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xac) || byte >= 0xae;
    chars.push(String.fromCharCode(printable ? byte : next));
    if (!printable) next += 1;
  }
  return chars;
}
