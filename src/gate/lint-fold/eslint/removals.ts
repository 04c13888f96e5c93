/** The old configurations go: files are deleted, keys of package.json are cut out. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Discovery } from '../discover.ts';
import type { FileChange } from '../files/change.ts';
import { removeTopLevelKey } from '../files/json-key.ts';

export function plannedRemovals(discovery: Discovery, root: string): FileChange[] {
  const changes: FileChange[] = [];
  const paths = [...discovery.eslintrc, ...discovery.shadowed];
  if (discovery.eslintIgnores.includes('.eslintignore')) paths.push('.eslintignore');
  const packages = new Set(paths.filter((path) => /(^|\/)package\.json$/.test(path)));
  if (existsSync(join(root, 'package.json'))) packages.add('package.json');
  for (const path of paths) {
    if (!packages.has(path))
      changes.push({ path, before: readFileSync(join(root, path)), after: undefined });
  }
  for (const path of packages) {
    const before = readFileSync(join(root, path));
    // Byte by byte, so that bytes that are not UTF-8 stay as well.
    let text = removeTopLevelKey(before.toString('latin1'), 'eslintConfig');
    if (path === 'package.json') text = removeTopLevelKey(text, 'eslintIgnore');
    const after = Buffer.from(text, 'latin1');
    if (!after.equals(before)) changes.push({ path, before, after });
  }
  return changes.sort((a, b) => (a.path < b.path ? -1 : 1));
}
