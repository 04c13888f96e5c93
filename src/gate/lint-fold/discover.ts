/**
 * Finds every lint configuration below a folder without running or resolving anything. Folders
 * named node_modules or .git are not entered, symbolic links to folders are not followed. Only
 * files count, and links to files: what is neither (a pipe, a link that leads nowhere) is named.
 */
import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs';
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
const PYTHON_SOURCE = /\.pyi?$/;
const CONFIG_NAMES: ReadonlySet<string> = new Set([
  ...ESLINTRC_NAMES,
  ...FLAT_NAMES,
  ...PYTHON_NAMES,
  ...['.eslintignore', '.gitignore', '.editorconfig'],
]);
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
  /** Black reads them in every folder. */
  readonly gitignores: readonly string[];
  /** isort reads them where it finds no other settings. */
  readonly editorconfigs: readonly string[];
  /** Named like a configuration or a source, but no file: dangling links, pipes, sockets. */
  readonly unreadable: readonly string[];
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
    gitignores: [] as string[],
    editorconfigs: [] as string[],
    unreadable: [] as string[],
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

/** Bytes of a configuration file. @throws LintFoldError too-large */
export function readConfig(root: string, path: string): Buffer {
  const bytes = statSync(join(root, path)).size;
  if (bytes > CONFIG_BYTES_MAX) {
    throw fail('too-large', `${path}: expected at most ${CONFIG_BYTES_MAX} bytes, got ${bytes}.`);
  }
  return readFileSync(join(root, path));
}

/**
 * A linter that opens a pipe or a device, by a link too, waits for ever. @throws LintFoldError
 * bad-config when one is there
 */
export function expectNoPipes(root: string, { unreadable }: Discovery): void {
  const pipe = unreadable.find((path) => isEndless(join(root, path)));
  if (pipe === undefined) return;
  throw fail(
    'bad-config',
    `${pipe} is in the way: expected a file, not a pipe or device. Move it.`,
  );
}

/** @throws LintFoldError bad-config when something that is not a file is in the way */
export function expectNoFolder(root: string, path: string): void {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat !== undefined && !stat.isFile()) {
    throw fail('bad-config', `${path} is in the way: expected a file or nothing. Move it.`);
  }
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
  names: readonly string[],
  found: { [Key in keyof Discovery]: string[] },
): void {
  const at = (name: string) => (folder === '' ? name : `${folder}/${name}`);
  const files = names.filter((name) => {
    const isOurs = CONFIG_NAMES.has(name) || SCRIPT.test(name) || PYTHON_SOURCE.test(name);
    if (!isOurs || isFile(join(root, at(name)))) return isOurs;
    found.unreadable.push(at(name));
    return false;
  });
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
    else if (PYTHON_SOURCE.test(name)) found.pythonSources.push(at(name));
    else if (name === '.gitignore') found.gitignores.push(at(name));
    else if (name === '.editorconfig') found.editorconfigs.push(at(name));
  }
}

function isFile(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
  } catch {
    // A link to itself, a folder on the way that nobody may enter.
    return false;
  }
}

function isEndless(path: string): boolean {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    return stat !== undefined && !stat.isFile() && !stat.isDirectory();
  } catch {
    return false;
  }
}

function hasEslintConfig(root: string, path: string): boolean {
  const text = readConfig(root, path).toString('utf8');
  if (!text.includes('"eslintConfig"')) return false;
  try {
    return Object.hasOwn(JSON.parse(text.replace(/^\uFEFF/, '')) as object, 'eslintConfig');
  } catch {
    // Broken fixtures of this name are common; npm and ESLint would say so when they matter.
    return false;
  }
}
