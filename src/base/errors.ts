/**
 * The one error class of Vitrine. Each part owns a closed union of codes; `server` maps codes to
 * HTTP statuses and `cli` maps them to exit codes, so no other part knows about either.
 */

/** An error with a stable code and a message that says what was expected, what came, what to do. */
export class VitrineError<Code extends string = string> extends Error {
  readonly code: Code;

  constructor(code: Code, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'VitrineError';
    this.code = code;
  }
}

/** True for a VitrineError, optionally of one code. Works across worker boundaries and copies. */
export function isVitrineError(error: unknown, code?: string): error is VitrineError {
  if (!(error instanceof Error) || error.name !== 'VitrineError') return false;
  return code === undefined || (error as VitrineError).code === code;
}

/** The message of anything that was thrown, on one line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s*\n\s*/g, ' ');
}
