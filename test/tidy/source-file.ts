/**
 * The files of the checkout as the tidy rules see them. The folders are walked and .gitignore is
 * honoured (the plain patterns that ours has), so git itself need not be there.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { blank } from './blank.ts';

export interface SourceFile {
  /** From the root, with slashes. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Empty when the file is binary. */
  readonly text: string;
  /** TypeScript and JavaScript: the text with comments blanked, same length. */
  readonly commentless: string;
  /** Also without the contents of strings, templates and regular expressions, same length. */
  readonly code: string;
}

export interface Finding {
  readonly path: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

export type Rule = (files: readonly SourceFile[]) => Finding[];

const CODE = /\.(ts|mts|cts|js|mjs|cjs)$/;

/** Every file below `root` that git would not ignore. */
export function readTree(root: string): SourceFile[] {
  const isIgnored = ignoreRules(readFileSync(join(root, '.gitignore'), 'utf8'));
  const files: SourceFile[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.name === '.git' || isIgnored(path, entry.isDirectory())) continue;
      if (entry.isDirectory()) walk(path);
      else if (entry.isFile()) files.push(readSource(root, path));
    }
  };
  walk('');
  return files;
}

function readSource(root: string, path: string): SourceFile {
  const { size } = statSync(join(root, path));
  const bytes = size > 4_000_000 ? Buffer.of(0) : readFileSync(join(root, path));
  const text = bytes.includes(0) ? '' : bytes.toString('utf8');
  return sourceFile(path, text, size);
}

/** A file that need not exist. */
export function sourceFile(path: string, text: string, sizeBytes = text.length): SourceFile {
  const blanked = CODE.test(path) ? blank(text) : { commentless: text, code: text };
  return { path, sizeBytes, text, ...blanked };
}

export function isCode(file: SourceFile): boolean {
  return CODE.test(file.path);
}

/** Tests and fuzzers. */
export function isTest(file: SourceFile): boolean {
  return /\.(test|fuzz)\.ts$/.test(file.path);
}

/**
 * Folders with input of tests in other people's style, and with code that is made by a program:
 * rules on names, lines, comments, exports, links and versions do not hold there.
 */
const FIXTURES: readonly RegExp[] = [
  /(^|\/)fixtures\//,
  // Configurations of public repositories at named commits, byte for byte.
  /^test\/lint-fold\/repos\/[^/]+\//,
];

export function isFixture(file: Pick<SourceFile, 'path'>): boolean {
  return FIXTURES.some((folder) => folder.test(file.path));
}

export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

/** One finding for each match in the given view of the file. */
export function findAll(
  file: SourceFile,
  view: 'text' | 'commentless' | 'code',
  pattern: RegExp,
  message: (match: RegExpMatchArray) => string | undefined,
): Finding[] {
  const findings: Finding[] = [];
  for (const match of file[view].matchAll(pattern)) {
    const text = message(match);
    if (text === undefined) continue;
    findings.push({ path: file.path, line: lineAt(file[view], match.index ?? 0), message: text });
  }
  return findings;
}

/** `name/`, `/name/`, `a/b/`, `*.ext` and plain names; anything else is refused. */
export function ignoreRules(text: string): (path: string, isFolder: boolean) => boolean {
  const patterns = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const tests = patterns.map((pattern) => {
    const body = pattern.replace(/\/$/, '').replace(/^\//, '');
    if (/[?[\]!]|\*\*|.\*/.test(body)) {
      throw new Error(`.gitignore: the tidy test does not know the pattern ${pattern}`);
    }
    const escaped = body.replace(/[.+^$(){}|\\]/g, '\\$&').replace('*', '[^/]*');
    const isAnchored = pattern.replace(/\/$/, '').includes('/');
    const expression = new RegExp(`${isAnchored ? '^' : '(^|/)'}${escaped}$`);
    const foldersOnly = pattern.endsWith('/');
    return (path: string, isFolder: boolean): boolean =>
      (isFolder || !foldersOnly) && expression.test(path);
  });
  return (path, isFolder) => tests.some((test) => test(path, isFolder));
}
