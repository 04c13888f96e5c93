/**
 * Folds the settings of one tool. Options that hold for a whole run (line length, profile, ...)
 * must be one value at the root. Exact: folders that agree with the root (or, where the root has no
 * settings, the largest group that agrees) are folded, the others keep their own file and are
 * listed. Unify: the value most files have wins, and every change is listed. What a single file can
 * say by path (Flake8's ignores, excludes) is said by path in both modes.
 */
import { blackPaths } from './black-paths.ts';
import { flake8Paths } from './flake8-paths.ts';
import { isortPaths } from './isort-paths.ts';
import type { FolderReading, Governed, LeftFolder, OptionChange, Tool, ToolFold } from './model.ts';

/** Options that say where, not how: handled by path, or of no meaning for the comparison. */
const PATH_OPTIONS: Readonly<Record<Tool, readonly string[]>> = {
  black: ['extend_exclude', 'force_exclude'],
  flake8: [
    'exclude',
    'extend_exclude',
    'ignore',
    'extend_ignore',
    'extended_default_ignore',
    'per_file_ignores',
    ...['verbose', 'output_file', 'append_config', 'config', 'isolated', 'filenames', 'quiet'],
    ...['color', 'count', 'stdin_display_name', 'format', 'show_source', 'statistics', 'jobs'],
    ...['exit_zero', 'tee', 'benchmark', 'bug_report', 'toml_config', 'enable_extensions'],
  ],
  isort: [
    'directory',
    'settings_path',
    'settings_file',
    'src_paths',
    'skip',
    'skip_glob',
    'extend_skip',
    'extend_skip_glob',
    'skip_gitignore',
    'git_ls_files',
  ],
};

export function foldTool(
  tool: Tool,
  mode: 'exact' | 'unify',
  governed: readonly Governed[],
): ToolFold {
  const main = mainFolder(tool, governed);
  const same = (item: Governed) => valueKey(tool, item) === valueKey(tool, main);
  const folded = mode === 'unify' ? governed : governed.filter(same);
  const left: LeftFolder[] = governed
    .filter((item) => !folded.includes(item))
    .map((item) => ({
      tool,
      folder: item.folder,
      reason: differing(tool, item, main),
      files: item.files,
    }));
  const values = mode === 'unify' ? majority(tool, governed) : rawValues(tool, main);
  const paths = { black: blackPaths, flake8: flake8Paths, isort: isortPaths }[tool];
  const byPath = paths(mode, folded, left);
  return {
    tool,
    folded: folded.map(({ folder }) => folder),
    table: { ...values, ...byPath.table },
    left,
    changes: mode === 'unify' ? changesOf(tool, governed, values, byPath.changes) : byPath.changes,
    notes: byPath.notes,
  };
}

/** The root when it has settings, else the folder whose value group governs the most files. */
function mainFolder(tool: Tool, governed: readonly Governed[]): Governed {
  const root = governed.find(({ folder }) => folder === '');
  if (root !== undefined) return root;
  const groups = [...Map.groupBy(governed, (item) => valueKey(tool, item)).values()];
  const size = (group: readonly Governed[]) =>
    group.reduce((sum, { files }) => sum + files.length, 0);
  groups.sort((a, b) => size(b) - size(a));
  return groups[0]?.[0] as Governed;
}

function valueKey(tool: Tool, item: Governed): string {
  return JSON.stringify(
    Object.entries(wholeRun(tool, item.reading)).sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** The effective options that hold for a whole run. */
export function wholeRun(tool: Tool, reading: FolderReading): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(reading.effective).filter(
      ([name, value]) => !PATH_OPTIONS[tool].includes(name) && value !== null,
    ),
  );
}

function differing(tool: Tool, item: Governed, main: Governed): string {
  const here = wholeRun(tool, item.reading);
  const other = wholeRun(tool, main.reading);
  const names = [...new Set([...Object.keys(here), ...Object.keys(other)])].sort();
  return names
    .filter((name) => JSON.stringify(here[name]) !== JSON.stringify(other[name]))
    .map((name) => `${dashed(name)} ${show(here[name])} here, ${show(other[name])} at the root`)
    .join('; ');
}

/**
 * Options that a folder sets. Black infers its target version from `requires-python` in the same
 * file; when the settings move to the root, that must be said.
 */
function optionKeys(tool: Tool, { folder, reading }: Governed): string[] {
  const inferred = tool === 'black' && folder !== '' ? Object.keys(reading.effective) : [];
  return [...new Set([...Object.keys(reading.raw).map(underscored), ...inferred])];
}

function own(values: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(values, key) ? values[key] : undefined;
}

/** Takes every name, `__proto__` and `constructor` too. */
function named(): Record<string, unknown> {
  return Object.create(null) as Record<string, unknown>;
}

/** What the file says, typed as the tool reads it. */
function rawValues(tool: Tool, item: Governed): Record<string, unknown> {
  const values = named();
  for (const key of optionKeys(tool, item)) {
    if (PATH_OPTIONS[tool].includes(key)) continue;
    values[written(tool, key)] = optionValue(item, key);
  }
  return values;
}

/**
 * Effective where the tool has the option by that name, else as written (`known_mine` of isort).
 */
function optionValue({ reading }: Governed, key: string): unknown {
  const effective = own(reading.effective, key);
  return effective === undefined || effective === null
    ? (own(reading.raw, key) ?? own(reading.raw, key.replaceAll('_', '-')))
    : effective;
}

function majority(tool: Tool, governed: readonly Governed[]): Record<string, unknown> {
  const keys = new Set(governed.flatMap((item) => optionKeys(tool, item)));
  const values = named();
  for (const key of [...keys].sort()) {
    if (PATH_OPTIONS[tool].includes(key)) continue;
    const votes = new Map<string, { value: unknown; files: number }>();
    for (const item of governed) {
      const value = optionValue(item, key);
      const vote = votes.get(JSON.stringify(value) ?? '') ?? { value, files: 0 };
      vote.files += item.files.length;
      votes.set(JSON.stringify(value) ?? '', vote);
    }
    const [winner] = [...votes].sort(([a, x], [b, y]) => y.files - x.files || (a < b ? -1 : 1));
    if (winner?.[1].value !== undefined) values[written(tool, key)] = winner[1].value;
  }
  return values;
}

function changesOf(
  tool: Tool,
  governed: readonly Governed[],
  values: Readonly<Record<string, unknown>>,
  byPath: readonly OptionChange[],
): OptionChange[] {
  const changes: OptionChange[] = [];
  const options = new Set([
    ...Object.keys(values).map(underscored),
    ...governed.flatMap((item) => optionKeys(tool, item)),
  ]);
  for (const item of governed) {
    for (const option of [...options].sort()) {
      if (PATH_OPTIONS[tool].includes(option)) continue;
      const before = optionValue(item, option);
      const after = values[written(tool, option)];
      if (JSON.stringify(before) === JSON.stringify(after)) continue;
      changes.push({
        tool,
        folder: item.folder,
        option: dashed(option),
        before,
        after,
        files: item.files,
      });
    }
  }
  return [...changes, ...byPath];
}

/** isort writes underscores, the others dashes. */
function written(tool: Tool, key: string): string {
  return tool === 'isort' ? key : dashed(key);
}

export function dashed(key: string): string {
  return key.replaceAll('_', '-');
}

function underscored(key: string): string {
  return key.replace(/^--/, '').replaceAll('-', '_');
}

export function show(value: unknown): string {
  return value === undefined ? 'not set' : JSON.stringify(value);
}
