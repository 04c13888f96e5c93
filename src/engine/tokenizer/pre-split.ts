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
  caseClasses,
  classAt,
  digitsAloneClasses,
  LETTER,
  LOWERISH,
  marksAsLettersClasses,
  NUMBER,
  OTHER,
  plainClasses,
  runEnd,
  SPACE,
  UPPERISH,
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

const DIGITS: SplitRule = { ...GPT2, makeScanner: () => gpt2Scanner(digitsAloneClasses()) };

const QWEN2: SplitRule = {
  makeScanner: () => llama3Scanner(plainClasses(), 1),
  wholeWords: false,
  normalise: true,
  addBos: false,
};

const QWEN35: SplitRule = {
  ...QWEN2,
  normalise: false,
  makeScanner: () => llama3Scanner(marksAsLettersClasses(), 1),
};

const TEKKEN: SplitRule = {
  makeScanner: () => caseScanner({ digitsMax: 1, contractions: false }),
  wholeWords: true,
  normalise: false,
  addBos: true,
};

const GPT4O: SplitRule = {
  makeScanner: () => caseScanner({ digitsMax: 3, contractions: true }),
  wholeWords: false,
  normalise: false,
  addBos: false,
};

/** Names of `tokenizer.ggml.pre` by rule; those are llama.cpp's. */
const NAMES: readonly (readonly [SplitRule, string])[] = [
  // Digits one by one, then GPT-2's rule on what lies between them.
  [DIGITS, 'smollm starcoder refact codeshell exaone minerva-7b'],
  [{ ...DIGITS, normalise: true, addBos: true }, 'command-r'],
  [{ ...GPT2, normalise: true }, 'mpt olmo'],
  [GPT2, 'gpt-2 default phi-2 jais modern-bert trillion granite-docling'],
  [LLAMA3, 'llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2'],
  [{ ...LLAMA3, wholeWords: false, addBos: false }, 'dbrx smaug-bpe'],
  [QWEN2, 'qwen2 deepseek-r1-qwen kormo megrez'],
  [{ ...QWEN2, normalise: false }, 'stablelm2 hunyuan solar-open grok-2'],
  [QWEN35, 'qwen35'],
  [TEKKEN, 'tekken'],
  [GPT4O, 'gpt-4o llama4 kanana2'],
];

/** Names of `tokenizer.ggml.pre` that are read; those that mean the same rule stand together. */
export const SUPPORTED_PRE_SPLITS: readonly (readonly string[])[] = NAMES.map(([, names]) =>
  names.split(' '),
);

/** `tokenizer.ggml.pre` -> rule. */
export const SPLIT_RULES: ReadonlyMap<string, SplitRule> = new Map(
  NAMES.flatMap(([rule, names]) => names.split(' ').map((name) => [name, rule] as const)),
);

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
    return whiteEnd(table, text, index, end);
  };
}

/**
 * `[^\r\n\p{L}\p{N}]?U*L+|[^\r\n\p{L}\p{N}]?U+L*|\p{N}{1,D}| ?[^\s\p{L}\p{N}]+[\r\n/]*|
 * \s*[\r\n]+|\s+(?!\S)|\s+` with U = `[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]`,
 * L = `[\p{Ll}\p{Lm}\p{Lo}\p{M}]` and D digits at most in a number; with `contractions`,
 * `(?i:'s|'t|'re|'ve|'m|'ll|'d)?` behind each of the first two. Marks are no letters here.
 */
function caseScanner(options: { digitsMax: number; contractions: boolean }): WordScanner {
  const table = plainClasses();
  const cases = caseClasses();
  const withContraction = (text: string, at: number, end: number) =>
    options.contractions && at < end && text.charCodeAt(at) === 0x27
      ? at + contractionLength(text, at, end, true)
      : at;
  return (text, index, end) => {
    const unit = text.charCodeAt(index);
    const kind = classAt(table, text, index, end);
    if (kind === NUMBER) return numberEnd(table, text, index, end, options.digitsMax);
    const next = index + widthAt(text, index);
    if (kind === LETTER) return withContraction(text, caseWordEnd(cases, text, index, end), end);
    const isMark = kind === OTHER && cases[text.codePointAt(index) as number] !== 0;
    if (!isNewline(unit) && next < end && cases[text.codePointAt(next) as number] !== 0) {
      const stop = caseWordEnd(cases, text, next, end);
      // A mark alone matches U*L+, which comes before U+L* with the mark in front.
      const onlyUpper = isMark && !hasLowerish(cases, text, next, stop);
      return withContraction(text, onlyUpper ? next : stop, end);
    }
    if (isMark) return withContraction(text, next, end);
    const nextKind = classAt(table, text, next, end);
    if (kind === OTHER || (unit === 0x20 && nextKind === OTHER)) {
      let stop = runEnd(table, text, kind === OTHER ? index : next, end, OTHER);
      while (stop < end && (isNewline(text.charCodeAt(stop)) || text[stop] === '/')) stop += 1;
      return stop;
    }
    return whiteEnd(table, text, index, end);
  };
}

/** `U*L+|U+L*` at `index`, where one of them matches. */
function caseWordEnd(cases: Uint8Array, text: string, index: number, end: number): number {
  let at = index;
  let lowerishEnd = -1;
  while (at < end) {
    const bits = cases[text.codePointAt(at) as number];
    if ((bits & UPPERISH) === 0) break;
    at += widthAt(text, at);
    if ((bits & LOWERISH) !== 0) lowerishEnd = at;
  }
  let stop = at;
  while (stop < end && (cases[text.codePointAt(stop) as number] & LOWERISH) !== 0) {
    stop += widthAt(text, stop);
  }
  // U* gives characters back until L+ has one; when it has none, all of them are U+.
  return stop > at || lowerishEnd < 0 ? stop : lowerishEnd;
}

function hasLowerish(cases: Uint8Array, text: string, start: number, end: number): boolean {
  for (let i = start; i < end; i += widthAt(text, i)) {
    if ((cases[text.codePointAt(i) as number] & LOWERISH) !== 0) return true;
  }
  return false;
}

/** `\s*[\r\n]+|\s+(?!\S)|\s+` */
function whiteEnd(table: ClassTable, text: string, index: number, end: number): number {
  const runStop = runEnd(table, text, index, end, SPACE);
  for (let i = runStop - 1; i >= index; i -= 1) {
    if (isNewline(text.charCodeAt(i))) return i + 1;
  }
  return spaceRunEnd(table, text, index, end);
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
