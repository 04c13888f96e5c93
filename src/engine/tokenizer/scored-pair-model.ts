/**
 * SentencePiece BPE (`tokenizer.ggml.model` = llama): Llama 2, Mistral, Gemma, Phi-3. Spaces are
 * U+2581; of all neighbours that together are a token those with the highest score merge first, the
 * leftmost among equals; a character that is no token becomes its bytes (`<0x41>`).
 *
 * SentencePiece has no words. Here the text is cut before each U+2581 behind a character that no
 * token has there: no merge reaches over such a place, so the pieces are independent and can be
 * remembered, and the ids are the same.
 *
 * Does not do: unused tokens (type 5) as steps towards longer ones; no vocabulary in use has them
 * in this kind.
 */

import { markedWordEnd, unitsBeforeMark } from './marked-words.ts';
import { mergePairs } from './merge.ts';
import { readFlag, readMetadata, readScores } from './metadata.ts';
import { PairTable } from './pair-table.ts';
import {
  inexpressible,
  isPiece,
  joinUnknown,
  makePieceVocabulary,
  type PieceVocabulary,
  pushUnknown,
  SPACE_MARK,
  type TextModel,
} from './text-model.ts';
import { rememberWords, type SpanEncoder } from './word-cache.ts';

/** @throws VitrineError bad-header */
export function createScoredPairModel(metadata: ReadonlyMap<string, unknown>): TextModel {
  const fields = readMetadata(metadata);
  const scores = readScores(metadata, fields.tokens.length);
  const prefix = (readFlag(metadata, 'add_space_prefix') ?? true) ? SPACE_MARK : '';
  const vocabulary = makePieceVocabulary(fields);
  const encodeWord = rememberWords(createMerger(vocabulary, scores));
  const joined = unitsBeforeMark(vocabulary);
  return {
    ...vocabulary,
    marksSpaces: true,
    encodeSpan(span, { drop }, ids) {
      const text = prefix + span;
      const from = ids.length;
      for (let start = 0; start < text.length; ) {
        const end = markedWordEnd(text, start, joined);
        if (!encodeWord(text, start, end, ids) && !drop) throw inexpressible();
        start = end;
      }
      joinUnknown(vocabulary, ids, from);
    },
  };
}

/**
 * Symbols of the merge: ids of tokens; from the vocabulary's size up, characters that are no tokens
 * but stand in some; below zero -1 - code point, any other character.
 */
function createMerger(vocabulary: PieceVocabulary, scores: Float32Array): SpanEncoder {
  const { symbols, loneChars } = makeSymbols(vocabulary);
  const pairs = makePairs(vocabulary, scores, symbols);
  const size = vocabulary.tokens.length;
  const byUnit = new Int32Array(0x10000);
  for (let unit = 0; unit < 0x10000; unit += 1) {
    byUnit[unit] = symbols.get(String.fromCharCode(unit)) ?? -1 - unit;
  }
  const scratch = new Int32Array(1024);

  return (text, start, end, into) => {
    const room = end - start;
    // A long word's scratch is not kept.
    const ids = room <= scratch.length ? scratch : new Int32Array(room);
    let count = 0;
    for (let i = start; i < end; i += 1) {
      const unit = text.charCodeAt(i);
      if (unit < 0xd800 || unit > 0xdfff) {
        ids[count++] = byUnit[unit];
        continue;
      }
      const code = text.codePointAt(i) as number;
      ids[count++] = symbols.get(String.fromCodePoint(code)) ?? -1 - code;
      i += 1;
    }
    count = mergePairs(pairs, ids, count);
    let complete = true;
    for (let i = 0; i < count; i += 1) {
      const id = ids[i];
      if (id >= 0 && id < size) into.push(id);
      else {
        const char = id < 0 ? String.fromCodePoint(-1 - id) : loneChars[id - size];
        complete = pushUnknown(vocabulary, char, into) && complete;
      }
    }
    return complete;
  };
}

function makeSymbols(vocabulary: PieceVocabulary): {
  symbols: Map<string, number>;
  loneChars: string[];
} {
  const symbols = new Map<string, number>();
  for (const [text, id] of vocabulary.idByText) if (isPiece(vocabulary, id)) symbols.set(text, id);
  const loneChars: string[] = [];
  for (const text of [...symbols.keys()]) {
    for (const char of text) {
      if (symbols.has(char)) continue;
      symbols.set(char, vocabulary.tokens.length + loneChars.length);
      loneChars.push(char);
    }
  }
  return { symbols, loneChars };
}

/** Every way to make a token of two symbols; ranks follow the scores, equal for equal ones. */
function makePairs(
  vocabulary: PieceVocabulary,
  scores: Float32Array,
  symbols: ReadonlyMap<string, number>,
): PairTable {
  const size = vocabulary.tokens.length;
  const levels = Float32Array.from(new Set(scores)).sort().reverse();
  const rankByScore = new Map(Array.from(levels, (score, rank) => [score, rank]));
  const found: number[] = [];
  for (const [text, id] of symbols) {
    if (id >= size) continue;
    for (let cut = 1; cut < text.length; cut += 1) {
      const unit = text.charCodeAt(cut);
      if (unit >= 0xdc00 && unit <= 0xdfff) continue;
      const left = symbols.get(text.slice(0, cut));
      if (left === undefined) continue;
      const right = symbols.get(text.slice(cut));
      if (right !== undefined) found.push(left, right, id);
    }
  }
  const pairs = new PairTable(found.length / 3);
  for (let i = 0; i < found.length; i += 3) {
    const rank = rankByScore.get(scores[found[i + 2]]) as number;
    pairs.add(found[i], found[i + 1], rank, found[i + 2]);
  }
  return pairs;
}
