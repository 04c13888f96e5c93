/**
 * A cursor over the first bytes of a file. Nothing is read, and nothing may be allocated, before
 * `require` has seen that the bytes are there. Bytes that the file has but the caller has not given
 * yet raise `NeedBytes`, which `parseGgufHeader` turns into a result. Little endian.
 */
import { ggufError } from './errors.ts';

/** Longest header, bytes: the largest known (vocabularies of 260,000 tokens) take under 20 MB. */
export const HEADER_BYTES_MAX = 256 * 1024 * 1024;

/** Longest string value, bytes: chat templates take some 20 KB. */
const STRING_BYTES_MAX = 16 * 1024 * 1024;

/** The decoder of every JavaScript host; pure parts have no host types. */
declare class TextDecoder {
  constructor(label: 'utf-8', options: { fatal: boolean; ignoreBOM: boolean });
  decode(bytes: Uint8Array): string;
}

/** Strict: a wrong byte throws. A BOM is content here: U+FEFF is a token in some vocabularies. */
export function newTextDecoder(): TextDecoder {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
}

/**
 * Control flow, not an error: the header goes on behind the given bytes, at least to `endBytes`.
 */
export class NeedBytes {
  readonly endBytes: number;

  constructor(endBytes: number) {
    this.endBytes = endBytes;
  }
}

export class ByteReader {
  /** Position of the next byte in the file. */
  offset = 0;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #fileBytes: number;
  readonly #decoder = newTextDecoder();

  /** `bytes` is the beginning of a file of `fileBytes` bytes. */
  constructor(bytes: Uint8Array, fileBytes: number) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fileBytes = fileBytes;
  }

  /**
   * @throws NeedBytes, VitrineError truncated-file or bad-header, unless `count` bytes are here.
   */
  require(count: number, what: () => string): void {
    const end = this.offset + count;
    if (end <= this.#bytes.length) return;
    if (end > this.#fileBytes) {
      throw ggufError(
        'truncated-file',
        `the header wants ${count} bytes at ${this.offset} for ${what()}, but the file has only ` +
          `${this.#fileBytes} bytes; fetch it again`,
      );
    }
    if (end > HEADER_BYTES_MAX) {
      throw ggufError(
        'bad-header',
        `${what()} ends at byte ${end}, but a header may have ${HEADER_BYTES_MAX} bytes at most`,
      );
    }
    throw new NeedBytes(end);
  }

  u8(what: () => string): number {
    this.require(1, what);
    this.offset += 1;
    return this.#bytes[this.offset - 1];
  }

  u32(what: () => string): number {
    this.require(4, what);
    this.offset += 4;
    return this.#view.getUint32(this.offset - 4, true);
  }

  /** A u64 as a number; values above 2^53 lose low bits and must be refused by their bound. */
  u64AsNumber(what: () => string): number {
    this.require(8, what);
    this.offset += 8;
    const low = this.#view.getUint32(this.offset - 8, true);
    return this.#view.getUint32(this.offset - 4, true) * 2 ** 32 + low;
  }

  /** The view and the position of `byteLength` bytes, which are consumed. */
  take(byteLength: number, what: () => string): { view: DataView; at: number } {
    this.require(byteLength, what);
    const at = this.offset;
    this.offset += byteLength;
    return { view: this.#view, at };
  }

  /** A copy of the next bytes, at the start of its own buffer. */
  copy(byteLength: number, what: () => string): Uint8Array<ArrayBuffer> {
    this.require(byteLength, what);
    // Not slice(): that of a Node Buffer is a view.
    const copy = new Uint8Array(byteLength);
    copy.set(this.#bytes.subarray(this.offset, this.offset + byteLength));
    this.offset += byteLength;
    return copy;
  }

  /** u64 length, then UTF-8. */
  string(what: () => string, bytesMax: number = STRING_BYTES_MAX): string {
    const bytes = this.stringBytes(what, bytesMax);
    try {
      return this.#decoder.decode(bytes);
    } catch {
      return this.refuseUtf8(bytes.length, what);
    }
  }

  /** The bytes of a string, a view. */
  stringBytes(what: () => string, bytesMax: number = STRING_BYTES_MAX): Uint8Array {
    const length = this.skipString(what, bytesMax);
    return this.#bytes.subarray(this.offset - length, this.offset);
  }

  /** Moves behind a string; its length in bytes. */
  skipString(what: () => string, bytesMax: number = STRING_BYTES_MAX): number {
    const start = this.offset;
    const length = this.u64AsNumber(what);
    if (length > bytesMax) {
      throw ggufError(
        'bad-header',
        `${what()} at byte ${start} claims ${length} bytes; the limit is ${bytesMax}`,
      );
    }
    this.require(length, what);
    this.offset += length;
    return length;
  }

  /** @throws VitrineError bad-header for the string that was read last. */
  refuseUtf8(byteLength: number, what: () => string): never {
    throw ggufError(
      'bad-header',
      `${what()} at byte ${this.offset - byteLength} is not valid UTF-8`,
    );
  }
}
