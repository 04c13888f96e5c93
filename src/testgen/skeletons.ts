/**
 * Once-written files. They never pass through the plug-in's response, since protoc and buf write
 * over what is there; they are made here, and only where no file is.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { testgenError } from './errors.ts';

export interface Skeleton {
  /** Relative to the folder of once-written files; forward slashes. */
  readonly path: string;
  readonly content: string;
}

export interface SkeletonResult {
  readonly path: string;
  /** False: a file was there and stays as it is. */
  readonly isNew: boolean;
}

/** Makes the files that are missing. @throws VitrineError unwritable, bad-definition */
export function writeSkeletons(folder: string, skeletons: readonly Skeleton[]): SkeletonResult[] {
  return skeletons.map(({ path, content }) => {
    checkInside(path);
    return { path, isNew: makeNew(join(folder, path), content) };
  });
}

/** Exclusive creation: of two writers one makes the file, and none ever replaces one. */
function makeNew(path: string, content: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw testgenError('unwritable', `cannot write ${path}: ${(error as Error).message}`, error);
  }
}

/** A descriptor names its own file: it must not lead out of the folder. */
export function checkInside(path: string): void {
  const isInside =
    path !== '' &&
    !posix.isAbsolute(path) &&
    !/\\|\0/.test(path) &&
    !path.split('/').includes('..');
  if (!isInside) {
    throw testgenError(
      'bad-definition',
      `file name ${JSON.stringify(path)} leads out of its folder`,
    );
  }
}
