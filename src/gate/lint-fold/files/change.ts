/** A change to one file of the repository, planned before anything is written. */

export interface FileChange {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  /** undefined: the file does not exist. */
  readonly before: Uint8Array | undefined;
  readonly after: Uint8Array | undefined;
}

export function textOf(bytes: Uint8Array | undefined): string {
  return bytes === undefined ? '' : Buffer.from(bytes).toString('utf8');
}
