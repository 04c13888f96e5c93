/**
 * SentencePiece unigram (`tokenizer.ggml.model` = t5): the segmentation with the highest sum of
 * scores, found by Viterbi's algorithm over the characters, as SentencePiece's EncodeOptimized does
 * it, f32 rounding included. The text is normalised before: the file's character map, runs of
 * spaces to one, none at the ends, one in front (normalizer.cc).
 *
 * SentencePiece adds up in f32 from the start of the text, so what lies before a word can decide
 * between near-equal segmentations of it. What is remembered of a word is therefore not its pieces
 * but its lattice: every token in it, and where (a third faster, measured on XLM-R's).
 */
import { type CharMap, readCharMap } from './char-map.ts';
import { markedWordEnd, unitsBeforeMark } from './marked-words.ts';
import { readFlag, readMetadata, readScores, TokenType } from './metadata.ts';
import {
  inexpressible,
  joinUnknown,
  makePieceVocabulary,
  type PieceVocabulary,
  pushUnknown,
  SPACE_MARK,
  type TextModel,
} from './text-model.ts';
import { UnitTrie } from './unit-trie.ts';
import { CACHE_UNITS_MAX, CACHE_WORDS_MAX, detached } from './word-cache.ts';

/** What an unknown character costs below the lowest score. */
const UNKNOWN_PENALTY = 10;

/** @throws VitrineError bad-header */
export function createUnigramModel(metadata: ReadonlyMap<string, unknown>): TextModel {
  const fields = readMetadata(metadata);
  const scores = readScores(metadata, fields.tokens.length);
  const vocabulary = makePieceVocabulary(fields);
  const normalise = createNormaliser({
    charMap: readCharMap(metadata.get('tokenizer.ggml.precompiled_charsmap')),
    addsPrefix: readFlag(metadata, 'add_space_prefix') ?? true,
    removesExtra: readFlag(metadata, 'remove_extra_whitespaces') ?? true,
  });
  const segment = createSegmenter(vocabulary, scores);
  return {
    ...vocabulary,
    marksSpaces: false,
    encodeSpan(span, { drop }, ids) {
      const from = ids.length;
      if (!segment(normalise(span), ids) && !drop) throw inexpressible();
      joinUnknown(vocabulary, ids, from);
    },
  };
}

/** Appends ids; false: characters were left out. */
function createSegmenter(vocabulary: PieceVocabulary, scores: Float32Array) {
  const { trie, lowest } = makeTrie(vocabulary, scores);
  const costs = { ofId: scores, ofUnknown: Math.fround(lowest - UNKNOWN_PENALTY) };
  const joined = unitsBeforeMark(vocabulary);
  // Word -> its lattice, [tokens, 3] as listAt has them; two generations as in word-cache.ts.
  let young = new Map<string, Int32Array>();
  let old = new Map<string, Int32Array>();

  /**
   * Appends [start, end, id] of each token at `text[from]`, the short first; id -1 for a character
   * that is no token. Places count from `base`. Returns the next character's place.
   */
  const listAt = (text: string, from: number, end: number, base: number, into: number[]) => {
    const width = isLead(text.charCodeAt(from)) ? 2 : 1;
    let hasCharacter = false;
    let node = 0;
    for (let at = from; at < end; at += 1) {
      const place = trie.find(node, text.charCodeAt(at));
      if (place < 0) break;
      node = trie.childAt(place);
      const id = trie.idAt(place);
      if (id < 0) continue;
      into.push(from - base, at + 1 - base, id);
      hasCharacter ||= at + 1 - from === width;
    }
    if (!hasCharacter) into.push(from - base, from + width - base, -1);
    return from + width;
  };
  const latticeOf = (text: string, start: number, end: number): Int32Array => {
    const word = text.slice(start, end);
    let lattice = young.get(word);
    if (lattice !== undefined) return lattice;
    lattice = old.get(word);
    if (lattice === undefined) {
      const list: number[] = [];
      for (let from = start; from < end; ) from = listAt(text, from, end, start, list);
      lattice = Int32Array.from(list);
    }
    if (young.size >= CACHE_WORDS_MAX) {
      old = young;
      young = new Map();
    }
    young.set(detached(word), lattice);
    return lattice;
  };

  const short = makePath(CACHE_UNITS_MAX);

  return (text: string, ids: number[]): boolean => {
    const { length } = text;
    let isComplete = true;
    // f32, from the start of the text, as SentencePiece adds up.
    let sum = 0;
    for (let start = 0; start < length; ) {
      const end = markedWordEnd(text, start, joined);
      const units = end - start;
      const isShort = units <= CACHE_UNITS_MAX;
      const path = isShort ? short : makePath(units);
      path.starts.fill(-1, 0, units + 1);
      path.best[0] = sum;
      if (isShort) extend(path, 0, latticeOf(text, start, end), costs);
      else {
        // The lattice of a long word is made and used one character after the other.
        for (let from = start; from < end; ) {
          const list: number[] = [];
          const next = listAt(text, from, end, from, list);
          extend(path, from - start, list, costs);
          from = next;
        }
      }
      sum = path.best[units];
      isComplete = pushPath(vocabulary, text, { start, end }, path, ids) && isComplete;
      start = end;
    }
    return isComplete;
  };
}

/**
 * Of the best path to each place of a word: its score, where its last piece starts (-1: no path
 * has come here), that piece's id or -1. No token reaches over the end of a word, so the best path
 * of the text goes through it.
 */
interface Path {
  readonly best: Float32Array;
  readonly starts: Int32Array;
  readonly pieces: Int32Array;
  /** Room for the places where the pieces of the path end. */
  readonly ends: Int32Array;
}

/** @param units  of the longest word */
function makePath(units: number): Path {
  return {
    best: new Float32Array(units + 1),
    starts: new Int32Array(units + 1),
    pieces: new Int32Array(units + 1),
    ends: new Int32Array(units + 1),
  };
}

/** The scores of ids, and of a character that is no token. */
interface Scores {
  readonly ofId: Float32Array;
  readonly ofUnknown: number;
}

/** Follows the tokens of a lattice whose places count from `base`, ascending. */
function extend(path: Path, base: number, tokens: ArrayLike<number>, scores: Scores): void {
  const { best, starts, pieces } = path;
  for (let i = 0; i < tokens.length; i += 3) {
    const start = base + tokens[i];
    const end = base + tokens[i + 1];
    const id = tokens[i + 2];
    const score = Math.fround(best[start] + (id < 0 ? scores.ofUnknown : scores.ofId[id]));
    if (starts[end] >= 0 && score <= best[end]) continue;
    best[end] = score;
    starts[end] = start;
    pieces[end] = id;
  }
}

function makeTrie(vocabulary: PieceVocabulary, scores: Float32Array) {
  const { tokens, types } = vocabulary;
  const trie = new UnitTrie();
  let lowest = Number.POSITIVE_INFINITY;
  for (let id = 0; id < tokens.length; id += 1) {
    if (types[id] !== TokenType.normal) continue;
    trie.add(tokens[id], id);
    lowest = Math.min(lowest, scores[id]);
  }
  return { trie, lowest };
}

function pushPath(
  vocabulary: PieceVocabulary,
  text: string,
  word: { start: number; end: number },
  { starts, pieces, ends }: Path,
  ids: number[],
): boolean {
  // Places of the path, last first.
  let count = 0;
  for (let end = word.end - word.start; end > 0; end = starts[end]) ends[count++] = end;
  let isComplete = true;
  for (let i = count - 1; i >= 0; i -= 1) {
    const end = ends[i];
    if (pieces[end] >= 0) ids.push(pieces[end]);
    else {
      const unknown = text.slice(word.start + starts[end], word.start + end);
      isComplete = pushUnknown(vocabulary, unknown, ids) && isComplete;
    }
  }
  return isComplete;
}

function createNormaliser(options: {
  charMap: CharMap | undefined;
  addsPrefix: boolean;
  removesExtra: boolean;
}): (text: string) => string {
  const { charMap, addsPrefix, removesExtra } = options;
  return (text) => {
    const mapped = charMap === undefined ? text : applyCharMap(charMap, text);
    const spaced = removesExtra ? withoutExtraSpaces(mapped) : mapped;
    if (spaced === '') return '';
    return `${addsPrefix ? ' ' : ''}${spaced}`.replaceAll(' ', SPACE_MARK);
  };
}

function withoutExtraSpaces(text: string): string {
  const single = text.replace(/ {2,}/g, ' ');
  let end = single.length;
  // A mark that the text itself holds counts as a space at the end, and only there.
  while (end > 0 && (single[end - 1] === ' ' || single[end - 1] === SPACE_MARK)) end -= 1;
  return single.slice(single.startsWith(' ') ? 1 : 0, end);
}

function applyCharMap(charMap: CharMap, text: string): string {
  let result = '';
  // Characters from here on stay as they are.
  let from = 0;
  for (let at = 0; at < text.length; ) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) {
      const next = at + 1 < text.length ? text.charCodeAt(at + 1) : 0;
      if (next < 0x80 && charMap.keeps(unit, next)) {
        at += 1;
        continue;
      }
    }
    const match = charMap.match(text, at);
    if (match === undefined) {
      at += isLead(unit) ? 2 : 1;
      continue;
    }
    result += text.slice(from, at) + match.text;
    at += match.units;
    from = at;
  }
  return result + text.slice(from);
}

function isLead(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}
