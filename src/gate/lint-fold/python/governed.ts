/** Which folders have settings of a tool, and which Python files each of them governs. */
import { posix } from 'node:path';
import { type Discovery, readConfig } from '../discover.ts';
import { fail, isLintFoldError } from '../errors.ts';
import { iniSectionNames } from '../files/ini-sections.ts';
import { hasTomlTable, tomlValues } from '../files/toml-tables.ts';
import { TOOLS, type Tool } from './model.ts';

export const TOML_NAME = 'pyproject.toml';

/** `tool:isort` is what setup.cfg calls it, `settings` is isort's own file. */
export function iniSectionsOf(tool: Tool, path: string): readonly string[] {
  const name = posix.basename(path);
  if (tool === 'flake8') return ['setup.cfg', 'tox.ini', '.flake8'].includes(name) ? [tool] : [];
  if (tool !== 'isort') return [];
  if (name === '.isort.cfg') return ['settings', 'isort'];
  return ['setup.cfg', 'tox.ini'].includes(name) ? ['isort', 'tool:isort'] : [];
}

export interface ToolFolders {
  /** Folder -> the Python files whose nearest settings are there. */
  readonly governs: ReadonlyMap<string, readonly string[]>;
  /** Files of which no folder above has settings. */
  readonly ungoverned: readonly string[];
  /** Every configuration file with a section of the tool. */
  readonly files: readonly string[];
}

/** @throws LintFoldError bad-config, too-large */
export function toolFolders(root: string, discovery: Discovery): Record<Tool, ToolFolders> {
  const tools = new Map(discovery.python.map((path) => [path, toolsIn(root, path)]));
  const result = {} as Record<Tool, ToolFolders>;
  for (const tool of TOOLS) {
    const files = discovery.python.filter((path) => tools.get(path)?.includes(tool));
    const folders = new Set(files.map(folderOf));
    const governs = new Map<string, string[]>([...folders].sort().map((name) => [name, []]));
    const ungoverned: string[] = [];
    for (const source of discovery.pythonSources) {
      const nearest = ancestors(folderOf(source)).find((folder) => folders.has(folder));
      if (nearest === undefined) ungoverned.push(source);
      else governs.get(nearest)?.push(source);
    }
    result[tool] = { governs, ungoverned, files };
  }
  return result;
}

function toolsIn(root: string, path: string): Tool[] {
  if (posix.basename(path) === TOML_NAME) {
    const values = tomlIfItMatters(path, readConfig(root, path));
    return TOOLS.filter((tool) => hasTomlTable(values, ['tool', tool]));
  }
  const names = iniSectionNames(readConfig(root, path).toString('latin1'));
  return TOOLS.filter((tool) => iniSectionsOf(tool, path).some((name) => names.includes(name)));
}

/** Broken files are common among test data; one that speaks of no tool is none of our business. */
function tomlIfItMatters(path: string, bytes: Buffer): Record<string, unknown> {
  try {
    return tomlValues(path, tomlText(path, bytes));
  } catch (error) {
    const matters = TOOLS.some((tool) => bytes.includes(tool));
    if (matters || !isLintFoldError(error)) throw error;
    return {};
  }
}

/** @throws LintFoldError bad-config */
export function tomlText(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (error) {
    throw fail('bad-config', `${path}: expected UTF-8, as TOML is, got other bytes.`, error);
  }
}

export function folderOf(path: string): string {
  const folder = posix.dirname(path);
  return folder === '.' ? '' : folder;
}

/** The folder itself first, then outwards to the root. */
function ancestors(folder: string): string[] {
  const list = [folder];
  for (let at = folder; at !== ''; ) {
    at = folderOf(at);
    list.push(at);
  }
  return list;
}

/** `folder/name`, where '' is the root. */
export function inFolder(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}
