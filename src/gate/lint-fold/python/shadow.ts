/**
 * A copy of the Python files and configurations, in a temporary folder, with the changes applied:
 * the tools run there for real, so that a dry run leaves the repository alone. Excludes,
 * first-party detection and the search for the project root see the same tree as in the repository.
 */
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, sep } from 'node:path';
import type { Discovery } from '../discover.ts';
import type { FileChange } from '../files/change.ts';

export async function withShadow<Value>(
  root: string,
  discovery: Discovery,
  changes: readonly FileChange[],
  use: (shadow: string) => Promise<Value>,
): Promise<Value> {
  const shadow = realpathSync(mkdtempSync(join(tmpdir(), 'vitrine-lint-fold-')));
  try {
    const files = [
      ...[...discovery.pythonSources, ...discovery.python],
      ...[...discovery.gitignores, ...discovery.editorconfigs],
    ];
    for (const path of files) {
      mkdirSync(dirname(join(shadow, path)), { recursive: true });
      copyEntry(root, shadow, path);
    }
    // Black and isort take the folder with .git for the project's root.
    mkdirSync(join(shadow, '.git'));
    for (const { path, after } of changes) {
      // A link would be written through.
      rmSync(join(shadow, path), { force: true });
      if (after !== undefined) writeFileSync(join(shadow, path), after);
    }
    return await use(shadow);
  } finally {
    rmSync(shadow, { recursive: true, force: true });
  }
}

/** Black treats a link out of the project otherwise than a file, so links stay links. */
function copyEntry(root: string, shadow: string, path: string): void {
  const from = join(root, path);
  if (!lstatSync(from).isSymbolicLink()) {
    copyFileSync(from, join(shadow, path));
    return;
  }
  const target = realpathSync(from);
  const isInside = target.startsWith(root + sep);
  symlinkSync(isInside ? join(shadow, relative(root, target)) : target, join(shadow, path));
}
