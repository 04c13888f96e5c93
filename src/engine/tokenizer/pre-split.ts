/**
 * Pre-split rules: where a text is cut into words before byte pairs are merged. Each family of
 * models has its own, named by `tokenizer.ggml.pre`. They are written as scanners and not as
 * regular expressions: the scanners do not depend on JavaScript's Unicode version, take linear
 * time on any text, and are faster. The expression that each one equals stands above it.
 *
 * Does not do: rules of other families (an unknown name is refused; a wrong rule would give wrong
 * ids without any sign of it).
 */
import {
  ALONE,
  type ClassTable,
  classAt,
  digitsAloneClasses,
  LETTER,
  NUMBER,
  OTHER,
  plainClasses,
  runEnd,
  SPACE,
  widthAt,
} from './char-class.ts';

/** End of the word that starts at `index`; `index < end`, `text` well-formed. */
export type WordScanner = (text: string, index: number, end: number) => number;

export interface SplitRule {
  readonly makeScanner: () => WordScanner;
  /** A word that is a token is taken as it is, without merging. */
  readonly wholeWords: boolean;
  /** The text is brought to Unicode NFC first. */
  readonly normalise: boolean;
  /** BOS when the file does not say. */
  readonly addBos: boolean;
}

const GPT2: SplitRule = {
  makeScanner: () => gpt2Scanner(plainClasses()),
  wholeWords: false,
  normalise: false,
  addBos: false,
};

const LLAMA3: SplitRule = {
  makeScanner: () => llama3Scanner(plainClasses(), 3),
  wholeWords: true,
  normalise: false,
  addBos: true,
};

/** `tokenizer.ggml.pre` -> rule. */
export const SPLIT_RULES: ReadonlyMap<string, SplitRule> = new Map([
  // Digits one by one, then GPT-2's rule on what lies between them.
  ['smollm', { ...GPT2, makeScanner: () => gpt2Scanner(digitsAloneClasses()) }],
  ['gpt-2', GPT2],
  ['default', GPT2],
  ['llama-bpe', LLAMA3],
  ['llama3', LLAMA3],
  [
    'qwen2',
    {
      makeScanner: () => llama3Scanner(plainClasses(), 1),
      wholeWords: false,
      normalise: true,
      addBos: false,
    },
  ],
]);

/**
 * `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
 * Characters of class ALONE are words of their own, and the text ends before them.
 */
function gpt2Scanner(table: ClassTable): WordScanner {
  return (text, index, end) => {
    const unit = text.charCodeAt(index);
    if (unit === 0x27) {
      const length = contractionLength(text, index, end, false);
      if (length > 0) return index + length;
    }
    let start = index;
    let kind = classAt(table, text, index, end);
    if (unit === 0x20) {
      const next = classAt(table, text, index + 1, end);
      if (next !== SPACE && next !== ALONE) {
        start = index + 1;
        kind = next;
      }
    }
    if (kind === ALONE) return index + widthAt(text, index);
    if (kind !== SPACE) return runEnd(table, text, start, end, kind);
    return spaceRunEnd(table, text, index, end);
  };
}

/**
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,D}| ?[^\s\p{L}\p{N}]+[\r\n]*|
 * \s*[\r\n]+|\s+(?!\S)|\s+` with D digits at most in a number.
 */
function llama3Scanner(table: ClassTable, digitsMax: number): WordScanner {
  return (text, index, end) => {
    const unit = text.charCodeAt(index);
    if (unit === 0x27) {
      const length = contractionLength(text, index, end, true);
      if (length > 0) return index + length;
    }
    const kind = classAt(table, text, index, end);
    if (kind === LETTER) return runEnd(table, text, index, end, LETTER);
    if (kind === NUMBER) return numberEnd(table, text, index, end, digitsMax);
    const next = index + widthAt(text, index);
    const nextKind = classAt(table, text, next, end);
    if (nextKind === LETTER && !isNewline(unit)) return runEnd(table, text, next, end, LETTER);
    if (kind === OTHER || (unit === 0x20 && nextKind === OTHER)) {
      const start = kind === OTHER ? index : next;
      let stop = runEnd(table, text, start, end, OTHER);
      while (stop < end && isNewline(text.charCodeAt(stop))) stop += 1;
      return stop;
    }
    const runStop = runEnd(table, text, index, end, SPACE);
    for (let i = runStop - 1; i >= index; i -= 1) {
      if (isNewline(text.charCodeAt(i))) return i + 1;
    }
    return spaceRunEnd(table, text, index, end);
  };
}

/** `\s+(?!\S)|\s+`: white space up to the last one before a word, which belongs to that word. */
function spaceRunEnd(table: ClassTable, text: string, index: number, end: number): number {
  const stop = runEnd(table, text, index, end, SPACE);
  const atEnd = classAt(table, text, stop, end) === ALONE;
  return atEnd || stop - index === 1 ? stop : stop - 1;
}

function numberEnd(
  table: ClassTable,
  text: string,
  index: number,
  end: number,
  digitsMax: number,
): number {
  let stop = index;
  for (let count = 0; count < digitsMax; count += 1) {
    if (classAt(table, text, stop, end) !== NUMBER) break;
    stop += widthAt(text, stop);
  }
  return stop;
}

/** UTF-16 units of 's 't 'm 'd 're 've 'll at `index`, where the apostrophe stands; 0 for none. */
function contractionLength(text: string, index: number, end: number, anyCase: boolean): number {
  if (index + 1 >= end) return 0;
  const first = letterAt(text, index + 1, anyCase);
  if (first === 's' || first === 't' || first === 'm' || first === 'd') return 2;
  if (index + 2 >= end) return 0;
  const pair = first + letterAt(text, index + 2, anyCase);
  return pair === 're' || pair === 've' || pair === 'll' ? 3 : 0;
}

function letterAt(text: string, index: number, anyCase: boolean): string {
  const char = text[index];
  if (!anyCase) return char;
  // The long s folds to s; no other character folds to one of these letters (asked of Oniguruma).
  if (char === '\u017f') return 's';
  return char >= 'A' && char <= 'Z' ? char.toLowerCase() : char;
}

function isNewline(unit: number): boolean {
  return unit === 0x0a || unit === 0x0d;
}
