/** Error codes of this part, and the exit code of every error: 0 done, 1 failed, 2 wrong usage. */
import { isVitrineError, VitrineError } from '../base/index.ts';

export type CliErrorCode =
  | 'unknown-command'
  | 'unknown-flag'
  | 'missing-value'
  | 'bad-flag-value'
  | 'missing-argument'
  | 'too-many-arguments'
  /** A question needs a terminal, or --yes. */
  | 'not-confirmed'
  | 'port-in-use'
  | 'cannot-listen'
  /** Something outside Vitrine failed: npm, a folder. */
  | 'failed';

export const EXIT_DONE = 0;
export const EXIT_FAILED = 1;
export const EXIT_USAGE = 2;

/** What the reader wrote cannot be understood: here, in base/env, in references, in access. */
const USAGE_CODES: ReadonlySet<string> = new Set([
  'unknown-command',
  'unknown-flag',
  'missing-value',
  'bad-flag-value',
  'missing-argument',
  'too-many-arguments',
  'unknown-variable',
  'bad-value',
  'bad-reference',
  'unsupported-reference',
  'unknown-model',
  'unknown-type',
  'weak-key',
]);

export function cliError(code: CliErrorCode, message: string): VitrineError<CliErrorCode> {
  return new VitrineError(code, message);
}

export function exitCodeOf(error: unknown): number {
  return isVitrineError(error) && USAGE_CODES.has(error.code) ? EXIT_USAGE : EXIT_FAILED;
}
