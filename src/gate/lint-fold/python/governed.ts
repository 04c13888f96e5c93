/** Which folders have settings of a tool, and which Python files each of them governs. */
import { posix } from 'node:path';
import { type Discovery, readConfigText } from '../discover.ts';
import { TOOLS, type Tool } from './model.ts';

/** Sections of each tool, by file name. A file counts when one of them is in it. */
const SECTIONS: Readonly<Record<Tool, Readonly<Record<string, RegExp>>>> = {
  black: { 'pyproject.toml': /^\s*\[\s*tool\s*\.\s*"?black"?\s*\]/m },
  flake8: {
    'pyproject.toml': /^\s*\[\s*tool\s*\.\s*"?flake8"?\s*\]/m,
    'setup.cfg': /^\[flake8\]/m,
    'tox.ini': /^\[flake8\]/m,
    '.flake8': /^\[flake8\]/m,
  },
  isort: {
    'pyproject.toml': /^\s*\[\s*tool\s*\.\s*"?isort"?\s*[.\]]/m,
    'setup.cfg': /^\[(?:isort|tool:isort)\]/m,
    'tox.ini': /^\[(?:isort|tool:isort)\]/m,
    '.isort.cfg': /^\[(?:settings|isort)\]/m,
  },
};

export interface ToolFolders {
  /** Folder -> the Python files whose nearest settings are there. */
  readonly governs: ReadonlyMap<string, readonly string[]>;
  /** Files of which no folder above has settings. */
  readonly ungoverned: readonly string[];
  /** Every configuration file with a section of the tool. */
  readonly files: readonly string[];
}

export function toolFolders(root: string, discovery: Discovery): Record<Tool, ToolFolders> {
  const result = {} as Record<Tool, ToolFolders>;
  for (const tool of TOOLS) {
    const files = discovery.python.filter((path) => {
      const section = SECTIONS[tool][posix.basename(path)];
      return section?.test(readConfigText(root, path)) ?? false;
    });
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
