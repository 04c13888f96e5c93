/**
 * Regenerated files whose definition is gone. In doubt a file stays: it must be of the run's
 * language, carry the generator's mark and name its definition, and that definition must not be
 * found any more.
 */
import {
  closeSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { HEAD_BYTES, isMarked, kindOf, sourceOf } from './marks.ts';
import type { Language } from './options.ts';
import type { FileChange } from './output.ts';
import { unreadable, unwritable } from './paths.ts';

export interface StaleSearch {
  /** Where regenerated files are. */
  readonly folder: string;
  readonly language: Language;
  /** Names of the files that this run makes, relative to the folder. */
  readonly made: readonly string[];
  /** Definitions that tests were asked for. */
  readonly targets: readonly string[];
  /** These and their imports: they exist. */
  readonly definitions: readonly string[];
  /**
   * All definitions of a folder or set were asked for, so that others may be gone: those of which
   * no .proto file is left below these folders. Undefined: only files of the targets can be stale.
   */
  readonly roots: readonly string[] | undefined;
}

/** @throws VitrineError unwritable when a folder cannot be read */
export function findStale(search: StaleSearch): FileChange[] {
  const { folder, roots } = search;
  const made = new Set(search.made);
  const others = generatedFiles(folder, search.language).filter(({ name }) => !made.has(name));
  const targets = new Set(search.targets);
  const definitions = new Set(search.definitions);
  // Its definition is here and makes it no more.
  const dropped = others.filter(
    ({ name, source }) => source !== undefined && targets.has(source) && isInPlace(name, source),
  );
  const unknown = others.filter(({ source }) => source !== undefined && !definitions.has(source));
  const left = roots !== undefined && unknown.length > 0 ? protoFiles(roots) : undefined;
  const gone = unknown.filter(
    ({ source }) => left !== undefined && !left.some((path) => path.endsWith(`/${source}`)),
  );
  const stale = new Set([...dropped, ...gone]);
  // What the tests of a folder share goes with the last of them.
  const kept = others.filter((file) => !stale.has(file) && file.kind === 'test');
  const inUse = new Set(kept.map(({ name }) => dirname(name)));
  const shared = others.filter(
    ({ name, kind }) => kind === 'shared' && roots !== undefined && !inUse.has(dirname(name)),
  );
  return [...stale, ...shared]
    .map(({ name }) => ({ path: join(folder, name), state: 'stale' as const }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** @throws VitrineError unwritable */
export function removeStale(stale: readonly FileChange[]): void {
  for (const { path } of stale) {
    try {
      rmSync(path);
    } catch (error) {
      throw unwritable(path, error);
    }
  }
}

/**
 * Where the definition's tests are without further options. Elsewhere they may be another run's,
 * with a folder for its output inside this one's.
 */
function isInPlace(name: string, source: string): boolean {
  const stem = source.slice(0, -'.proto'.length);
  return name.startsWith(`${stem}_test.gen.`) || name === `${stem}_gen_test.go`;
}

interface GeneratedFile {
  readonly name: string;
  readonly kind: 'test' | 'shared';
  /** The definition that a test is made from. */
  readonly source: string | undefined;
}

function generatedFiles(folder: string, language: Language): GeneratedFile[] {
  return filesBelow(folder).flatMap((path) => {
    const kind = kindOf(basename(path), language);
    if (kind === undefined || !lstatSync(path).isFile()) return [];
    const head = headOf(path);
    if (!isMarked(head)) return [];
    const source = kind === 'test' ? sourceOf(head) : undefined;
    return [{ name: relative(folder, path).replaceAll('\\', '/'), kind, source }];
  });
}

/** Wherever they may be: behind links and in installed packages too. */
function protoFiles(roots: readonly string[]): string[] {
  const seen = new Set<string>();
  const isEntered = (path: string): boolean => {
    if (basename(path) === '.git' || !statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      return false;
    }
    const real = realpathSync(path);
    const isNew = !seen.has(real);
    seen.add(real);
    return isNew;
  };
  return roots
    .flatMap((root) => filesBelow(resolve(root), isEntered))
    .filter((path) => path.endsWith('.proto'))
    .map((path) => path.replaceAll('\\', '/'));
}

/**
 * Files and links, in folders that are entered; not those of installed packages and hidden ones.
 */
function filesBelow(
  folder: string,
  isEntered = (path: string, isFolder: boolean): boolean =>
    isFolder && !/^(node_modules|\..*)$/.test(basename(path)),
): string[] {
  const found: string[] = [];
  const folders = [folder];
  for (const at of folders) {
    try {
      for (const entry of readdirSync(at, { withFileTypes: true })) {
        const path = join(at, entry.name);
        if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
        const mayBeFolder = entry.isDirectory() || entry.isSymbolicLink();
        if (mayBeFolder && isEntered(path, entry.isDirectory())) folders.push(path);
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw unreadable(at, error);
    }
  }
  return found;
}

function headOf(path: string): string {
  const bytes = Buffer.alloc(HEAD_BYTES);
  try {
    const file = openSync(path, 'r');
    try {
      return bytes.toString('utf8', 0, readSync(file, bytes, 0, HEAD_BYTES, 0));
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw unreadable(path, error);
  }
}
