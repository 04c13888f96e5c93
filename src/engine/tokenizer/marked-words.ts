/**
 * Where a text in which U+2581 stands for a space can be cut without changing its pieces: before
 * each U+2581 behind a character that no token has there.
 */
import { isPiece, type PieceVocabulary, SPACE_MARK } from './text-model.ts';

const MARK_UNIT = SPACE_MARK.charCodeAt(0);

/** First place behind `start` over which no token reaches. */
export function markedWordEnd(text: string, start: number, joined: ReadonlySet<number>): number {
  for (let at = text.indexOf(SPACE_MARK, start + 1); at >= 0; ) {
    const before = text.charCodeAt(at - 1);
    if (!joined.has(before)) return at;
    // A run of marks is one piece; it is skipped at once.
    do at += 1;
    while (text.charCodeAt(at) === MARK_UNIT && joined.has(MARK_UNIT));
    at = text.indexOf(SPACE_MARK, at);
  }
  return text.length;
}

/** UTF-16 units that stand before U+2581 in some token. */
export function unitsBeforeMark(vocabulary: PieceVocabulary): Set<number> {
  const units = new Set<number>();
  for (const [text, id] of vocabulary.idByText) {
    if (!isPiece(vocabulary, id)) continue;
    for (let at = text.indexOf(SPACE_MARK, 1); at >= 0; at = text.indexOf(SPACE_MARK, at + 1)) {
      units.add(text.charCodeAt(at - 1));
    }
  }
  return units;
}
