/** What a source is to a pull: asked first, read only when it is the one that is used. */
import type { Environment } from './http.ts';
import type { PartFile } from './part-file.ts';
import type { OnProgress, Patience } from './progress.ts';

/** What is known about the file before anyone is asked; the catalogue's word. */
export interface Expected {
  readonly sha256?: string;
  readonly bytes?: number;
}

export interface SourceContext {
  /** The source as text, for progress and messages. */
  readonly label: string;
  readonly expected: Expected;
  /** Path of the part file; its folder exists. */
  readonly partPath: string;
  readonly environment: Environment;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly onProgress: OnProgress;
}

export interface Received {
  /** Finished: durable and closed. */
  readonly part: PartFile;
  /** Of the file on disk. */
  readonly sha256: string;
  /** SHA-256 that the source itself promised. */
  readonly promised?: string;
}

/** Finishes a whole part, with progress. */
export async function received(
  context: SourceContext,
  part: PartFile,
  promised?: string,
): Promise<Received> {
  const { label: source, signal, onProgress } = context;
  const sha256 = await part.finish((bytesDone, bytesTotal) => {
    onProgress({ phase: 'verify', source, bytesDone, bytesTotal });
  }, signal);
  return { part, promised, sha256 };
}

/** A source that has answered. Exactly one of receive and close is called. */
export interface OpenSource {
  /** Reads the file into the part. @throws SourceFault, VitrineError no-space */
  receive(): Promise<Received>;
  /** Lets go of it unread. */
  close(): Promise<void>;
}

/** Asks; resolves when the source is there and has the file. @throws SourceFault */
export type OpenFunction = (context: SourceContext) => Promise<OpenSource>;
