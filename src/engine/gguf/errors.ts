/**
 * What can be wrong with a GGUF file, and how text from an untrusted file is shown in a message.
 */
import { VitrineError } from '../../base/index.ts';

/** Codes of this part; a subset of the engine's. */
export type GgufErrorCode =
  /** The bytes are no GGUF file at all. */
  | 'not-gguf'
  /** The file ends before something that its header announces. */
  | 'truncated-file'
  /** A GGUF file with a header that is wrong, absurd or of a kind that is not read. */
  | 'bad-header'
  /** A tensor of a type that is unknown, or that this operation does not cover. */
  | 'unsupported-tensor-type';

export function ggufError(code: GgufErrorCode, message: string): VitrineError<GgufErrorCode> {
  return new VitrineError(code, message);
}

/** Characters of untrusted text that are shown at most, escapes included. */
const SHOWN_CHARACTERS_MAX = 80;

const UNSAFE = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

/**
 * Untrusted text for a one-line message: quoted, cut, with control and direction characters
 * escaped, so that a file cannot write to the reader's terminal.
 */
export function quote(text: string): string {
  let shown = '';
  for (const character of text.slice(0, SHOWN_CHARACTERS_MAX)) {
    shown += UNSAFE.test(character)
      ? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
      : JSON.stringify(character).slice(1, -1);
    if (shown.length > SHOWN_CHARACTERS_MAX) break;
  }
  return text.length > SHOWN_CHARACTERS_MAX || shown.length > SHOWN_CHARACTERS_MAX
    ? `"${shown}…"`
    : `"${shown}"`;
}
