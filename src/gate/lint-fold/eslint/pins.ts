/**
 * Last resort of the exact mode. Where the order or the merging of flat objects cannot express what
 * the old system did (arrays in `settings` merged item by item, `env` orders, gitignore corners),
 * an object at the end names the files and states their values. It is written only when the
 * comparison found a difference, and the comparison runs again after it.
 */
import type { Difference, DifferenceGroup } from './compare.ts';
import type { FlatObject } from './flat-object.ts';
import { escapeGlob } from './globs.ts';
import type { Access, Dependency, RuleSetting, Severity } from './model.ts';
import { textKey } from './plain.ts';

export interface Pins {
  readonly objects: readonly FlatObject[];
  /** Files that the old system did not lint. */
  readonly ignores: readonly string[];
}

export function pinsFor(groups: readonly DifferenceGroup[]): Pins {
  const byFix = new Map<string, { fix: Omit<FlatObject, 'name'>; files: string[] }>();
  const ignores: string[] = [];
  for (const { files, differences } of groups) {
    if (differences.some(({ aspect, after }) => aspect === 'linted' && after === 'linted')) {
      ignores.push(...files.map(escapeGlob));
      continue;
    }
    const fix = fixFor(differences);
    if (Object.keys(fix).length === 0) continue;
    const key = textKey(fix);
    const known = byFix.get(key) ?? { fix, files: [] };
    known.files.push(...files);
    byFix.set(key, known);
  }
  const objects = [...byFix.values()].map(({ fix, files }) => ({
    name: 'pinned to the old values',
    files: files.sort().map(escapeGlob),
    ...fix,
  }));
  return { objects, ignores: ignores.sort() };
}

function fixFor(differences: readonly Difference[]): Omit<FlatObject, 'name'> {
  const rules: Record<string, RuleSetting> = {};
  const own: Record<string, Access> = {};
  const parserOptions: Record<string, unknown> = {};
  const settings: Record<string, unknown> = {};
  let fix: Omit<FlatObject, 'name'> = {};
  for (const { aspect, what, before, after } of differences) {
    if (aspect === 'rule') rules[what] = (before as RuleSetting | undefined) ?? [0];
    else if (aspect === 'globals') own[what] = (before as Access | undefined) ?? 'off';
    else if (aspect === 'setting' && before !== undefined) settings[what] = before;
    else if (aspect === 'parser' && before !== 'espree') {
      fix = { ...fix, parser: dependencyOf(before as string) };
    } else if (aspect === 'parser option') {
      if (what === 'sourceType') fix = { ...fix, sourceType: before };
      else if (what === 'ecmaVersion' && before !== undefined) {
        fix = { ...fix, ecmaVersion: editionOf(before) };
      } else if (what === 'ecmaFeatures') parserOptions[what] = features(before, after);
      else parserOptions[what] = before;
    } else if (aspect === 'linter option') {
      fix =
        what === 'noInlineConfig'
          ? { ...fix, noInlineConfig: before as boolean }
          : { ...fix, reportUnused: before as Severity };
    } else if (aspect === 'processor' && typeof before === 'string') {
      fix = { ...fix, processor: before };
    }
  }
  return {
    ...fix,
    ...(Object.keys(parserOptions).length > 0 ? { parserOptions } : {}),
    ...(Object.keys(own).length > 0 ? { globals: { environments: [], own } } : {}),
    ...(Object.keys(settings).length > 0 ? { settings } : {}),
    ...(Object.keys(rules).length > 0 ? { rules } : {}),
  };
}

/** Flat objects merge, so a feature that is not wanted must be said to be off. */
function features(before: unknown, after: unknown): Record<string, unknown> {
  const off = Object.keys((after ?? {}) as object).map((name) => [name, false]);
  return { ...Object.fromEntries(off), ...(before as object | undefined) };
}

/** Years before 2015 have no name of their own: 2014 stands for ES5 in `Effective`. */
function editionOf(year: unknown): unknown {
  return typeof year === 'number' && year < 2015 ? year - 2009 : year;
}

function dependencyOf(filePath: string): Dependency {
  const parts = filePath.split(/[\\/]/);
  return { id: parts[parts.lastIndexOf('node_modules') + 1] ?? 'parser', filePath };
}
