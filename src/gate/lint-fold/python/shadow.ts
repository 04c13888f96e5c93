/**
 * A copy of the Python files and configurations, in a temporary folder, with the changes applied:
 * the tools run there for real, so that a dry run leaves the repository alone. Excludes,
 * first-party detection and the search for the project root see the same tree as in the repository.
 */
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
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
    const files = [...discovery.pythonSources, ...discovery.python];
    if (existsSync(join(root, '.gitignore'))) files.push('.gitignore');
    for (const path of files) {
      mkdirSync(dirname(join(shadow, path)), { recursive: true });
      copyFileSync(join(root, path), join(shadow, path));
    }
    // Black and isort take the folder with .git for the project's root.
    mkdirSync(join(shadow, '.git'));
    for (const { path, after } of changes) {
      if (after === undefined) rmSync(join(shadow, path), { force: true });
      else writeFileSync(join(shadow, path), after);
    }
    return await use(shadow);
  } finally {
    rmSync(shadow, { recursive: true, force: true });
  }
}
