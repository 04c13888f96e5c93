/** The changes to configuration files: the tables of the root in, the folded sections out. */
import { existsSync } from 'node:fs';
import { join, posix } from 'node:path';
import { readConfig } from '../discover.ts';
import type { FileChange } from '../files/change.ts';
import { type Removal, removeIniSections } from '../files/ini-sections.ts';
import { addTomlTables, removeTomlTable } from '../files/toml-tables.ts';
import { folderOf, iniSectionsOf, TOML_NAME, type ToolFolders, tomlText } from './governed.ts';
import type { Tool, ToolFold } from './model.ts';

/** Files of one tool and nothing else: without settings they are of no use. */
const OWN_FILES = ['.flake8', '.isort.cfg'];

export interface Edits {
  readonly changes: readonly FileChange[];
  /** Comments that go with the settings they stand among, as `path: text`. */
  readonly comments: readonly string[];
  /** What was taken out of each file that is edited: INI sections, or names below `tool`. */
  readonly taken: Readonly<Record<string, readonly string[]>>;
}

/**
 * `tables`: what goes into the root's pyproject.toml, by full table name. Every table of a folded
 * tool that is there now is replaced.
 *
 * @throws LintFoldError bad-config
 */
export function plannedEdits(
  root: string,
  folds: readonly ToolFold[],
  folders: Readonly<Record<Tool, ToolFolders>>,
  tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Edits {
  const edited = new Map<string, string>();
  const comments: string[] = [];
  const taken: Record<string, string[]> = {};
  const read = (path: string) => edited.get(path) ?? readText(root, path);
  for (const fold of folds) {
    const folded = new Set(fold.folded);
    for (const path of folders[fold.tool].files) {
      if (!folded.has(folderOf(path))) continue;
      const removal = withoutTool(path, read(path), fold.tool);
      edited.set(path, removal.text);
      comments.push(...removal.comments.map((text) => `${path}: ${text}`));
      const names = isToml(path) ? [fold.tool] : iniSectionsOf(fold.tool, path);
      taken[path] = [...(taken[path] ?? []), ...names];
    }
  }
  edited.set(TOML_NAME, addTomlTables(TOML_NAME, read(TOML_NAME), tables));
  taken[TOML_NAME] = [...(taken[TOML_NAME] ?? []), ...Object.keys(tables).map(nameBelowTool)];
  for (const [path, text] of edited) {
    if (!OWN_FILES.includes(posix.basename(path)) || !isOnlyComments(text)) continue;
    comments.push(...leftComments(path, text));
    edited.set(path, '');
  }
  return {
    changes: [...edited].flatMap(([path, text]) => changeOf(root, path, text)),
    comments,
    taken,
  };
}

function isToml(path: string): boolean {
  return posix.basename(path) === TOML_NAME;
}

/** `tool.ruff` -> `ruff` */
function nameBelowTool(table: string): string {
  return table.split('.')[1] ?? table;
}

/** TOML is UTF-8; an INI file may be anything and is handled byte by byte. */
function readText(root: string, path: string): string {
  if (!existsSync(join(root, path))) return '';
  const bytes = readConfig(root, path);
  return isToml(path) ? tomlText(path, bytes) : bytes.toString('latin1');
}

function withoutTool(path: string, text: string, tool: Tool): Removal {
  if (isToml(path)) return removeTomlTable(path, text, ['tool', tool]);
  return removeIniSections(text, iniSectionsOf(tool, path));
}

function isOnlyComments(text: string): boolean {
  return linesOf(text).every((line) => line === '' || /^[#;]/.test(line));
}

function leftComments(path: string, text: string): string[] {
  return linesOf(text).flatMap((line) => (line === '' ? [] : [`${path}: ${line}`]));
}

/** Without the mark of UTF-8, which is three characters of Latin-1. */
function linesOf(text: string): string[] {
  const body = text.replace(/^\u00ef\u00bb\u00bf/, '');
  return body.split(/\r\n|\r|\n/).map((line) => line.trim());
}

/** A file of which nothing is left goes. */
function changeOf(root: string, path: string, text: string): FileChange[] {
  const before = existsSync(join(root, path)) ? readConfig(root, path) : undefined;
  const empty = text.trim() === '';
  const after = empty ? undefined : Buffer.from(text, isToml(path) ? 'utf8' : 'latin1');
  if (before !== undefined && after !== undefined && before.equals(after)) return [];
  if (before === undefined && after === undefined) return [];
  return [{ path, before, after }];
}
