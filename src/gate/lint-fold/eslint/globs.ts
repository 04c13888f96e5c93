/**
 * Patterns of the old system, as the flat one spells them. Overrides: minimatch, relative to the
 * folder of their file, a pattern without a slash matches base names. Ignores: gitignore rules.
 * Flat configuration: minimatch from the root. Folder names are escaped, so `[id]` stays a name.
 * What this cannot express shows in the comparison of every file; nothing relies on it alone.
 */
import type { LegacyPattern } from './model.ts';

/** A brace set larger than this is left as it is. */
const EXPANSIONS_MAX = 64;

/** A folder, relative to the root ('' is the root), as the beginning of a pattern. */
export function folderPrefix(folder: string): string {
  return folder === '' ? '' : `${escapeGlob(folder)}/`;
}

export function escapeGlob(text: string): string {
  return text.replace(/[\\*?[\]{}()!+@]/g, '\\$&');
}

/** The flat patterns of one override pattern of the folder `folder`. */
export function overrideGlobs(folder: string, legacy: LegacyPattern): string[] {
  const prefix = folderPrefix(folder);
  const { pattern, matchBase } = legacy;
  if (!matchBase) return [prefix + pattern];
  const sets = pattern.includes('/') ? expandBraces(pattern) : [pattern];
  return sets.map((set) => `${prefix}${set.includes('/') ? '' : '**/'}${set}`);
}

/**
 * An override pattern of a file above the root. `down` is the path from there to the root. Empty
 * when it cannot match below the root.
 */
export function overrideGlobsFromAbove(down: string, legacy: LegacyPattern): string[] {
  if (legacy.matchBase && !legacy.pattern.includes('/')) return [`**/${legacy.pattern}`];
  if (legacy.pattern.startsWith('**/')) return [legacy.pattern];
  if (legacy.pattern.startsWith(`${down}/`)) return [legacy.pattern.slice(down.length + 1)];
  return [];
}

/** `{a,b/c}.js` -> `a.js`, `b/c.js`; ranges and escaped braces are left alone. */
export function expandBraces(pattern: string): string[] {
  const open = pattern.search(/(?<!\\)\{/);
  if (open < 0) return [pattern];
  const parts: string[] = [];
  let depth = 0;
  let from = open + 1;
  for (let at = open; at < pattern.length; at += 1) {
    const char = pattern[at];
    if (char === '\\') at += 1;
    else if (char === '{') depth += 1;
    else if (char === ',' && depth === 1) {
      parts.push(pattern.slice(from, at));
      from = at + 1;
    } else if (char === '}') {
      depth -= 1;
      if (depth > 0) continue;
      parts.push(pattern.slice(from, at));
      if (parts.length < 2) return [pattern];
      const rest = pattern.slice(at + 1);
      const all = parts.flatMap((part) => expandBraces(pattern.slice(0, open) + part + rest));
      return all.length > EXPANSIONS_MAX ? [pattern] : all;
    }
  }
  return [pattern];
}

/**
 * A gitignore pattern of the folder `folder` as flat `ignores`; undefined for comments and blanks.
 * `loose`: `.eslintignore`, always relative to the root.
 */
export function ignoreGlob(folder: string, line: string, loose = false): string | undefined {
  const text = line.replace(/(?<!\\)\s+$/, '');
  if (text === '' || text.startsWith('#')) return undefined;
  const negative = text.startsWith('!');
  let body = (negative ? text.slice(1) : text).replace(/^\\(?=[#!])/, '');
  // gitignore has no braces and no extended globs: they are plain characters there.
  body = body.replace(/[{}()+@]/g, '\\$&');
  const nested = folder !== '' && !loose;
  const rooted = body.startsWith('/');
  if (rooted) body = body.slice(1);
  const anchored = rooted || (!nested && /\/(?=.)/.test(body));
  const glob = `${nested ? folderPrefix(folder) : ''}${anchored ? '' : '**/'}${body}`;
  return (negative ? '!' : '') + glob.replace(/\*\*\/\*\*\//g, '**/');
}
