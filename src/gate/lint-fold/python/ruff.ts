/**
 * The folded settings as `[tool.ruff]`. Ruff is another program: it knows fewer codes than Flake8
 * with its plug-ins, its import sorter has fewer options than isort, and its formatter is close to
 * Black, not equal. What has no counterpart is listed; the runs before and after show the rest.
 */
import { fail } from '../errors.ts';
import { listOf, withoutEmpty } from './by-path.ts';
import { type Interpreter, lastLine, runPython } from './interpreter.ts';
import type { ToolFold, Versions } from './model.ts';

export interface RuffTranslation {
  readonly tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly notKept: readonly string[];
}

/** isort option -> option of `[tool.ruff.lint.isort]`. */
const ISORT_OPTIONS: Readonly<Record<string, string>> = {
  case_sensitive: 'case-sensitive',
  combine_as_imports: 'combine-as-imports',
  extra_standard_library: 'extra-standard-library',
  force_single_line: 'force-single-line',
  force_sort_within_sections: 'force-sort-within-sections',
  force_to_top: 'force-to-top',
  from_first: 'from-first',
  known_first_party: 'known-first-party',
  known_local_folder: 'known-local-folder',
  known_third_party: 'known-third-party',
  length_sort: 'length-sort',
  lines_after_imports: 'lines-after-imports',
  lines_between_types: 'lines-between-types',
  no_lines_before: 'no-lines-before',
  no_sections: 'no-sections',
  order_by_type: 'order-by-type',
  add_imports: 'required-imports',
  single_line_exclusions: 'single-line-exclusions',
  split_on_trailing_comma: 'split-on-trailing-comma',
};

/** Handled elsewhere, or the same in Ruff whatever they say. */
const ISORT_SILENT = ['profile', 'line_length', 'src_paths', 'py_version'];

/** @throws LintFoldError tool-failed */
export async function ruffTables(
  interpreter: Interpreter,
  root: string,
  folds: readonly ToolFold[],
  versions: Versions,
): Promise<RuffTranslation> {
  const known = await knownCodes(interpreter, root);
  const table = (tool: string) => folds.find((fold) => fold.tool === tool)?.table;
  const notKept: string[] = [];
  const flake8 = table('flake8');
  const isort = table('isort');
  const black = table('black');
  const lint = {
    ...(flake8 === undefined ? { select: [] as string[] } : flake8Table(flake8, known, notKept)),
    ...(isort === undefined ? {} : { isort: isortTable(isort, notKept) }),
  };
  if (isort !== undefined) lint.select = [...lint.select, 'I'];
  const silenced = leftIgnores(folds, lint);
  const tables = {
    'tool.ruff': withoutEmpty({
      'line-length': black?.['line-length'] ?? flake8?.['max-line-length'] ?? 88,
      'target-version': oldest(listOf(black?.['target-version'])),
      src: listOf(isort?.src_paths),
      'extend-exclude': [
        ...listOf(flake8?.exclude),
        ...listOf(flake8?.['extend-exclude']),
        ...listOf(isort?.extend_skip),
        ...listOf(isort?.extend_skip_glob),
      ].filter((pattern) => !isLeft(folds, pattern)),
      preview: black?.preview,
      lint: withoutEmpty(silenced),
      ...(black === undefined
        ? {}
        : { format: formatTable(black, leftOf(folds, 'black'), notKept) }),
    }),
  };
  for (const { tool, left } of folds) {
    for (const { folder } of left)
      notKept.push(`${tool} settings of ${folder}: stay where they are`);
  }
  notKept.push(`Ruff ${versions.ruff} is not Black, Flake8 and isort: compare the runs below`);
  return { tables, notKept };
}

function leftOf(folds: readonly ToolFold[], tool: string): string[] {
  const fold = folds.find((each) => each.tool === tool);
  return (fold?.left ?? []).map(({ folder }) => folder);
}

/** An exclude that the fold itself added for a folder that keeps its own settings. */
function isLeft(folds: readonly ToolFold[], pattern: string): boolean {
  return folds.some(({ left }) =>
    left.some(({ folder }) => [folder, `./${folder}`, `${folder}/*`].includes(pattern)),
  );
}

/**
 * A folder left to Flake8 or isort still has Ruff's other parts, so only those codes are silent.
 */
function leftIgnores(
  folds: readonly ToolFold[],
  lint: { select: string[] } & Record<string, unknown>,
): { select: string[] } & Record<string, unknown> {
  const entries = { ...(lint['per-file-ignores'] as Record<string, string[]> | undefined) };
  const add = (folder: string, codes: readonly string[]) => {
    entries[`${folder}/**`] = [...(entries[`${folder}/**`] ?? []), ...codes];
  };
  for (const folder of leftOf(folds, 'flake8'))
    add(
      folder,
      lint.select.filter((code) => code !== 'I'),
    );
  for (const folder of leftOf(folds, 'isort')) add(folder, ['I']);
  return Object.keys(entries).length === 0 ? lint : { ...lint, 'per-file-ignores': entries };
}

interface Code {
  readonly code: string;
  readonly preview: boolean;
}

async function knownCodes(interpreter: Interpreter, root: string): Promise<Code[]> {
  const output = await runPython(interpreter, root, [
    ...['ruff', 'rule', '--all', '--output-format', 'json'],
  ]);
  if (output.code !== 0) throw fail('tool-failed', `ruff could not run: ${lastLine(output)}`);
  const rules = JSON.parse(output.stdout) as { code: string | null; preview?: boolean }[];
  // A rule without a code cannot be selected by one.
  return rules.flatMap(({ code, preview }) =>
    code === null ? [] : [{ code, preview: preview ?? false }],
  );
}

function flake8Table(
  flake8: Readonly<Record<string, unknown>>,
  known: readonly Code[],
  notKept: string[],
): { select: string[] } & Record<string, unknown> {
  const has = (selector: string) => known.some(({ code }) => code.startsWith(selector));
  const keep = (option: string, selectors: readonly string[]) =>
    selectors.filter((selector) => {
      if (has(selector)) return true;
      notKept.push(`flake8 ${option} ${selector}: Ruff has no such code`);
      return false;
    });
  const complexity = Number(flake8['max-complexity'] ?? -1);
  const wanted = listOf(flake8.select);
  const chosen = [
    ...(wanted.length > 0 ? wanted : ['E', 'F', 'W', ...(complexity >= 0 ? ['C90'] : [])]),
    ...listOf(flake8['extend-select']),
  ];
  const previews = known.filter(
    ({ code, preview }) => preview && chosen.some((selector) => code.startsWith(selector)),
  );
  const style = previews.filter(({ code }) => /^[EW]\d/.test(code));
  if (style.length > 0) {
    notKept.push(`not checked by stable Ruff: ${style.map(({ code }) => code).join(' ')}`);
  }
  const handled = ['ignore', 'select', 'extend-select', 'per-file-ignores', 'max-line-length'];
  handled.push('max-complexity', 'exclude', 'extend-exclude', 'max-doc-length');
  for (const option of Object.keys(flake8)) {
    if (!handled.includes(option)) notKept.push(`flake8 ${option}: no counterpart in Ruff`);
  }
  return {
    select: keep('select', chosen),
    ...withoutEmpty({ ignore: keep('ignore', listOf(flake8.ignore)) }),
    ...perFile(flake8, keep),
    ...(complexity >= 0 ? { mccabe: { 'max-complexity': complexity } } : {}),
    ...pycodestyle(flake8),
  };
}

function perFile(
  flake8: Readonly<Record<string, unknown>>,
  keep: (option: string, selectors: readonly string[]) => string[],
): Record<string, unknown> {
  const lines = (flake8['per-file-ignores'] ?? []) as string[];
  const entries: Record<string, string[]> = {};
  for (const line of lines) {
    const [pattern = '', codes = ''] = line.split(':');
    const kept = keep('per-file-ignores', listOf(codes));
    // fnmatch's star crosses folders; Ruff's does not.
    const glob = pattern.replace(/\/\*$/, '/**');
    if (kept.length > 0) entries[glob] = [...(entries[glob] ?? []), ...kept];
  }
  return Object.keys(entries).length === 0 ? {} : { 'per-file-ignores': entries };
}

function pycodestyle(flake8: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const options = withoutEmpty({
    'max-line-length': flake8['max-line-length'] ?? 79,
    'max-doc-length': flake8['max-doc-length'],
  });
  return { pycodestyle: options };
}

function isortTable(
  isort: Readonly<Record<string, unknown>>,
  notKept: string[],
): Record<string, unknown> {
  const table: Record<string, unknown> = {};
  for (const [option, value] of Object.entries(isort)) {
    const name = ISORT_OPTIONS[option];
    if (name !== undefined) table[name] = value;
    else if (!ISORT_SILENT.includes(option) && !option.includes('skip')) {
      notKept.push(`isort ${option}: no counterpart in Ruff`);
    }
  }
  if (isort.profile !== undefined && isort.profile !== 'black') {
    notKept.push(`isort profile ${String(isort.profile)}: Ruff sorts like the profile black`);
  }
  return table;
}

function formatTable(
  black: Readonly<Record<string, unknown>>,
  left: readonly string[],
  notKept: string[],
): Record<string, unknown> {
  const known = ['line-length', 'target-version', 'preview', 'skip-string-normalization'];
  known.push('skip-magic-trailing-comma');
  // The pattern that keeps Black off the folders left in place is ours, not the user's.
  const excludes = left.length > 0 ? ['extend-exclude'] : [];
  for (const option of Object.keys(black).filter((name) => !excludes.includes(name))) {
    if (!known.includes(option)) notKept.push(`black ${option}: no counterpart in Ruff`);
  }
  return withoutEmpty({
    'quote-style': black['skip-string-normalization'] ? 'preserve' : undefined,
    'skip-magic-trailing-comma': black['skip-magic-trailing-comma'],
    exclude: [...left],
  });
}

/** Black takes every version that must be able to read the result, Ruff the oldest. */
function oldest(versions: readonly string[]): string | undefined {
  const minor = (version: string) => Number(/^py3(\d+)$/.exec(version)?.[1] ?? 0);
  return [...versions].sort((a, b) => minor(a) - minor(b))[0];
}
