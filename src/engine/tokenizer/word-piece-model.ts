/**
 * WordPiece (`tokenizer.ggml.model` = bert): the words of bert-text.ts, each cut from its start
 * into the longest pieces that the vocabulary has; a word that cannot be cut so, or of more than
 * 100 characters, is the unknown token.
 *
 * A vocabulary writes its pieces in one of two ways: U+2581 in front of those that start a word
 * (GGUF files of llama.cpp's converter), or ## in front of those that do not (BERT's own files).
 */
import { createBertText } from './bert-text.ts';
import { corrupt, readFlag, readMetadata } from './metadata.ts';
import {
  isPiece,
  makePieceVocabulary,
  type PieceVocabulary,
  SPACE_MARK,
  type TextModel,
} from './text-model.ts';
import { UnitTrie } from './unit-trie.ts';
import { encodeUtf8 } from './utf8.ts';
import { rememberWords } from './word-cache.ts';

/** Characters; `max_input_chars_per_word` of every model in use. */
const WORD_CHARS_MAX = 100;

/** @throws VitrineError bad-header */
export function createWordPieceModel(metadata: ReadonlyMap<string, unknown>): TextModel {
  const vocabulary = makePieceVocabulary(readMetadata(metadata));
  const { unknownId } = vocabulary;
  if (unknownId === undefined) throw corrupt('expected an unknown_token_id, got nothing');
  const lowercase = readFlag(metadata, 'normalizer.lowercase') ?? true;
  const strips = readFlag(metadata, 'normalizer.strip_accents') ?? lowercase;
  if (lowercase !== strips) {
    throw corrupt('expected normalizer.lowercase and normalizer.strip_accents to be equal');
  }
  const text = createBertText(lowercase);
  const { trie, first, later, bytes } = makeTries(vocabulary);

  const pushWord = (word: string, ids: number[]) => {
    const from = ids.length;
    let start = 0;
    if (isTooLong(word)) start = -1;
    while (start >= 0 && start < word.length) {
      let node = start === 0 ? first : later;
      let end = -1;
      let id = -1;
      for (let i = start; i < word.length; i += 1) {
        const place = trie.find(node, word.charCodeAt(i));
        if (place < 0) break;
        node = trie.childAt(place);
        if (trie.idAt(place) < 0) continue;
        end = i + 1;
        id = trie.idAt(place);
      }
      if (id >= 0) ids.push(id);
      start = end;
    }
    if (start >= 0) return;
    ids.length = from;
    ids.push(unknownId);
  };
  const encodeChunk = rememberWords((source, start, end, ids) => {
    for (const word of text.words(source.slice(start, end))) pushWord(word, ids);
    return true;
  });
  return {
    ...vocabulary,
    bytes,
    marksSpaces: false,
    encodeSpan(span, _options, ids) {
      for (let start = 0; start < span.length; ) {
        if (text.isWhite(span, start)) {
          start += 1;
          continue;
        }
        const end = text.chunkEnd(span, start);
        encodeChunk(span, start, end, ids);
        start = end;
      }
    },
  };
}

function isTooLong(word: string): boolean {
  if (word.length <= WORD_CHARS_MAX) return false;
  if (word.length > WORD_CHARS_MAX * 2) return true;
  return Array.from(word).length > WORD_CHARS_MAX;
}

/** Pieces that start a word below `first`, those that do not below `later`; bytes in text. */
function makeTries(vocabulary: PieceVocabulary): {
  trie: UnitTrie;
  first: number;
  later: number;
  bytes: Uint8Array[];
} {
  const trie = new UnitTrie();
  const first = 0;
  const later = trie.makeRoot();
  const bytes = vocabulary.bytes.slice();
  const pieces = [...vocabulary.idByText].filter(([, id]) => isPiece(vocabulary, id));
  const marksStart = pieces.some(([text]) => text.length > 1 && text.startsWith(SPACE_MARK));
  for (const [text, id] of pieces) {
    const hasMark = text.length > 1 && text.startsWith(SPACE_MARK);
    const hasHashes = !marksStart && text.length > 2 && text.startsWith('##');
    const isFirst = marksStart ? hasMark : !hasHashes;
    const piece = text.slice(hasMark && marksStart ? 1 : hasHashes ? 2 : 0);
    trie.add(piece, id, isFirst ? first : later);
    bytes[id] = encodeUtf8(isFirst ? ` ${piece}` : piece);
  }
  return { trie, first, later, bytes };
}
