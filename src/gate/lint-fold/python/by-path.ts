/** What each tool can say by path in one file. */
import { inFolder } from './governed.ts';
import type { OptionChange } from './model.ts';

export interface ByPath {
  /** Keys as the tool's table in pyproject.toml writes them. */
  readonly table: Readonly<Record<string, unknown>>;
  readonly changes: readonly OptionChange[];
  readonly notes: readonly string[];
}

/** A setting that may be a list, or text separated by commas and white space. */
export function listOf(value: unknown): string[] {
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== 'string') return [];
  return value.split(/[,\s]+/).filter((item) => item !== '');
}

/** Without undefined, empty lists and empty tables. */
export function withoutEmpty(table: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(table).filter(
      ([, value]) =>
        value !== undefined &&
        !(typeof value === 'object' && value !== null && Object.keys(value).length === 0),
    ),
  );
}

/**
 * Patterns for exactly `files`: a folder when every Python file below it is meant, else the file.
 */
export function coveringPatterns(
  files: readonly string[],
  all: readonly string[],
): { folders: string[]; single: string[] } {
  const wanted = new Set(files);
  const folders: string[] = [];
  const single: string[] = [];
  const visit = (folder: string, members: readonly string[]) => {
    const here = members.filter((file) => wanted.has(file));
    if (here.length === 0) return;
    if (here.length === members.length) {
      folders.push(folder);
      return;
    }
    const depth = folder === '' ? 0 : folder.length + 1;
    for (const [name, group] of Map.groupBy(
      members,
      (file) => file.slice(depth).split('/')[0] ?? '',
    )) {
      const path = inFolder(folder, name);
      if (group.length === 1 && group[0] === path) {
        if (wanted.has(path)) single.push(path);
      } else visit(path, group);
    }
  };
  visit('', all);
  return { folders, single };
}
