/**
 * Characters that mark places in a text while a template works on it. A marker must not stand in
 * the text already, so it is chosen for the text: noncharacters first (Unicode keeps them free for
 * such use inside a program), then private-use characters. They pass through JSON, trimming, and
 * changes of case unharmed.
 */
import { VitrineError } from '../../base/index.ts';
import type { ChatErrorCode } from './types.ts';

/** First and last code unit. */
const CANDIDATES: readonly (readonly [number, number])[] = [
  [0xfdd0, 0xfdef],
  [0xe000, 0xf8ff],
];

/** A character that is in none of the texts. @throws VitrineError bad-request when all are */
export function unusedCharacter(texts: readonly string[]): string {
  for (const [first, last] of CANDIDATES) {
    for (let unit = first; unit <= last; unit += 1) {
      const char = String.fromCharCode(unit);
      if (!texts.some((text) => text.includes(char))) return char;
    }
  }
  throw new VitrineError<ChatErrorCode>(
    'bad-request',
    'the messages contain every noncharacter and private-use character from U+E000 to U+F8FF, ' +
      'and one of them is needed to mark places; remove some.',
  );
}
