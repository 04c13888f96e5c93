/**
 * Error codes of this part, and the two errors that carry more than a message: one source that
 * failed (kept inside the part) and all of them together (for the caller, as structured data).
 */
import { isVitrineError, VitrineError } from '../base/index.ts';

export type WeightsErrorCode =
  /** The reference does not parse. */
  | 'bad-reference'
  /** A bare name that neither the catalogue nor the data directory knows. */
  | 'unknown-model'
  /** A kind of reference that this version does not fetch. */
  | 'unsupported-reference'
  /** A path that leads nowhere, or to something that is no file. */
  | 'no-such-file'
  /** Every source failed: a NoSourceError with `failures`. */
  | 'no-source'
  | 'no-space'
  | 'digest-mismatch'
  | 'licence-refused'
  /** Stopped by the caller's AbortSignal. */
  | 'cancelled'
  | 'bad-lock-file'
  /** The data directory cannot be written or read. */
  | 'data-directory'
  /** Inside this part only: one source failed. */
  | 'source-failed';

/** Why one source gave nothing, and what the reader can do about it. */
export interface SourceFailure {
  /** The source as it is written in a reference: `hf:owner/repo/file.gguf`. */
  readonly source: string;
  /** One line, no credentials. */
  readonly reason: string;
  /** One line: what to do. */
  readonly remedy: string;
}

/** No source delivered the model. `failures` has one entry a source, in the order of the list. */
export class NoSourceError extends VitrineError<'no-source'> {
  readonly failures: readonly SourceFailure[];

  constructor(name: string, failures: readonly SourceFailure[]) {
    const listed = withCommonReason(failures).map(
      ({ source, reason, remedy }) => `${source}: ${reason} (${remedy})`,
    );
    super('no-source', `${name} could not be fetched from any source. ${listed.join('; ')}`);
    this.failures = failures;
  }
}

/** A reason that all sources share is said once, of all of them. */
export function withCommonReason(failures: readonly SourceFailure[]): readonly SourceFailure[] {
  const [first] = failures;
  if (first === undefined || failures.length === 1) return failures;
  const { reason, remedy } = first;
  const isCommon = failures.every((other) => other.reason === reason && other.remedy === remedy);
  if (!isCommon) return failures;
  return [{ source: failures.map(({ source }) => source).join(', '), reason, remedy }];
}

/** The failures that an error carries; empty for every other error. */
export function failuresOf(error: unknown): readonly SourceFailure[] {
  return isVitrineError(error, 'no-source') ? ((error as NoSourceError).failures ?? []) : [];
}

/**
 * One source failed. `transient`: trying the same again can help, and what was received is good.
 */
export class SourceFault extends VitrineError<'source-failed'> {
  readonly remedy: string;
  readonly transient: boolean;

  constructor(reason: string, remedy: string, options?: { transient?: boolean; cause?: unknown }) {
    super('source-failed', reason, { cause: options?.cause });
    this.remedy = remedy;
    this.transient = options?.transient ?? false;
  }
}

/** Passes an error of the file system on as one of this part's. */
export function fileSystemError(path: string, error: unknown): VitrineError<WeightsErrorCode> {
  const code = (error as NodeJS.ErrnoException)?.code ?? '';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new VitrineError(
      'no-space',
      `no space left while writing ${path}. Free some, or set VITRINE_DATA_DIR to another disk.`,
      { cause: error },
    );
  }
  return new VitrineError(
    'data-directory',
    `cannot use ${path} (${code || String(error)}). Check its permissions, or set ` +
      'VITRINE_DATA_DIR.',
    { cause: error },
  );
}
