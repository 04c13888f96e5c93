/**
 * SentencePiece unigram (`tokenizer.ggml.model` = t5): the segmentation with the highest sum of
 * scores, found by Viterbi's algorithm over the characters, as SentencePiece's EncodeOptimized does
 * it, f32 rounding included. The text is normalised before: the file's character map, runs of
 * spaces to one, none at the ends, one in front (normalizer.cc).
 *
 * The whole text is one path and nothing is remembered between words: SentencePiece adds up in f32
 * from the start of the text, so what lies before can decide between near-equal segmentations.
 */
import { type CharMap, readCharMap } from './char-map.ts';
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
    encodeSpan(span, drop, ids) {
      const from = ids.length;
      if (!segment(normalise(span), ids) && !drop) throw inexpressible();
      joinUnknown(vocabulary, ids, from);
    },
  };
}

/** Appends ids; false: characters were left out. */
function createSegmenter(vocabulary: PieceVocabulary, scores: Float32Array) {
  const { tokens, types } = vocabulary;
  const trie = new UnitTrie();
  let lowest = Number.POSITIVE_INFINITY;
  for (let id = 0; id < tokens.length; id += 1) {
    if (types[id] !== TokenType.normal) continue;
    trie.add(tokens[id], id);
    lowest = Math.min(lowest, scores[id]);
  }
  const unknownScore = Math.fround(lowest - UNKNOWN_PENALTY);

  return (text: string, ids: number[]): boolean => {
    const { length } = text;
    // Of the best path to each place: its score, where its last piece starts, and that piece's id.
    const best = new Float32Array(length + 1);
    const starts = new Int32Array(length + 1).fill(-1);
    const pieces = new Int32Array(length + 1);
    for (let start = 0; start < length; ) {
      const width = isLead(text.charCodeAt(start)) ? 2 : 1;
      const here = best[start];
      let hasCharacter = false;
      let node = 0;
      for (let end = start; end < length; ) {
        const place = trie.find(node, text.charCodeAt(end));
        if (place < 0) break;
        node = trie.childAt(place);
        end += 1;
        const id = trie.idAt(place);
        if (id < 0) continue;
        const score = Math.fround(here + scores[id]);
        if (starts[end] < 0 || score > best[end]) {
          best[end] = score;
          starts[end] = start;
          pieces[end] = id;
        }
        hasCharacter ||= end - start === width;
      }
      if (!hasCharacter) {
        const end = start + width;
        const score = Math.fround(here + unknownScore);
        if (starts[end] < 0 || score > best[end]) {
          best[end] = score;
          starts[end] = start;
          pieces[end] = -1;
        }
      }
      start += width;
    }
    return pushPath(vocabulary, text, { starts, pieces }, ids);
  };
}

function pushPath(
  vocabulary: PieceVocabulary,
  text: string,
  { starts, pieces }: { starts: Int32Array; pieces: Int32Array },
  ids: number[],
): boolean {
  // Places of the path, last first.
  const ends: number[] = [];
  for (let end = text.length; end > 0; end = starts[end]) ends.push(end);
  let complete = true;
  for (let i = ends.length - 1; i >= 0; i -= 1) {
    const end = ends[i];
    if (pieces[end] >= 0) ids.push(pieces[end]);
    else complete = pushUnknown(vocabulary, text.slice(starts[end], end), ids) && complete;
  }
  return complete;
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
