/** Compares the violations of two real runs, file by file. */
import type { LostSetting } from './lost-rules.ts';
import type { LintRun, Violation } from './model.ts';

export interface ViolationChange {
  readonly file: string;
  /** Only before, and only after. */
  readonly gone: readonly Violation[];
  readonly come: readonly Violation[];
}

/**
 * `files`: those that both runs are expected to treat alike. `lost`: settings that the new
 * ESLint refuses; the violations of those rules in those files are no news.
 */
export function violationChanges(
  before: LintRun,
  after: LintRun,
  files: readonly string[],
  lost: readonly LostSetting[],
): ViolationChange[] {
  return files.flatMap((file) => {
    const gone = lost.filter((each) => each.files.includes(file)).map(({ rule }) => rule);
    const kept = ({ rule }: Violation) => rule === null || !gone.includes(rule);
    const old = (before.files[file] ?? []).filter(kept);
    const now = (after.files[file] ?? []).filter(kept);
    const onlyBefore = without(old, now);
    const come = without(now, old);
    return onlyBefore.length + come.length === 0 ? [] : [{ file, gone: onlyBefore, come }];
  });
}

function without(list: readonly Violation[], other: readonly Violation[]): Violation[] {
  const counts = new Map<string, number>();
  for (const violation of other) {
    const key = keyOf(violation);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return list.filter((violation) => {
    const key = keyOf(violation);
    const count = counts.get(key) ?? 0;
    counts.set(key, count - 1);
    return count <= 0;
  });
}

/** The text is left out: it is worded differently in different versions of ESLint. */
function keyOf({ rule, severity, line, column }: Violation): string {
  return JSON.stringify([rule, severity, line, column]);
}
