/**
 * The model file, which every thread opens for itself: all of them must have the file whose bytes
 * were hashed, as it was then. Told by device, inode, size and time of the last change (stat(2));
 * whoever sets that time back after writing is not found out.
 */
import { closeSync, fstatSync, openSync } from 'node:fs';
import { VitrineError } from '../../base/index.ts';

/** @throws VitrineError file-not-found */
export function openModelFile(path: string): number {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (cause) {
    const code = (cause as { code?: string }).code ?? 'unknown error';
    throw new VitrineError('file-not-found', `cannot open the model file ${path} (${code})`, {
      cause,
    });
  }
  if (fstatSync(file).isFile()) return file;
  closeSync(file);
  throw new VitrineError('file-not-found', `${path} is not a file`);
}

/** What the file behind a handle is; equal text: the same file, not written to in between. */
export function stampOf(file: number): string {
  const { dev, ino, size, mtimeNs } = fstatSync(file, { bigint: true });
  return `${dev} ${ino} ${size} ${mtimeNs}`;
}

/** @throws VitrineError digest-mismatch */
export function checkStamp(file: number, stamp: string, path: string): void {
  if (stampOf(file) === stamp) return;
  throw new VitrineError(
    'digest-mismatch',
    `${path}: the file changed while it was loaded. Load it again when nothing writes to it.`,
  );
}
