/**
 * Which ESLint runs the old system and which the new one. Both come from the repository that is
 * folded (or a folder the user names), never from Vitrine: the proof is about the versions that
 * the repository really runs, and plug-ins must find the ESLint they were installed beside.
 */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fail } from '../errors.ts';

export interface EslintTool {
  /** Folder of the package. */
  readonly dir: string;
  readonly version: string;
}

/** The ESLint that reads `.eslintrc`: 8 or 9. @throws LintFoldError tool-missing */
export function beforeTool(root: string, named?: string): EslintTool {
  const tool = find(root, named, '--eslint-before');
  const [major] = numbers(tool.version);
  if (major === 8 || major === 9) return tool;
  throw fail(
    'tool-missing',
    `expected ESLint 8 or 9 to read .eslintrc files, found ${tool.version} in ${tool.dir}. ` +
      'Install one aside, e.g. `npm install --no-save --prefix /tmp/eslint8 eslint@8`, and give ' +
      '--eslint-before /tmp/eslint8.',
  );
}

/**
 * The ESLint that reads the flat configuration: 8.57 or newer. @throws LintFoldError tool-missing
 */
export function afterTool(root: string, named?: string): EslintTool {
  const tool = find(root, named, '--eslint-after');
  const [major, minor] = numbers(tool.version);
  if (major > 8 || (major === 8 && minor >= 57)) return tool;
  throw fail(
    'tool-missing',
    `expected ESLint 8.57 or newer for the flat configuration, found ${tool.version} in ` +
      `${tool.dir}. Update it, or give the folder of a newer one with --eslint-after.`,
  );
}

function find(root: string, named: string | undefined, option: string): EslintTool {
  const start = named === undefined ? root : resolve(root, named);
  if (named !== undefined && existsSync(join(start, 'package.json'))) {
    const own = readPackage(start);
    if (own.name === 'eslint') return { dir: start, version: own.version ?? '0' };
  }
  try {
    const require = createRequire(join(start, 'package.json'));
    const dir = dirname(require.resolve('eslint/package.json'));
    return { dir, version: readPackage(dir).version ?? '0' };
  } catch (error) {
    throw fail(
      'tool-missing',
      `expected ESLint in ${start}${named === undefined ? ' (node_modules)' : ''}, found none. ` +
        `Install the repository's packages, or name a folder that has ESLint with ${option} DIR.`,
      error,
    );
  }
}

function readPackage(dir: string): { name?: string; version?: string } {
  return JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
}

function numbers(version: string): [number, number] {
  const [major = 0, minor = 0] = version.split('.').map((part) => Number.parseInt(part, 10));
  return [major, minor];
}
