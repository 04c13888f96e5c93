/**
 * `precompiled_charsmap` of SentencePiece (normalizer.cc): a double-array trie (darts-clone) from
 * byte sequences to offsets of replacements.
 *
 *   u32 bytes of the trie | u32 units ... | replacements, each ending in a zero byte
 *
 *   unit: bits 0-7 label, bit 8 has a value below, bit 9 the offset is in steps of 256,
 *         bits 10-30 offset, bit 31 this is a value (bits 0-30)
 *
 * The file is untrusted: every place read is checked, and a replacement out of bounds is corrupt.
 */
import { corrupt, show } from './metadata.ts';
import { Utf8Decoder, writeUtf8 } from './utf8.ts';

/** SentencePiece asks its trie for this many matches, the shortest first. */
const MATCHES_MAX = 32;

export interface CharMap {
  /** The longest sequence at `text[at]` that is replaced; undefined: the character stays. */
  match(text: string, at: number): { readonly units: number; readonly text: string } | undefined;
  /** True when the characters a and b, both below 0x80, stay as they are where b follows a. */
  keeps(a: number, b: number): boolean;
}

/** @throws VitrineError bad-header */
export function readCharMap(value: unknown): CharMap | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value) && !ArrayBuffer.isView(value)) {
    throw corrupt(`expected precompiled_charsmap to be a list of bytes, got ${show(value)}`);
  }
  const list = value as unknown as ArrayLike<unknown>;
  const bytes = new Uint8Array(list.length);
  for (let i = 0; i < bytes.length; i += 1) {
    // i8 or u8 in the file.
    const byte = list[i];
    if (typeof byte !== 'number') {
      throw corrupt(`expected precompiled_charsmap[${i}] to be a byte, got ${show(byte)}`);
    }
    bytes[i] = byte;
  }
  if (bytes.length === 0) return undefined;
  const view = new DataView(bytes.buffer);
  const trieBytes = bytes.length < 4 ? -1 : view.getUint32(0, true);
  if (trieBytes < 4 || trieBytes % 4 !== 0 || trieBytes + 4 > bytes.length) {
    throw corrupt(`expected precompiled_charsmap to hold its trie, got ${bytes.length} bytes`);
  }
  const units = new Uint32Array(trieBytes / 4);
  for (let i = 0; i < units.length; i += 1) units[i] = view.getUint32(4 + i * 4, true);
  return makeCharMap(units, bytes.subarray(4 + trieBytes));
}

function makeCharMap(units: Uint32Array, replacements: Uint8Array): CharMap {
  const texts = new Map<number, string>();
  const textAt = (offset: number) => {
    let text = texts.get(offset);
    if (text === undefined) {
      const end = replacements.indexOf(0, offset);
      if (offset > replacements.length || end < 0) {
        throw corrupt('precompiled_charsmap names a replacement that it does not hold');
      }
      text = new Utf8Decoder().push(replacements.subarray(offset, end));
      texts.set(offset, text);
    }
    return text;
  };
  /** Longest match in `bytes[0..count)`: its length and value; 0 for none. */
  const found = { bytes: 0, value: 0 };
  const search = (bytes: { [index: number]: number }, count: number) => {
    found.bytes = 0;
    let at = offsetOf(units[0]);
    let matches = 0;
    for (let i = 0; i < count && matches < MATCHES_MAX; i += 1) {
      at ^= bytes[i];
      if (at >= units.length || (units[at] & 0x800000ff) >>> 0 !== bytes[i]) return;
      const unit = units[at];
      at ^= offsetOf(unit);
      if ((unit & 0x100) === 0) continue;
      if (at >= units.length) return;
      found.bytes = i + 1;
      found.value = units[at] & 0x7fffffff;
      matches += 1;
    }
  };
  const scratch = new Uint8Array(LOOK_AHEAD_UNITS * 3);
  // [a * 128 + b]
  const kept = new Uint8Array(128 * 128);
  for (let a = 0; a < 128; a += 1) {
    search([a], 1);
    if (found.bytes > 0) continue;
    const second = (b: number) => {
      const at = stepTo(units, stepTo(units, 0, a), b);
      return at >= 0;
    };
    for (let b = 0; b < 128; b += 1) kept[a * 128 + b] = second(b) ? 0 : 1;
  }
  return {
    match(text, at) {
      let end = Math.min(text.length, at + LOOK_AHEAD_UNITS);
      const last = text.charCodeAt(end - 1);
      if (end < text.length && last >= 0xd800 && last <= 0xdbff) end -= 1;
      const count = writeUtf8(text, at, end, scratch);
      search(scratch, count);
      if (found.bytes === 0) return undefined;
      const units = unitsOf(scratch, found.bytes);
      return { units, text: textAt(found.value) };
    },
    keeps: (a, b) => kept[a * 128 + b] === 1,
  };
}

/** The longest sequences in use have 18 units (Arabic ligatures in reverse, composed Hangul). */
const LOOK_AHEAD_UNITS = 64;

function offsetOf(unit: number): number {
  return (unit >>> 10) << ((unit & 0x200) >>> 6);
}

/** The place behind a byte, whether or not a match ends there; -1 for none. */
function stepTo(units: Uint32Array, place: number, byte: number): number {
  if (place < 0) return -1;
  const at = (place ^ offsetOf(units[place]) ^ byte) >>> 0;
  return at < units.length && (units[at] & 0x800000ff) >>> 0 === byte ? at : -1;
}

/** UTF-16 units of the characters in `bytes[0..count)`; a match ends where a character ends. */
function unitsOf(bytes: Uint8Array, count: number): number {
  let units = 0;
  for (let i = 0; i < count; i += 1) {
    if ((bytes[i] & 0xc0) === 0x80) continue;
    units += bytes[i] >= 0xf0 ? 2 : 1;
  }
  return units;
}
