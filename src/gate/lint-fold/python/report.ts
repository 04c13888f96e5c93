/** The report of the Python fold, for people. */
import { plural, section } from '../eslint/report.ts';
import type { PythonReport, ToolReport } from './fold.ts';
import { show } from './fold-tool.ts';
import type { Finding } from './runs.ts';

const NAMES = { black: 'Black', flake8: 'Flake8', isort: 'isort' } as const;

/** What one finding is called. */
const NOUNS = {
  black: 'file to reformat',
  flake8: 'violation',
  isort: 'file with unsorted imports',
} as const;

export function hasPythonLosses(report: PythonReport): boolean {
  return report.tools.some(
    (tool) =>
      tool.left.length > 0 ||
      tool.differing.length > 0 ||
      tool.overridden.length > 0 ||
      (report.mode === 'exact' && tool.changedFiles.length > 0),
  );
}

export function pythonReportText(report: PythonReport): string {
  const parts = report.tools.map((tool) => toolText(report, tool));
  if (report.ruff !== undefined) {
    const lines = [`Ruff ${report.ruff.version}:`];
    section(lines, 'not kept', report.ruff.notKept);
    parts.push(`${lines.join('\n')}\n`);
  }
  const more: string[] = [];
  section(more, 'comments that go with the settings', report.comments);
  section(more, 'removed though never read', report.neverRead);
  section(more, 'not read, since they are no files', report.skipped);
  if (more.length > 0) parts.push(`Python files:\n${more.join('\n')}\n`);
  return parts.join('');
}

function toolText(report: PythonReport, tool: ToolReport): string {
  const folders = tool.folded.map((folder) => folder || '(root)').join(', ');
  const into = report.ruff === undefined ? `[tool.${tool.tool}]` : '[tool.ruff]';
  const after = report.ruff === undefined ? '' : ` (Ruff ${report.ruff.version})`;
  const lines = [
    `${NAMES[tool.tool]} ${tool.version}: ${plural(tool.folded.length, 'folder')} -> pyproject.toml ` +
      `${into} (--${report.mode}): ${folders}`,
    `  before  ${countText(tool, tool.before)}`,
    `  after   ${countText(tool, tool.after)}${after}`,
    ...codeCounts(tool),
  ];
  section(
    lines,
    'left where they are, since one file cannot say both',
    tool.left.map(
      ({ folder, reason, files }) => `${folder} (${plural(files.length, 'file')}): ${reason}`,
    ),
  );
  section(
    lines,
    'settings that change',
    tool.changes.flatMap(({ folder, option, before, after: now, files }) => [
      `${folder || '(root)'}: ${option} ${show(before)} -> ${show(now)}`,
      ...files.map((file) => `  ${file}`),
    ]),
  );
  section(
    lines,
    'cannot be kept',
    tool.differing.map(
      ({ folder, option, before, after: now, files }) =>
        `${folder || '(root)'} (${plural(files.length, 'file')}): ${option} ${show(before)} -> ${show(now)}`,
    ),
  );
  section(
    lines,
    'of files without settings of their own, .editorconfig is overridden by the new table',
    [
      ...tool.overridden.map(
        ({ option, before, after: now }) => `${option} ${show(before)} -> ${show(now)}`,
      ),
      ...(tool.overridden[0]?.files ?? []).map((file) => `  ${file}`),
    ],
  );
  if (report.mode === 'exact') section(lines, 'files with other findings', tool.changedFiles);
  if (tool.ungoverned.length > 0) {
    lines.push(
      `  ${plural(tool.ungoverned.length, 'Python file')} had no settings of ${NAMES[tool.tool]}; ` +
        `run it on ${tool.folded.filter((folder) => folder !== '').join(' ')} as before`,
    );
  }
  lines.push(...tool.notes.map((note) => `  ${note}`));
  return `${lines.join('\n')}\n`;
}

function countText(tool: ToolReport, findings: readonly Finding[]): string {
  const noun = NOUNS[tool.tool];
  const [first = '', ...rest] = noun.split(' ');
  const name = findings.length === 1 ? first : `${first}s`;
  return `${findings.length} ${[name, ...rest].join(' ')}`;
}

function codeCounts(tool: ToolReport): string[] {
  if (tool.tool !== 'flake8') return [];
  const old = Map.groupBy(tool.before, ({ code }) => code);
  const now = Map.groupBy(tool.after, ({ code }) => code);
  return [...new Set([...old.keys(), ...now.keys()])]
    .sort()
    .filter((code) => old.get(code)?.length !== now.get(code)?.length)
    .map((code) => `    ${code}: ${old.get(code)?.length ?? 0} -> ${now.get(code)?.length ?? 0}`);
}
