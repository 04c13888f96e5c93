/**
 * What BERT does to a text before its words become pieces (Hugging Face's BertNormalizer and
 * BertPreTokenizer): control characters go, accents go (NFD without nonspacing marks) and letters
 * become small where the model wants it, white space and punctuation end words, Chinese characters
 * and punctuation are words of their own.
 *
 * The tables are our own (bert-characters.ts), not JavaScript's `normalize` and `toLowerCase`:
 * those follow the Unicode version of whatever V8 runs. Mappings are "gap:to.to ..." in base 36:
 * code points skipped, then what the next one becomes; without a colon it moves as far as the one
 * before it. Hangul syllables are taken apart by arithmetic (Unicode chapter 3.12).
 *
 * Does not do: the canonical order of combining marks that survive (spacing marks of a few Indic
 * and Balinese scripts, in an order that nobody writes).
 */
import {
  ACCENT_RANGES,
  CHINESE_RANGES,
  FOLDS,
  PUNCTUATION_RANGES,
  REMOVED_RANGES,
  WHITE_RANGES,
} from './bert-characters.ts';
import { fillRanges } from './char-class.ts';

const REMOVED = 1;
const WHITE = 2;
const ALONE = 4;
const CHANGED = 8;

export interface BertText {
  /** First white space at or behind `index`, or the end. */
  chunkEnd(text: string, index: number): number;
  /** True for white space at `index`. */
  isWhite(text: string, index: number): boolean;
  /** The words of a text without white space. */
  words(chunk: string): string[];
}

/** @param folds  small letters without accents */
export function createBertText(folds: boolean): BertText {
  const { flags, changes } = makeTable(folds);
  // All white space lies below U+10000.
  const isWhite = (text: string, index: number) => (flags[text.charCodeAt(index)] & WHITE) !== 0;
  return {
    isWhite,
    chunkEnd(text, index) {
      let end = index;
      while (end < text.length && !isWhite(text, end)) end += 1;
      return end;
    },
    words(chunk) {
      const words: string[] = [];
      let word = '';
      const finish = () => {
        if (word !== '') words.push(word);
        word = '';
      };
      const add = (char: string, code: number) => {
        if ((flags[code] & (ALONE | WHITE)) === 0) {
          word += char;
          return;
        }
        finish();
        if ((flags[code] & WHITE) === 0) words.push(char);
      };
      for (const char of chunk) {
        const code = char.codePointAt(0) as number;
        const flag = flags[code];
        if ((flag & REMOVED) !== 0) continue;
        if ((flag & CHANGED) === 0) {
          add(char, code);
          continue;
        }
        const isAlone = (flag & ALONE) !== 0;
        if (isAlone) finish();
        const to = changes.get(code) ?? (folds ? jamoOf(code) : char);
        for (const changed of to) add(changed, changed.codePointAt(0) as number);
        if (isAlone) finish();
      }
      finish();
      return words;
    },
  };
}

function makeTable(folds: boolean): { flags: Uint8Array; changes: Map<number, string> } {
  const flags = new Uint8Array(0x110000);
  const add = (ranges: string, flag: number) =>
    fillRanges(ranges, (start, end) => {
      for (let code = start; code < end; code += 1) flags[code] |= flag;
    });
  add(REMOVED_RANGES, REMOVED);
  add(WHITE_RANGES, WHITE);
  add(CHINESE_RANGES, ALONE);
  add(PUNCTUATION_RANGES, ALONE);
  const changes = new Map<number, string>();
  if (folds) {
    add(ACCENT_RANGES, REMOVED);
    flags.fill(CHANGED, HANGUL_FIRST, HANGUL_FIRST + HANGUL_COUNT);
    readMapping(FOLDS, changes);
  }
  for (const code of changes.keys()) flags[code] |= CHANGED;
  return { flags, changes };
}

/** See the head of the file. */
function readMapping(mapping: string, into: Map<number, string>): void {
  let code = 0;
  let shift = 0;
  for (const entry of mapping.split(' ')) {
    const [gap, to] = entry.split(':');
    code += Number.parseInt(gap, 36);
    const codes =
      to === undefined ? [code + shift] : to.split('.').map((part) => Number.parseInt(part, 36));
    shift = codes[0] - code;
    into.set(code, String.fromCodePoint(...codes));
    code += 1;
  }
}

const HANGUL_FIRST = 0xac00;
const HANGUL_COUNT = 11172;

function jamoOf(code: number): string {
  const index = code - HANGUL_FIRST;
  const tail = index % 28;
  const jamo = [0x1100 + Math.floor(index / 588), 0x1161 + (Math.floor(index / 28) % 21)];
  return String.fromCharCode(...jamo, ...(tail > 0 ? [0x11a7 + tail] : []));
}
