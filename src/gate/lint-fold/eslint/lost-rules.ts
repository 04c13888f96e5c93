/**
 * Settings that the new ESLint refuses: rules it no longer has, options whose schema changed. They
 * are left out of the folded configuration, since one of them would stop it from loading, and each
 * is listed with the reason ESLint gives. Where only some settings of a rule are refused, the rule
 * leaves the objects altogether (a severity alone could bring refused options back) and the pins
 * state it again for the files whose setting is accepted.
 */
import type { FlatObject } from './flat-object.ts';
import type { EffectiveGroup, RuleSetting } from './model.ts';
import { textKey } from './plain.ts';

export interface LostSetting {
  readonly rule: string;
  readonly setting: RuleSetting;
  readonly reason: string;
  /** Files where this setting is in force. */
  readonly files: readonly string[];
}

export interface Pair {
  readonly rule: string;
  readonly setting: RuleSetting;
}

/** Every distinct setting that is not off, as written and as it is in force. */
export function pairsOf(objects: readonly FlatObject[], groups: readonly EffectiveGroup[]): Pair[] {
  const pairs = new Map<string, Pair>();
  const sets = [
    ...objects.map(({ rules }) => rules),
    ...groups.map((group) => group.effective.rules),
  ];
  for (const rules of sets) {
    for (const [rule, setting] of Object.entries(rules ?? {})) {
      if (setting[0] !== 0) pairs.set(keyOf(rule, setting), { rule, setting });
    }
  }
  return [...pairs.values()];
}

/** `groups` come back without the refused settings: that is what can be expected of the fold. */
export function dropRules(
  objects: readonly FlatObject[],
  groups: readonly EffectiveGroup[],
  pairs: readonly Pair[],
  refused: readonly { readonly index: number; readonly reason: string }[],
): { lost: LostSetting[]; objects: FlatObject[]; groups: EffectiveGroup[] } {
  const lost: LostSetting[] = [];
  const refusedKeys = new Set<string>();
  const refusedRules = new Set<string>();
  for (const { index, reason } of refused) {
    const { rule, setting } = pairs[index] as Pair;
    const key = keyOf(rule, setting);
    refusedKeys.add(key);
    refusedRules.add(rule);
    const files = groups
      .filter(({ effective }) => keyOf(rule, effective.rules[rule]) === key)
      .flatMap((group) => group.files);
    if (files.length > 0) lost.push({ rule, setting, reason, files: files.sort() });
  }
  const without = (
    rules: Readonly<Record<string, RuleSetting>>,
    gone: (rule: string, setting: RuleSetting) => boolean,
  ) => Object.fromEntries(Object.entries(rules).filter((entry) => !gone(...entry)));
  return {
    lost,
    objects: objects.map((object) =>
      object.rules === undefined
        ? object
        : { ...object, rules: without(object.rules, (rule) => refusedRules.has(rule)) },
    ),
    groups: groups.map(({ effective, files }) => {
      const isRefused = (rule: string, setting: RuleSetting) =>
        refusedKeys.has(keyOf(rule, setting));
      return { files, effective: { ...effective, rules: without(effective.rules, isRefused) } };
    }),
  };
}

function keyOf(rule: string, setting: RuleSetting | undefined): string {
  return textKey([rule, setting]);
}
