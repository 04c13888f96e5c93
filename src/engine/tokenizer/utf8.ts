/**
 * UTF-8 both ways, as the Encoding standard has it (section "utf-8 decoder"): invalid bytes become
 * U+FFFD, one for each maximal part of a character that could have been valid, exactly as
 * `new TextDecoder('utf-8', { ignoreBOM: true })` does. Written here because the pure parts see no
 * TextDecoder. A U+FEFF at the start stays: it is a character of the text.
 */

/** Bytes of a text; lone surrogates are written as U+FFFD. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length * 3);
  return bytes.slice(0, writeUtf8(text.toWellFormed(), 0, text.length, bytes));
}

/**
 * Writes `text[start..end)`, which is well-formed, to `bytes`, which has room for three bytes a
 * UTF-16 unit. Returns the number of bytes.
 */
export function writeUtf8(
  text: string,
  start: number,
  end: number,
  bytes: { [index: number]: number },
): number {
  let count = 0;
  for (let i = start; i < end; i += 1) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) {
      bytes[count++] = unit;
    } else if (unit < 0x800) {
      bytes[count++] = 0xc0 | (unit >> 6);
      bytes[count++] = 0x80 | (unit & 0x3f);
    } else if (unit < 0xd800 || unit > 0xdfff) {
      bytes[count++] = 0xe0 | (unit >> 12);
      bytes[count++] = 0x80 | ((unit >> 6) & 0x3f);
      bytes[count++] = 0x80 | (unit & 0x3f);
    } else {
      const code = text.codePointAt(i) as number;
      i += 1;
      bytes[count++] = 0xf0 | (code >> 18);
      bytes[count++] = 0x80 | ((code >> 12) & 0x3f);
      bytes[count++] = 0x80 | ((code >> 6) & 0x3f);
      bytes[count++] = 0x80 | (code & 0x3f);
    }
  }
  return count;
}

/** Streaming decoder: any division of the bytes gives the same text. */
export class Utf8Decoder {
  /** Code point so far, and continuation bytes still missing. */
  private code = 0;
  private missing = 0;
  /** Bounds of the next continuation byte; narrower after some first bytes. */
  private lower = 0x80;
  private upper = 0xbf;

  /** Characters that these bytes complete. */
  push(bytes: Uint8Array): string {
    let text = '';
    for (let i = 0; i < bytes.length; i += 1) {
      const byte = bytes[i];
      if (this.missing === 0) {
        text += this.first(byte);
        continue;
      }
      if (byte < this.lower || byte > this.upper) {
        // The unfinished character is invalid; this byte starts anew.
        this.reset();
        text += `\ufffd${this.first(byte)}`;
        continue;
      }
      this.lower = 0x80;
      this.upper = 0xbf;
      this.code = (this.code << 6) | (byte & 0x3f);
      this.missing -= 1;
      if (this.missing === 0) text += String.fromCodePoint(this.code);
    }
    return text;
  }

  /** U+FFFD for an unfinished character, else nothing; the decoder starts anew. */
  end(): string {
    const unfinished = this.missing > 0;
    this.reset();
    return unfinished ? '\ufffd' : '';
  }

  private first(byte: number): string {
    if (byte < 0x80) return String.fromCharCode(byte);
    if (byte < 0xc2 || byte > 0xf4) return '\ufffd';
    if (byte < 0xe0) {
      this.missing = 1;
      this.code = byte & 0x1f;
    } else if (byte < 0xf0) {
      this.missing = 2;
      this.code = byte & 0x0f;
      // No overlong forms, no surrogates.
      if (byte === 0xe0) this.lower = 0xa0;
      if (byte === 0xed) this.upper = 0x9f;
    } else {
      this.missing = 3;
      this.code = byte & 0x07;
      // No overlong forms, nothing above U+10FFFF.
      if (byte === 0xf0) this.lower = 0x90;
      if (byte === 0xf4) this.upper = 0x8f;
    }
    return '';
  }

  private reset(): void {
    this.missing = 0;
    this.code = 0;
    this.lower = 0x80;
    this.upper = 0xbf;
  }
}
