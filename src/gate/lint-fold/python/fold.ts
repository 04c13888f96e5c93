/**
 * Folds the Python side: what each tool reads in each folder, one table per tool in the root's
 * pyproject.toml, proof by asking the tools again in a changed copy, and real runs on both sides.
 */
import { posix } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { type Discovery, expectNoFolder } from '../discover.ts';
import { fail } from '../errors.ts';
import type { FileChange } from '../files/change.ts';
import { plannedEdits } from './edits.ts';
import { foldTool, wholeRun } from './fold-tool.ts';
import { folderOf, TOML_NAME, type ToolFolders, toolFolders } from './governed.ts';
import { expectInstalled, findInterpreter, type Interpreter, probe } from './interpreter.ts';
import type { Governed, OptionChange, ProbeAnswer, Tool, ToolFold, Versions } from './model.ts';
import { TOOLS } from './model.ts';
import { type RuffTranslation, ruffTables } from './ruff.ts';
import { type Finding, type PythonRun, runTool } from './runs.ts';
import { withShadow } from './shadow.ts';

export interface PythonOptions {
  readonly root: string;
  readonly mode: 'exact' | 'unify';
  readonly ruff: boolean;
  readonly python?: string;
  /** Run Python code of the repository (Flake8's local plug-ins). */
  readonly allowPython: boolean;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  progress(text: string): void;
}

export interface ToolReport extends ToolFold {
  readonly version: string;
  readonly before: readonly Finding[];
  readonly after: readonly Finding[];
  /** Effective options that differ in a folded folder though they should not. */
  readonly differing: readonly OptionChange[];
  /** Files whose findings changed. */
  readonly changedFiles: readonly string[];
  readonly ungoverned: readonly string[];
  /** Options that ungoverned files had from elsewhere (isort: .editorconfig) and lose. */
  readonly overridden: readonly OptionChange[];
}

export interface PythonReport {
  readonly mode: 'exact' | 'unify';
  readonly ruff?: { readonly version: string; readonly notKept: readonly string[] };
  readonly tools: readonly ToolReport[];
  /** Comments that go with the settings they stand among. */
  readonly comments: readonly string[];
  /** Settings that are removed though the tool never read them: another file comes first. */
  readonly neverRead: readonly string[];
  /** Python files that cannot be read: links that lead nowhere, pipes. */
  readonly skipped: readonly string[];
}

export interface PythonFold {
  readonly report: PythonReport;
  readonly changes: readonly FileChange[];
}

export function hasPythonSettings(root: string, discovery: Discovery): boolean {
  const folders = toolFolders(root, discovery);
  return TOOLS.some((tool) => folders[tool].files.length > 0);
}

/** @throws LintFoldError */
export async function foldPython(
  discovery: Discovery,
  options: PythonOptions,
): Promise<PythonFold> {
  const { root, mode } = options;
  expectNoFolder(root, TOML_NAME);
  const path = findInterpreter(root, options.environment, options.python);
  if (!options.allowPython) expectInstalled(root, path);
  const interpreter: Interpreter = {
    path,
    roots: [root],
    allowCode: options.allowPython,
    environment: options.environment,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  };
  const folders = toolFolders(root, discovery);
  options.progress('Python: reading the settings of every folder');
  const read = await probe(interpreter, root, asked(folders, options.ruff));
  requirePlugin(folders, read.versions, options.ruff);
  const folds = TOOLS.filter((tool) => folders[tool].files.length > 0).map((tool) =>
    foldTool(tool, mode, governedBy(tool, folders[tool], read)),
  );
  const ruff = options.ruff ? await ruffTables(interpreter, root, folds, read.versions) : undefined;
  const edits = plannedEdits(root, folds, folders, ruff?.tables ?? ownTables(folds));
  const { changes } = edits;
  options.progress('Python: running the tools before and after');
  return withShadow(root, discovery, changes, async (shadow) => {
    const kept = { original: root, taken: edits.taken };
    const after = await probe(interpreter, shadow, afterFolders(folds, ruff !== undefined), kept);
    if (after.lost.length > 0) {
      throw fail('bad-config', `cannot edit ${after.lost.join(', ')} and keep the rest of it.`);
    }
    const tools: ToolReport[] = [];
    for (const fold of folds) {
      const own = folders[fold.tool];
      const before = await runBefore(interpreter, root, fold.tool, own);
      const now = await runAfter(interpreter, shadow, fold, own, ruff !== undefined);
      const sets = {
        before: before.checked ?? fold.folded.flatMap((folder) => filesOf(read, fold.tool, folder)),
        after: now.checked ?? filesOf(after, fold.tool, ''),
      };
      tools.push({
        ...fold,
        version: read.versions[fold.tool] ?? '',
        before: before.findings,
        after: now.findings,
        differing:
          ruff === undefined
            ? [...differingOptions(fold, own, read, after), ...differingFiles(fold, own, sets)]
            : [],
        changedFiles: changedFiles(before.findings, now.findings),
        ungoverned: folders[fold.tool].ungoverned,
        overridden: overriddenOptions(fold.tool, own, read, after),
      });
    }
    const report: PythonReport = {
      mode,
      ...(ruff === undefined ? {} : { ruff: ruffReport(ruff, read.versions) }),
      tools,
      comments: edits.comments,
      neverRead: folds.flatMap((fold) => neverRead(fold, folders[fold.tool], read)),
      skipped: discovery.unreadable.filter((path) => /\.pyi?$/.test(path)),
    };
    return { report, changes };
  });
}

/** isort besides at the root, where no configuration of ours may be and it reads .editorconfig. */
function asked(
  folders: Readonly<Record<Tool, ToolFolders>>,
  ruff: boolean,
): Partial<Record<Tool, string[]>> {
  const wanted: Partial<Record<Tool, string[]>> = {};
  for (const tool of TOOLS) {
    const names = [...folders[tool].governs.keys()];
    if (names.length > 0) wanted[tool] = names;
    const asksRoot = tool === 'isort' && !ruff && folders[tool].ungoverned.length > 0;
    if (names.length > 0 && asksRoot) wanted[tool] = [...new Set(['', ...names])];
  }
  return wanted;
}

function requirePlugin(
  folders: Readonly<Record<Tool, ToolFolders>>,
  versions: Versions,
  ruff: boolean,
): void {
  if (ruff && !versions.ruff) {
    throw fail(
      'tool-missing',
      '--ruff: expected ruff in the interpreter, found none. Install it there.',
    );
  }
  if (!ruff && folders.flake8.files.length > 0 && !versions['flake8-pyproject']) {
    throw fail(
      'tool-missing',
      'expected Flake8-pyproject beside Flake8, found none: without it Flake8 does not read ' +
        'pyproject.toml. Install it, or fold into Ruff with --ruff.',
    );
  }
}

/** The files a folder governs, less those its excludes keep the tool from. */
function governedBy(tool: Tool, folders: ToolFolders, read: ProbeAnswer): Governed[] {
  return [...folders.governs].map(([folder, files]) => {
    const reading = read.folders[tool]?.[folder];
    if (reading === undefined) throw fail('tool-failed', `${tool} said nothing about ${folder}.`);
    const seen = reading.files === undefined ? undefined : new Set(reading.files);
    return { folder, reading, files: files.filter((file) => seen?.has(file) ?? true) };
  });
}

function ownTables(folds: readonly ToolFold[]): Record<string, ToolFold['table']> {
  return Object.fromEntries(folds.map(({ tool, table }) => [`tool.${tool}`, table]));
}

function afterFolders(
  folds: readonly ToolFold[],
  ruff: boolean,
): Partial<Record<Tool, readonly string[]>> {
  if (ruff) return {};
  return Object.fromEntries(folds.map(({ tool }) => [tool, ['']]));
}

/**
 * Options of the whole run, folder before against root after. isort's profile sets other options;
 * where one was changed by a vote, those change with it and are not listed one by one.
 */
function differingOptions(
  fold: ToolFold,
  folders: ToolFolders,
  read: ProbeAnswer,
  after: ProbeAnswer,
): OptionChange[] {
  const { tool } = fold;
  const root = after.folders[tool]?.[''];
  const expected = new Map(
    fold.changes.map((change) => [`${change.folder}\n${change.option}`, change.after]),
  );
  return fold.folded.flatMap((folder) => {
    const before = read.folders[tool]?.[folder];
    if (before === undefined || root === undefined) return [];
    const files = folders.governs.get(folder) ?? [];
    return changedOptions(wholeRun(tool, before), wholeRun(tool, root))
      .filter(({ option }) => !expected.has(`${folder}\n${option.replaceAll('_', '-')}`))
      .filter(() => !(tool === 'isort' && fold.changes.length > 0))
      .map((change) => ({ tool, folder, ...change, files }));
  });
}

/** The new table at the root comes before an .editorconfig that ungoverned files had. */
function overriddenOptions(
  tool: Tool,
  { ungoverned, governs }: ToolFolders,
  read: ProbeAnswer,
  after: ProbeAnswer,
): OptionChange[] {
  const before = read.folders[tool]?.[''];
  const now = after.folders[tool]?.[''];
  if (governs.has('') || before === undefined || now === undefined) return [];
  if (before.source === null || ungoverned.length === 0) return [];
  return changedOptions(wholeRun(tool, before), wholeRun(tool, now)).map((change) => ({
    ...{ tool, folder: '', files: ungoverned },
    ...change,
  }));
}

function changedOptions(
  old: Readonly<Record<string, unknown>>,
  now: Readonly<Record<string, unknown>>,
): { option: string; before: unknown; after: unknown }[] {
  const names = [...new Set([...Object.keys(old), ...Object.keys(now)])].sort();
  return names
    .filter((name) => !isDeepStrictEqual(old[name], now[name]))
    .map((option) => ({ option, before: old[option], after: now[option] }));
}

function filesOf(answer: ProbeAnswer, tool: Tool, folder: string): readonly string[] {
  return answer.folders[tool]?.[folder]?.files ?? [];
}

/** Files that the tool looked at and does not look at any more, or the other way round. */
function differingFiles(
  { tool, folded }: ToolFold,
  folders: ToolFolders,
  checked: { readonly before: readonly string[]; readonly after: readonly string[] },
): OptionChange[] {
  const old = new Set(checked.before);
  const now = new Set(checked.after);
  return folded.flatMap((folder) => {
    const governed = folders.governs.get(folder) ?? [];
    const gone = governed.filter((file) => old.has(file) && !now.has(file));
    const come = governed.filter((file) => !old.has(file) && now.has(file));
    const change = (before: string, after: string, files: readonly string[]) =>
      files.length === 0 ? [] : [{ tool, folder, option: 'file', before, after, files }];
    return [...change('checked', 'left out', gone), ...change('left out', 'checked', come)];
  });
}

async function runBefore(
  interpreter: Interpreter,
  root: string,
  tool: Tool,
  folders: ToolFolders,
): Promise<PythonRun> {
  const runs: PythonRun[] = [];
  for (const [folder, files] of folders.governs) {
    if (files.length === 0) continue;
    runs.push(only(await runTool(interpreter, tool, root, folder, ['.']), files));
  }
  return joined(runs);
}

/** One run from the root for everything folded, and the folders left in place on their own. */
async function runAfter(
  interpreter: Interpreter,
  shadow: string,
  fold: ToolFold,
  folders: ToolFolders,
  ruff: boolean,
): Promise<PythonRun> {
  const files = fold.folded.flatMap((folder) => folders.governs.get(folder) ?? []);
  const targets = fold.folded.includes('') ? ['.'] : outermost(fold.folded);
  const runs: PythonRun[] = [];
  if (files.length > 0) {
    const tool = ruff ? (fold.tool === 'black' ? 'ruff format' : 'ruff') : fold.tool;
    const run = only(await runTool(interpreter, tool, shadow, '', targets), files);
    runs.push(ruff ? { findings: asTool(fold.tool, run.findings) } : run);
  }
  for (const { folder } of fold.left) {
    const own = folders.governs.get(folder) ?? [];
    if (own.length === 0) continue;
    runs.push(only(await runTool(interpreter, fold.tool, shadow, folder, ['.']), own));
  }
  return joined(runs);
}

function joined(runs: readonly PythonRun[]): PythonRun {
  const findings = sorted(runs.flatMap((run) => run.findings));
  const says = runs.length > 0 && runs.every(({ checked }) => checked !== undefined);
  return says ? { findings, checked: runs.flatMap(({ checked }) => checked ?? []) } : { findings };
}

/** Ruff's one run holds what Flake8 finds (all codes but I) and what isort finds (I, per file). */
function asTool(tool: Tool, findings: readonly Finding[]): Finding[] {
  if (tool === 'black') return [...findings];
  const isSorting = ({ code }: Finding) => /^I\d/.test(code);
  if (tool === 'flake8') return findings.filter((finding) => !isSorting(finding));
  const files = new Set(findings.filter(isSorting).map(({ file }) => file));
  return [...files].map((file) => ({ file, line: 0, column: 0, code: 'imports' }));
}

function only(run: PythonRun, files: readonly string[]): PythonRun {
  const wanted = new Set(files);
  const findings = run.findings.filter(({ file }) => wanted.has(file));
  if (run.checked === undefined) return { findings };
  return { findings, checked: run.checked.filter((file) => wanted.has(file)) };
}

function outermost(folders: readonly string[]): string[] {
  return folders.filter(
    (folder) => !folders.some((other) => other !== folder && folder.startsWith(`${other}/`)),
  );
}

function sorted(findings: readonly Finding[]): Finding[] {
  const key = ({ file, line, column, code }: Finding) =>
    `${file}\n${String(line).padStart(9)}${String(column).padStart(6)}${code}`;
  return [...findings].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

function changedFiles(before: readonly Finding[], after: readonly Finding[]): string[] {
  const old = Map.groupBy(before, ({ file }) => file);
  const now = Map.groupBy(after, ({ file }) => file);
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((file) => !isDeepStrictEqual(old.get(file), now.get(file)))
    .sort();
}

function neverRead({ tool, folded }: ToolFold, { files }: ToolFolders, read: ProbeAnswer) {
  return files.flatMap((path) => {
    const folder = folderOf(path);
    const source = read.folders[tool]?.[folder]?.source ?? null;
    const isRead = source === null || posix.basename(path) === source;
    return isRead || !folded.includes(folder) ? [] : [`${path}: ${tool} reads ${source} there`];
  });
}

function ruffReport(ruff: RuffTranslation, versions: Versions) {
  return { version: versions.ruff ?? '', notKept: ruff.notKept };
}
