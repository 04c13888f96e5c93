/**
 * Regenerated files on disk: planned first, so that nothing is written when anything is wrong;
 * then written only where they differ, each whole or not at all.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isMarked } from './marks.ts';
import { checkInside, unreadable, unwritable } from './paths.ts';

export interface OutputFile {
  readonly name: string;
  readonly content: string;
}

export type FileState = 'new' | 'changed' | 'same' | 'stale';

export interface FileChange {
  readonly path: string;
  readonly state: FileState;
}

export interface PlannedFile extends FileChange, OutputFile {}

/**
 * Compares with what is there; writes nothing.
 * @throws VitrineError bad-definition for a name that leads out of the folder, unwritable for a
 * file that somebody else made
 */
export function planOutput(folder: string, files: readonly OutputFile[]): PlannedFile[] {
  for (const { name } of files) checkInside(name);
  return files.map((file) => {
    const path = join(folder, file.name);
    const before = readIfThere(path);
    if (before === undefined) return { ...file, path, state: 'new' };
    if (before === file.content) return { ...file, path, state: 'same' };
    if (!isMarked(before)) {
      throw unwritable(
        path,
        'it is there and not of this generator: move it, or generate elsewhere',
      );
    }
    return { ...file, path, state: 'changed' };
  });
}

/** @throws VitrineError unwritable */
export function writeOutput(plan: readonly PlannedFile[]): void {
  for (const { path, content, state } of plan) if (state !== 'same') replace(path, content);
}

/** A file much longer than any generated one is somebody else's, and is not read. */
const FILE_BYTES_MAX = 1024 * 1024 * 1024;

function readIfThere(path: string): string | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) throw new Error('what is there is no file');
    if (stat.size > FILE_BYTES_MAX) throw new Error(`it has ${stat.size} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

/** Through a file beside it, so that nobody sees half of it. */
function replace(path: string, content: string): void {
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(beside, content);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw unwritable(path, error);
  }
}
