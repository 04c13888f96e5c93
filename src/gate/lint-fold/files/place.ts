/**
 * Where a file of the repository may be read or written: never through a symbolic link. Asked anew
 * before each step, since a step before it (a link that is put back) may have opened a way out.
 */
import { lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fail } from '../errors.ts';

/**
 * Absolute path of `path` (relative, forward slashes), every folder on the way a real one or, as
 * far as `missing` allows it, not there yet.
 *
 * @throws LintFoldError bad-config
 */
export function placeIn(root: string, path: string, missing: 'refused' | 'allowed'): string {
  const parts = path.split('/');
  const isName = (part: string) => !['', '.', '..'].includes(part) && !/[\\\0]/.test(part);
  if (!parts.every(isName)) throw fail('bad-config', `${JSON.stringify(path)} is no path here.`);
  let at = root;
  for (const [index, part] of parts.slice(0, -1).entries()) {
    at = join(at, part);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (stat === undefined && missing === 'allowed') break;
    if (!stat?.isDirectory()) {
      const link = parts.slice(0, index + 1).join('/');
      const what = stat === undefined ? 'it is missing' : 'it is a link or a file';
      throw fail('bad-config', `${path}: expected ${link} to be a folder, but ${what}.`);
    }
  }
  return join(root, ...parts);
}

/** Makes the folder `path` and those above it. @throws LintFoldError bad-config */
export function makeFolderIn(root: string, path: string): string {
  const parts = path.split('/');
  for (const [index] of parts.entries()) {
    const folder = placeIn(root, parts.slice(0, index + 1).join('/'), 'refused');
    if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) mkdirSync(folder);
  }
  // The last one may have been there as something else.
  placeIn(root, `${path}/x`, 'refused');
  return join(root, ...parts);
}
