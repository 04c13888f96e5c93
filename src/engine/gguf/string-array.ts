/**
 * Arrays of strings in metadata: vocabularies of up to 260,000 tokens. One decoder call a string
 * took four to five times as long as this (measured on 98,052 tokens and merges: 178 against
 * 38 ms), so all strings are decoded at once and cut apart afterwards.
 *
 * ASCII strings are gathered apart from the others: a cut of a text that holds any character above
 * U+00FF takes two bytes a character, and most tokens are ASCII.
 */
import { type ByteReader, newTextDecoder } from './byte-reader.ts';

interface Gathered {
  /** Bytes of the strings one after another. */
  readonly bytes: Uint8Array;
  used: number;
}

/** Reads `count` strings; the reader has seen that their length fields could be there. */
export function readStrings(reader: ByteReader, count: number, what: () => string): string[] {
  const start = reader.offset;
  // Byte and UTF-16 lengths; the sign of the latter marks ASCII: negative is other.
  const unitCounts = new Int32Array(count);
  for (let i = 0; i < count; i += 1) reader.skipString(what);
  const byteCount = reader.offset - start - 8 * count;
  const ascii: Gathered = { bytes: new Uint8Array(byteCount), used: 0 };
  const other: Gathered = { bytes: new Uint8Array(byteCount), used: 0 };
  reader.offset = start;
  for (let i = 0; i < count; i += 1) {
    const bytes = reader.stringBytes(what);
    const unitCount = countUnits(bytes);
    if (unitCount === undefined) {
      // Begins inside a character: the joined text would hide it. Say which string it is.
      reader.refuseUtf8(bytes.length, () => `string ${i} of ${what()}`);
    }
    const isAscii = unitCount === bytes.length;
    const gathered = isAscii ? ascii : other;
    gathered.bytes.set(bytes, gathered.used);
    gathered.used += bytes.length;
    unitCounts[i] = isAscii ? unitCount : -unitCount;
  }
  const end = reader.offset;
  const asciiText = decode(ascii);
  const otherText = decode(other);
  if (asciiText === undefined || otherText === undefined) {
    reader.offset = start;
    for (let i = 0; i < count; i += 1) reader.string(() => `string ${i} of ${what()}`);
    throw new Error('assertion failed: strings that are valid one by one are valid together');
  }
  reader.offset = end;
  return cut(unitCounts, asciiText, otherText);
}

/**
 * UTF-16 units of a text in UTF-8, right if it is valid; undefined if it begins with a
 * continuation byte.
 */
function countUnits(bytes: Uint8Array): number | undefined {
  if (bytes.length > 0 && (bytes[0] & 0xc0) === 0x80) return undefined;
  let unitCount = 0;
  for (let i = 0; i < bytes.length; i += 1) {
    const byte = bytes[i];
    if (byte < 0x80 || byte >= 0xc0) unitCount += byte >= 0xf0 ? 2 : 1;
  }
  return unitCount;
}

function decode(gathered: Gathered): string | undefined {
  try {
    return newTextDecoder().decode(gathered.bytes.subarray(0, gathered.used));
  } catch {
    return undefined;
  }
}

function cut(unitCounts: Int32Array, ascii: string, other: string): string[] {
  const strings = new Array<string>(unitCounts.length);
  let asciiAt = 0;
  let otherAt = 0;
  for (let i = 0; i < strings.length; i += 1) {
    const unitCount = unitCounts[i];
    if (unitCount >= 0) {
      strings[i] = ascii.slice(asciiAt, asciiAt + unitCount);
      asciiAt += unitCount;
    } else {
      strings[i] = other.slice(otherAt, otherAt - unitCount);
      otherAt -= unitCount;
    }
  }
  return strings;
}
