/**
 * Once-written files. They never pass through the plug-in's response, since protoc and buf write
 * over what is there; they are made here, and only where no file is.
 */
import { lstatSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { checkInside, unwritable } from './paths.ts';

export interface Skeleton {
  /** Relative to the folder of once-written files; forward slashes. */
  readonly path: string;
  readonly content: string;
}

export interface PlannedSkeleton extends Skeleton {
  /** False: a file is there and stays as it is. */
  readonly isNew: boolean;
}

export interface SkeletonResult {
  readonly path: string;
  readonly isNew: boolean;
}

/**
 * Looks which are missing; writes nothing.
 * @throws VitrineError unwritable where something is that is no file, bad-definition
 */
export function planSkeletons(folder: string, skeletons: readonly Skeleton[]): PlannedSkeleton[] {
  for (const { path } of skeletons) checkInside(path);
  return skeletons.map((skeleton) => ({
    ...skeleton,
    isNew: !isFileThere(join(folder, skeleton.path)),
  }));
}

/** Makes the files that are missing. @throws VitrineError unwritable */
export function writeSkeletons(
  folder: string,
  skeletons: readonly PlannedSkeleton[],
): SkeletonResult[] {
  return skeletons.map(({ path, content, isNew }) => ({
    path,
    isNew: isNew && makeNew(join(folder, path), content),
  }));
}

/** Exclusive creation: of two writers one makes the file, and none ever replaces one. */
function makeNew(path: string, content: string): boolean {
  try {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { flag: 'wx' });
    return true;
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST' && isFileThere(path);
    if (isThere) return false;
    throw unwritable(path, error);
  }
}

/** A link to a file counts as the file; a folder, or a link to nothing, is in the way. */
function isFileThere(path: string): boolean {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile()) return true;
    if (found !== undefined) throw new Error('what is there is no file');
    if (lstatSync(path, { throwIfNoEntry: false }) === undefined) return false;
    throw new Error('what is there is a link to nothing');
  } catch (error) {
    throw unwritable(path, error);
  }
}
