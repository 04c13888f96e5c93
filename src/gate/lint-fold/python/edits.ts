/** The changes to configuration files: the tables of the root in, the folded sections out. */
import { existsSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { FileChange } from '../files/change.ts';
import { removeSections, tomlTable } from '../files/sections.ts';
import { tomlTableText } from '../files/toml-text.ts';
import { folderOf, type ToolFolders } from './governed.ts';
import type { Tool, ToolFold } from './model.ts';

const ROOT_FILE = 'pyproject.toml';

/** The names of a tool's sections in INI files. `settings` is isort's own in `.isort.cfg`. */
const INI_SECTIONS: Readonly<Record<Tool, readonly string[]>> = {
  black: [],
  flake8: ['flake8'],
  isort: ['isort', 'tool:isort'],
};

/**
 * `tables`: what goes into the root's pyproject.toml, by full table name. Every table of a folded
 * tool that is there now is replaced.
 */
export function plannedEdits(
  root: string,
  folds: readonly ToolFold[],
  folders: Readonly<Record<Tool, ToolFolders>>,
  tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): FileChange[] {
  const edited = new Map<string, string>();
  const read = (path: string) => {
    const known = edited.get(path);
    if (known !== undefined) return known;
    return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
  };
  for (const fold of folds) {
    const folded = new Set(fold.folded);
    for (const path of folders[fold.tool].files) {
      if (folded.has(folderOf(path))) edited.set(path, withoutTool(path, read(path), fold.tool));
    }
  }
  const text = read(ROOT_FILE).trimEnd();
  const added = Object.entries(tables).map(([name, table]) => tomlTableText(name, table));
  edited.set(ROOT_FILE, [...(text === '' ? [] : [`${text}\n`]), ...added].join('\n'));
  return [...edited].flatMap(([path, after]) => changeOf(root, path, after));
}

function withoutTool(path: string, text: string, tool: Tool): string {
  const name = posix.basename(path);
  if (name === ROOT_FILE) return removeSections(text, tomlTable(`tool.${tool}`));
  const sections = name === '.isort.cfg' ? ['settings', 'isort'] : INI_SECTIONS[tool];
  return removeSections(text, (section) => sections.includes(section));
}

/** A file of which nothing but comments and blanks is left goes, unless it was like that before. */
function changeOf(root: string, path: string, text: string): FileChange[] {
  const full = join(root, path);
  const before = existsSync(full) ? readFileSync(full) : undefined;
  const empty = text.trim() === '';
  const after = empty ? undefined : Buffer.from(text);
  if (before !== undefined && after !== undefined && before.equals(after)) return [];
  if (before === undefined && after === undefined) return [];
  return [{ path, before, after }];
}
