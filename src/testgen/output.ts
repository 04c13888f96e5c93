/**
 * Regenerated files on disk: written only where they differ, whole or not at all; those of
 * definitions that are gone are found by their first lines.
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { testgenError } from './errors.ts';
import { checkInside } from './skeletons.ts';

export interface OutputFile {
  readonly name: string;
  readonly content: string;
}

export type FileState = 'new' | 'changed' | 'same' | 'stale';

export interface FileChange {
  readonly path: string;
  readonly state: FileState;
}

/** Compares with what is there, and writes what differs unless `isDry`. @throws unwritable */
export function writeOutput(
  folder: string,
  files: readonly OutputFile[],
  isDry: boolean,
): FileChange[] {
  return files.map(({ name, content }) => {
    checkInside(name);
    const path = join(folder, name);
    const before = readIfThere(path);
    if (before === content) return { path, state: 'same' };
    if (!isDry) replace(path, content);
    return { path, state: before === undefined ? 'new' : 'changed' };
  });
}

/** Files in the folder that the plug-in once made and this run did not; removed unless `isDry`. */
export function removeStale(
  folder: string,
  files: readonly OutputFile[],
  isDry: boolean,
): FileChange[] {
  const made = new Set(files.map(({ name }) => name));
  return generatedFiles(folder)
    .filter((name) => !made.has(name))
    .map((name) => {
      const path = join(folder, name);
      if (!isDry) rmSync(path);
      return { path, state: 'stale' as const };
    });
}

const NAMES = /(_test\.gen|^testgen_(messages|services|rules)\.gen)\.(ts|js|d\.ts)$|_gen_test\.go$/;
const MARK = 'enerated by protoc-gen-vitrine-test';
const HEAD_CHARACTERS = 20_000;

function generatedFiles(folder: string): string[] {
  let entries: import('node:fs').Dirent[];
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw testgenError('unwritable', `cannot read ${folder}: ${(error as Error).message}`, error);
  }
  return entries
    .filter((entry) => entry.isFile() && NAMES.test(entry.name))
    .filter((entry) => !entry.parentPath.split(/[\\/]/).includes('node_modules'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path, 'utf8').slice(0, HEAD_CHARACTERS).includes(MARK))
    .map((path) => relative(folder, path).replaceAll('\\', '/'))
    .sort();
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw testgenError('unwritable', `cannot read ${path}: ${(error as Error).message}`, error);
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
    throw testgenError('unwritable', `cannot write ${path}: ${(error as Error).message}`, error);
  }
}
