/** Where the old configurations are, what they cover, and which of them forbid a fold. */
import { existsSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import { type Discovery, ESLINTRC_NAMES } from '../discover.ts';
import { fail } from '../errors.ts';
import type { LegacyAnswer } from './model.ts';

export interface Coverage {
  /** Absolute folders with a configuration, outer first, those above the root included. */
  readonly dirs: readonly string[];
  /** What to lint: everything, or the outermost folders that have a configuration. */
  readonly patterns: readonly string[];
  readonly onlyIn: readonly string[];
}

/** Before any tool is started. @throws LintFoldError already-flat, needs-consent */
export function refuseEarly(discovery: Discovery, allowJs: boolean): void {
  if (discovery.flat.length > 0) {
    throw fail(
      'already-flat',
      `expected no flat configuration yet, found ${discovery.flat.join(', ')}. ` +
        'Remove it or fold by hand: lint-fold would overwrite it.',
    );
  }
  const code = [...discovery.eslintrc, ...discovery.shadowed].filter((path) =>
    /\.c?js$/.test(path),
  );
  if (code.length > 0 && !allowJs) {
    throw fail(
      'needs-consent',
      `${code.join(', ')}: JavaScript configurations are programs. ` +
        'Read them, then give --allow-js to run them.',
    );
  }
}

export function coverage(discovery: Discovery, root: string): Coverage {
  const inside = [...new Set(discovery.eslintrc.map((path) => dirname(path)))]
    .map((dir) => (dir === '.' ? '' : dir))
    .sort((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1));
  const above: string[] = [];
  for (let dir = dirname(root); ; dir = dirname(dir)) {
    const files = ESLINTRC_NAMES.filter((name) => name !== 'package.json');
    if (files.some((name) => existsSync(join(dir, name)))) above.unshift(dir);
    if (dirname(dir) === dir) break;
  }
  const dirs = [...above, ...inside.map((dir) => join(root, dir))];
  if (above.length > 0 || inside.includes('')) return { dirs, patterns: ['.'], onlyIn: [] };
  const outermost = inside.filter(
    (dir) => !inside.some((other) => other !== dir && dir.startsWith(`${other}/`)),
  );
  return { dirs, patterns: outermost, onlyIn: outermost };
}

function depth(dir: string): number {
  return dir === '' ? 0 : dir.split('/').length;
}

/** Folders above a `root: true` that is at or above the root have no say. */
export function withoutCut(legacy: LegacyAnswer, root: string): LegacyAnswer {
  const cuts = legacy.folders.filter(
    ({ dir, isRoot }) => isRoot && (dir === root || root.startsWith(dir + sep)),
  );
  const cut = cuts.at(-1);
  if (cut === undefined) return legacy;
  const folders = legacy.folders.filter(
    ({ dir }) => dir === cut.dir || !cut.dir.startsWith(dir === sep ? sep : dir + sep),
  );
  return { ...legacy, folders };
}
