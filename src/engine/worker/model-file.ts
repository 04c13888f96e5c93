/**
 * The files of a model (one, or the parts of a split one), which every thread opens for itself: all
 * of them must have the files whose bytes were hashed, as they were then. Told by device, inode,
 * size and time of the last change (stat(2)); whoever sets that time back after writing is not
 * found out.
 */
import { closeSync, existsSync, fstatSync, openSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { VitrineError } from '../../base/index.ts';
import { splitPartNames } from '../gguf/index.ts';

/** A file as it was when it was hashed. */
export interface StampedFile {
  readonly path: string;
  readonly stamp: string;
}

export interface OpenedFile extends StampedFile {
  /** Handle. */
  readonly file: number;
}

/**
 * All files of the model that the file at `path` is, or is a part of, in order.
 * @throws VitrineError file-not-found: names the parts that are missing
 */
export function openModelFiles(path: string): OpenedFile[] {
  const names = splitPartNames(basename(path));
  const paths = names.length === 1 ? [path] : names.map((name) => join(dirname(path), name));
  if (paths.length > 1) refuseMissing(path, names, paths);
  const opened: OpenedFile[] = [];
  try {
    for (const each of paths) {
      const file = openModelFile(each);
      opened.push({ path: each, file, stamp: stampOf(file) });
    }
    return opened;
  } catch (error) {
    closeFiles(opened);
    throw error;
  }
}

export function closeFiles(files: readonly OpenedFile[]): void {
  for (const { file } of files) closeSync(file);
}

function refuseMissing(path: string, names: readonly string[], paths: readonly string[]): void {
  const missing = names.filter((_, i) => !existsSync(paths[i]));
  if (missing.length === 0) return;
  const shown = missing.length > 3 ? `${missing.slice(0, 3).join(', ')}, …` : missing.join(', ');
  throw new VitrineError(
    'file-not-found',
    `${path} is part of a model of ${names.length} files, of which ${missing.length} are missing ` +
      `in ${dirname(path)}: ${shown}. Put all parts into one folder.`,
  );
}

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
