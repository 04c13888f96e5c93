/**
 * One byte a code point: letter, number, white space or other, as the pre-split rules see it.
 *
 * The tables are our own (unicode-classes.ts, asked of Hugging Face `tokenizers`), not JavaScript's
 * `\p{L}`: that follows the Unicode version of whatever V8 runs (4,644 more letters in Node 24.21
 * than in the reference), and its `\s` takes U+FEFF for white space and U+0085 not. Token ids
 * must not depend on the machine.
 */
import { LOWER_RANGES, MARK_RANGES, UPPER_RANGES } from './case-classes.ts';
import { LETTER_RANGES, NUMBER_RANGES, NUMERIC_RANGES, SPACE_RANGES } from './unicode-classes.ts';

export const OTHER = 0;
export const LETTER = 1;
export const NUMBER = 2;
export const SPACE = 3;
/** A character that stands alone and ends the text on both its sides; also the end of the text. */
export const ALONE = 4;

/** u8 [0x110000], one class a code point. */
export type ClassTable = Uint8Array;

let plain: ClassTable | undefined;
let marksAsLetters: ClassTable | undefined;
let cases: Uint8Array | undefined;
let digitsAlone: ClassTable | undefined;

/** Letters, numbers, white space, other. */
export function plainClasses(): ClassTable {
  plain ??= makeTable();
  return plain;
}

/** As `plainClasses`, with numeric characters standing alone (the Digits pre-tokenizer). */
export function digitsAloneClasses(): ClassTable {
  if (digitsAlone === undefined) {
    digitsAlone = makeTable();
    fill(digitsAlone, NUMERIC_RANGES, ALONE);
  }
  return digitsAlone;
}

/** As `plainClasses`, with marks among the letters. */
export function marksAsLettersClasses(): ClassTable {
  if (marksAsLetters === undefined) {
    marksAsLetters = makeTable();
    fill(marksAsLetters, MARK_RANGES, LETTER);
  }
  return marksAsLetters;
}

/** Bits of `caseClasses`. */
export const UPPERISH = 1;
export const LOWERISH = 2;

/**
 * u8 [0x110000]: UPPERISH for Lu, Lt, Lm, Lo and M, LOWERISH for Ll, Lm, Lo and M, else 0.
 */
export function caseClasses(): Uint8Array {
  if (cases === undefined) {
    cases = new Uint8Array(0x110000);
    fill(cases, LETTER_RANGES, UPPERISH | LOWERISH);
    fill(cases, MARK_RANGES, UPPERISH | LOWERISH);
    fill(cases, UPPER_RANGES, UPPERISH);
    fill(cases, LOWER_RANGES, LOWERISH);
  }
  return cases;
}

/** Class of the character at `index`, ALONE at the end. `text` is well-formed. */
export function classAt(table: ClassTable, text: string, index: number, end: number): number {
  if (index >= end) return ALONE;
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdfff) return table[unit];
  return table[text.codePointAt(index) as number];
}

/** UTF-16 units of the character at `index`. */
export function widthAt(text: string, index: number): number {
  const unit = text.charCodeAt(index);
  return unit >= 0xd800 && unit <= 0xdbff ? 2 : 1;
}

/** First index at or after `index` where the class is not `wanted`. */
export function runEnd(
  table: ClassTable,
  text: string,
  index: number,
  end: number,
  wanted: number,
): number {
  let i = index;
  while (i < end) {
    const unit = text.charCodeAt(i);
    const astral = unit >= 0xd800 && unit <= 0xdfff;
    if (table[astral ? (text.codePointAt(i) as number) : unit] !== wanted) break;
    i += astral ? 2 : 1;
  }
  return i;
}

function makeTable(): ClassTable {
  const table = new Uint8Array(0x110000);
  fill(table, LETTER_RANGES, LETTER);
  fill(table, NUMBER_RANGES, NUMBER);
  fill(table, SPACE_RANGES, SPACE);
  return table;
}

function fill(table: ClassTable, ranges: string, value: number): void {
  fillRanges(ranges, (start, end) => table.fill(value, start, end));
}

/** Calls back for each range of "gap length gap length ..." in base 36: [start, end). */
export function fillRanges(ranges: string, range: (start: number, end: number) => void): void {
  const numbers = ranges.split(' ').map((word) => Number.parseInt(word, 36));
  let position = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    const start = position + numbers[i];
    position = start + numbers[i + 1];
    range(start, position);
  }
}
