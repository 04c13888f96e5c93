/**
 * Finds every lint configuration below a folder without running or resolving anything. Folders
 * named node_modules or .git are not entered, symbolic links to folders are not followed.
 */
import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from './errors.ts';

/** More entries than any repository we know of; a fold of `/` by mistake stops here. */
export const ENTRIES_MAX = 500_000;

/** A configuration file larger than this is not one. */
export const CONFIG_BYTES_MAX = 4 * 1024 * 1024;

/**
 * In the order in which ESLint looks; the first one in a folder wins, the others are never read.
 */
export const ESLINTRC_NAMES = [
  '.eslintrc.js',
  '.eslintrc.cjs',
  '.eslintrc.yaml',
  '.eslintrc.yml',
  '.eslintrc.json',
  '.eslintrc',
  'package.json',
] as const;

const FLAT_NAMES = ['js', 'mjs', 'cjs', 'ts', 'mts', 'cts'].map((ext) => `eslint.config.${ext}`);
const PYTHON_NAMES = ['pyproject.toml', 'setup.cfg', 'tox.ini', '.flake8', '.isort.cfg'];
const SCRIPT = /\.(?:[cm]?[jt]sx?|vue|svelte)$/;
const SKIPPED = new Set(['node_modules', '.git', '.hg', '.svn', '.vitrine', '__pycache__']);

export interface Discovery {
  /** Relative paths with forward slashes, sorted. */
  readonly eslintrc: readonly string[];
  /** Configurations that ESLint never reads, because the folder has one of higher rank. */
  readonly shadowed: readonly string[];
  readonly eslintIgnores: readonly string[];
  readonly flat: readonly string[];
  readonly python: readonly string[];
  /** Every file that ESLint might lint by its extension. */
  readonly scripts: readonly string[];
  /** Every Python source, for the count of files each folder governs. */
  readonly pythonSources: readonly string[];
}

/** @throws LintFoldError too-large, bad-config */
export function discover(root: string): Discovery {
  const found = {
    eslintrc: [] as string[],
    shadowed: [] as string[],
    eslintIgnores: [] as string[],
    flat: [] as string[],
    python: [] as string[],
    scripts: [] as string[],
    pythonSources: [] as string[],
  };
  let entries = 0;
  const pending = [''];
  while (pending.length > 0) {
    const folder = pending.pop() as string;
    const names = readFolder(join(root, folder));
    entries += names.length;
    if (entries > ENTRIES_MAX) {
      throw fail(
        'too-large',
        `expected at most ${ENTRIES_MAX} files and folders below ${root}, found more. ` +
          'Name the root of one repository.',
      );
    }
    const files: string[] = [];
    for (const entry of names) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name) && !isVirtualEnv(join(root, path))) pending.push(path);
      } else files.push(entry.name);
    }
    sortIn(root, folder, files, found);
  }
  for (const list of Object.values(found)) list.sort();
  return found;
}

/** Text of a configuration file. @throws LintFoldError too-large */
export function readConfigText(root: string, path: string): string {
  const bytes = lstatSync(join(root, path)).size;
  if (bytes > CONFIG_BYTES_MAX) {
    throw fail('too-large', `${path}: expected at most ${CONFIG_BYTES_MAX} bytes, got ${bytes}.`);
  }
  return readFileSync(join(root, path), 'utf8');
}

function readFolder(path: string) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (error) {
    throw fail('bad-config', `cannot read the folder ${path}: ${(error as Error).message}`, error);
  }
}

function isVirtualEnv(path: string): boolean {
  return lstatSync(join(path, 'pyvenv.cfg'), { throwIfNoEntry: false }) !== undefined;
}

function sortIn(
  root: string,
  folder: string,
  files: readonly string[],
  found: { [Key in keyof Discovery]: string[] },
): void {
  const at = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  const present = ESLINTRC_NAMES.filter(
    (name) => files.includes(name) && (name !== 'package.json' || hasEslintConfig(root, at(name))),
  );
  if (present.length > 0) found.eslintrc.push(at(present[0] as string));
  found.shadowed.push(...present.slice(1).map(at));
  for (const name of files) {
    if (name === '.eslintignore') found.eslintIgnores.push(at(name));
    else if (FLAT_NAMES.includes(name)) found.flat.push(at(name));
    else if (PYTHON_NAMES.includes(name)) found.python.push(at(name));
    else if (SCRIPT.test(name)) found.scripts.push(at(name));
    else if (name.endsWith('.py') || name.endsWith('.pyi')) found.pythonSources.push(at(name));
  }
}

function hasEslintConfig(root: string, path: string): boolean {
  const text = readConfigText(root, path);
  if (!text.includes('"eslintConfig"')) return false;
  try {
    return Object.hasOwn(JSON.parse(text.replace(/^\uFEFF/, '')) as object, 'eslintConfig');
  } catch {
    // Broken fixtures of this name are common; npm and ESLint would say so when they matter.
    return false;
  }
}
