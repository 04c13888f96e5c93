/** The report of an ESLint fold, for people. */
import { settingText } from './compare.ts';
import type { EslintReport } from './fold.ts';
import type { LintRun, Violation } from './model.ts';

/** True when something that was in force before is not any more, and nobody asked for that. */
export function hasLosses(report: EslintReport): boolean {
  return (
    report.comparison.groups.length > 0 ||
    report.lost.length > 0 ||
    report.notKept.length > 0 ||
    report.violationChanges.length > 0
  );
}

export function eslintReportText(report: EslintReport): string {
  const { before, after, versions, comparison } = report;
  const lines = [
    `ESLint: ${plural(report.sources.length, 'configuration')} -> eslint.config.mjs (--${report.mode})`,
    `  before  ${runLine(before)}  (ESLint ${versions.before}, eslintrc)`,
    `  after   ${runLine(after)}  (ESLint ${versions.after}, flat)`,
    ...(report.extensions.length === 0
      ? []
      : [`  extensions linted: ${report.extensions.map((name) => `.${name}`).join(' ')}`]),
    ...ruleCounts(before, after),
  ];
  const equal = comparison.equal.length;
  const different = comparison.groups.reduce((sum, group) => sum + group.files.length, 0);
  const what =
    report.mode === 'exact' ? 'the same effective settings as before' : 'the unified settings';
  lines.push(`  proof   ${equal} of ${plural(equal + different, 'file')}: ${what}`);
  if (report.pinned > 0) {
    lines.push(
      `  ${plural(report.pinned, 'file')} named one by one, since no pattern could say it`,
    );
  }
  section(lines, 'cannot be kept', [
    ...report.lost.flatMap(({ rule, setting, reason, files }) => [
      `${rule} (${settingText(setting)}): ${reason}`,
      ...files.map((file) => `  ${file}`),
    ]),
    ...comparison.groups.flatMap(({ files, differences }) => [
      ...differences.map(
        ({ aspect, what: name, before: old, after: now }) =>
          `${aspect} ${name}: ${settingText(old)} -> ${settingText(now)}`,
      ),
      ...files.map((file) => `  ${file}`),
    ]),
    ...report.notKept,
  ]);
  section(
    lines,
    'same settings, other violations',
    report.violationChanges.flatMap(({ file, gone, come }) => [
      file,
      ...gone.map((violation) => `  only before  ${violationText(violation)}`),
      ...come.map((violation) => `  only after   ${violationText(violation)}`),
    ]),
  );
  section(
    lines,
    'settings that change',
    report.changes.flatMap(({ rule, before: old, after: now, files }) => [
      `${rule}: ${settingText(old ?? [0])} -> ${settingText(now ?? [0])}`,
      ...files.map((file) => `  ${file}`),
    ]),
  );
  section(lines, 'linted before and removed by the fold', [...report.removed]);
  section(lines, 'to do by hand', [...report.notes]);
  return `${lines.join('\n')}\n`;
}

function violationText({ line, column, rule, message }: Violation): string {
  return `${line}:${column}  ${rule ?? ''}  ${message.split('\n')[0]}`;
}

/** The last line of ESLint's own output, and the number of files. */
function runLine(run: LintRun): string {
  const { errorCount, warningCount } = run;
  const total = errorCount + warningCount;
  const counts = `${plural(errorCount, 'error')}, ${plural(warningCount, 'warning')}`;
  return `${plural(Object.keys(run.files).length, 'file')}, ${plural(total, 'problem')} (${counts})`;
}

/** Rules whose number of violations changes. */
function ruleCounts(before: LintRun, after: LintRun): string[] {
  const old = countByRule(before);
  const now = countByRule(after);
  const rules = [...new Set([...old.keys(), ...now.keys()])].sort();
  return rules
    .filter((rule) => old.get(rule) !== now.get(rule))
    .map((rule) => `    ${rule}: ${old.get(rule) ?? 0} -> ${now.get(rule) ?? 0}`);
}

export function countByRule(run: LintRun): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { rule } of Object.values(run.files).flat()) {
    const name = rule ?? '(parse error or directive)';
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

export function section(lines: string[], title: string, items: readonly string[]): void {
  if (items.length > 0) lines.push(`  ${title}:`, ...items.map((item) => `    ${item}`));
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
