/** Compares what ESLint does with each file before and after, and says every difference. */
import { isDeepStrictEqual } from 'node:util';
import type { Effective, EffectiveGroup, LintRun, RuleSetting } from './model.ts';
import { oneLine } from './source-text.ts';

export type Aspect =
  | 'rule'
  | 'globals'
  | 'parser'
  | 'parser option'
  | 'setting'
  | 'linter option'
  | 'processor'
  | 'linted';

/** `before` and `after` are undefined where the thing is absent. */
export interface Difference {
  readonly aspect: Aspect;
  /** The rule, global, option or setting. */
  readonly what: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** Files that share the same list of differences. */
export interface DifferenceGroup {
  readonly files: readonly string[];
  readonly differences: readonly Difference[];
}

export interface Comparison {
  readonly equal: readonly string[];
  readonly groups: readonly DifferenceGroup[];
}

/**
 * Files in `after` only are those that the old system did not lint.
 */
export function compare(
  before: readonly EffectiveGroup[],
  after: readonly EffectiveGroup[],
): Comparison {
  const afterOf = new Map<string, number>();
  after.forEach((group, index) => {
    for (const file of group.files) afterOf.set(file, index);
  });
  const equal: string[] = [];
  const groups: { files: string[]; differences: Difference[] }[] = [];
  for (const group of before) {
    const byAfter = Map.groupBy(group.files, (file) => afterOf.get(file) ?? -1);
    for (const [index, files] of byAfter) {
      for (const file of files) afterOf.delete(file);
      const other = after[index];
      const differences =
        other === undefined
          ? [{ aspect: 'linted', what: 'file', before: 'linted', after: 'not linted' } as const]
          : differencesOf(group.effective, other.effective);
      if (differences.length === 0) equal.push(...files);
      else groups.push({ files, differences: [...differences] });
    }
  }
  if (afterOf.size > 0) {
    groups.push({
      files: [...afterOf.keys()],
      differences: [{ aspect: 'linted', what: 'file', before: 'not linted', after: 'linted' }],
    });
  }
  for (const group of groups) group.files.sort();
  return { equal: equal.sort(), groups };
}

/**
 * The comparison with what two real runs lint besides: files of other extensions, which nobody
 * asked about. `removed`: files that go with the fold.
 */
export function withRuns(
  comparison: Comparison,
  before: LintRun,
  after: LintRun,
  removed: ReadonlySet<string>,
): Comparison {
  const listed = new Set(comparison.groups.flatMap(({ files }) => files));
  const only = (one: LintRun, other: LintRun) =>
    Object.keys(one.files)
      .filter(
        (file) => !Object.hasOwn(other.files, file) && !listed.has(file) && !removed.has(file),
      )
      .sort();
  const group = (files: string[], old: string, now: string): DifferenceGroup[] =>
    files.length === 0
      ? []
      : [{ files, differences: [{ aspect: 'linted', what: 'file', before: old, after: now }] }];
  const gone = only(before, after);
  const come = only(after, before);
  const other = new Set([...gone, ...come]);
  return {
    equal: comparison.equal.filter((file) => !other.has(file)),
    groups: [
      ...comparison.groups,
      ...group(gone, 'linted', 'not linted'),
      ...group(come, 'not linted', 'linted'),
    ],
  };
}

export function differencesOf(before: Effective, after: Effective): Difference[] {
  const differences: Difference[] = [];
  const add = (aspect: Aspect, what: string, old: unknown, now: unknown) => {
    if (!isDeepStrictEqual(old, now)) differences.push({ aspect, what, before: old, after: now });
  };
  for (const rule of keysOf(before.rules, after.rules)) {
    add('rule', rule, plainOff(own(before.rules, rule)), plainOff(own(after.rules, rule)));
  }
  for (const name of keysOf(before.globals, after.globals)) {
    add('globals', name, own(before.globals, name), own(after.globals, name));
  }
  add('parser', 'parser', before.parser, after.parser);
  for (const name of keysOf(before.parserInput, after.parserInput)) {
    add('parser option', name, own(before.parserInput, name), own(after.parserInput, name));
  }
  for (const name of keysOf(before.settings, after.settings)) {
    add('setting', name, own(before.settings, name), own(after.settings, name));
  }
  add('linter option', 'noInlineConfig', before.noInlineConfig, after.noInlineConfig);
  add('linter option', 'reportUnused', before.reportUnused, after.reportUnused);
  add('processor', 'processor', before.processor, after.processor);
  return differences;
}

/** `constructor` is a name like any other. */
function own<Value>(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** A rule that is off does what an absent rule does, whatever options are attached to it. */
function plainOff(setting: RuleSetting | undefined): RuleSetting | undefined {
  return setting?.[0] === 0 ? undefined : setting;
}

function keysOf(a: object, b: object): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
}

const SEVERITY_NAMES = ['off', 'warn', 'error'] as const;

/** For people: `error "always"`, `off`, `absent`. */
export function settingText(setting: unknown): string {
  if (setting === undefined) return 'absent';
  if (!Array.isArray(setting)) return oneLine(setting);
  const [severity, ...options] = setting as [0 | 1 | 2, ...unknown[]];
  return [SEVERITY_NAMES[severity] ?? oneLine(severity), ...options.map(oneLine)].join(' ');
}
