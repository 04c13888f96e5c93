/** The error codes of lint-fold. Every one of them means "could not run" (exit code 2). */
import { VitrineError } from '../../base/index.ts';

export type LintFoldErrorCode =
  | 'bad-option'
  | 'nothing-to-fold'
  | 'needs-consent'
  | 'already-flat'
  | 'tool-missing'
  | 'tool-failed'
  | 'bad-config'
  | 'too-large'
  | 'backup-exists'
  | 'no-backup'
  | 'not-trusted'
  | 'write-failed'
  | 'changed-since'
  | 'interrupted';

export class LintFoldError extends VitrineError<LintFoldErrorCode> {}

export function fail(code: LintFoldErrorCode, message: string, cause?: unknown): LintFoldError {
  return new LintFoldError(code, message, cause === undefined ? undefined : { cause });
}

export function isLintFoldError(error: unknown): error is LintFoldError {
  return error instanceof LintFoldError;
}
