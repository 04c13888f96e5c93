/** Error codes of this part, and how untrusted text is shown in a message. */
import { VitrineError } from '../base/index.ts';

export type ConvertErrorCode =
  /** The source is no model folder and no file that can be converted. */
  | 'bad-source'
  /** A JSON file of the folder is missing, wrong, or says something that cannot be expressed. */
  | 'bad-config'
  /** An architecture, a tokenizer or a kind of tensor that is not converted. */
  | 'not-convertible'
  /** A tensor file is wrong: header, offsets, shapes, numbers. */
  | 'bad-checkpoint'
  /** A pickle asks for something other than tensors. */
  | 'unsafe-pickle'
  | 'unknown-type'
  /** The output is there already. */
  | 'file-exists'
  | 'no-space'
  | 'cannot-write'
  | 'cancelled';

export function convertError(
  code: ConvertErrorCode,
  message: string,
  cause?: unknown,
): VitrineError<ConvertErrorCode> {
  return new VitrineError(code, message, { cause });
}

const SHOWN_MAX = 100;

/** Untrusted text for a message: quoted, cut, nothing that a terminal obeys. */
export function quoted(text: unknown): string {
  const shown = JSON.stringify(String(text).slice(0, SHOWN_MAX)).replace(
    /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return String(text).length > SHOWN_MAX ? `${shown.slice(0, -1)}…"` : shown;
}
