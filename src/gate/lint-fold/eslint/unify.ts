/**
 * One setting for each rule: the one most files have. A rule that a file does not have counts as
 * off, because that is what it is there. Files vote within their kind (JavaScript, TypeScript, any
 * other extension), since the rules of one kind often cannot run on another. A tie goes to the
 * stricter setting, then to the one that sorts first, so the result does not depend on order.
 */
import type { FlatObject } from './flat-object.ts';
import type { EffectiveGroup, RuleSetting } from './model.ts';
import { oneLine } from './source-text.ts';

export interface RuleChange {
  readonly rule: string;
  readonly before: RuleSetting | undefined;
  readonly after: RuleSetting | undefined;
  readonly files: readonly string[];
}

export interface Vote {
  readonly rule: string;
  readonly kind: string;
  readonly winner: RuleSetting | undefined;
  /** Files of this kind that had the winner, and all files of it. */
  readonly votes: number;
  readonly of: number;
}

export interface Unified {
  readonly objects: readonly FlatObject[];
  readonly changes: readonly RuleChange[];
  readonly votes: readonly Vote[];
}

interface Ballot {
  readonly setting: RuleSetting | undefined;
  readonly files: string[];
}

/**
 * `groups`: effective configurations before; `normal`: their rules as the new ESLint shows them,
 * index by index, so that `"semi": 2` and `["error", "always"]` are one vote.
 */
export function unify(
  groups: readonly EffectiveGroup[],
  normal: readonly Readonly<Record<string, RuleSetting>>[],
): Unified {
  const kinds = byKind(groups);
  const winners = new Map<string, Record<string, RuleSetting>>();
  const changes: RuleChange[] = [];
  const votes: Vote[] = [];
  for (const [kind, members] of kinds) {
    const rules: Record<string, RuleSetting> = {};
    const names = new Set(
      members.flatMap(({ group }) => Object.keys(groups[group]?.effective.rules ?? {})),
    );
    const of = members.reduce((sum, { files }) => sum + files.length, 0);
    for (const rule of [...names].sort()) {
      const ballots = count(rule, members, groups, normal);
      const winner = elect(ballots);
      if (winner.setting !== undefined) rules[rule] = winner.setting;
      votes.push({ rule, kind, winner: winner.setting, votes: winner.files.length, of });
      for (const ballot of ballots) {
        if (ballot === winner) continue;
        const { setting: before, files } = ballot;
        changes.push({ rule, before, after: winner.setting, files: files.sort() });
      }
    }
    winners.set(kind, rules);
  }
  return { objects: ruleObjects(winners), changes, votes };
}

interface Member {
  readonly group: number;
  readonly files: readonly string[];
}

function byKind(groups: readonly EffectiveGroup[]): Map<string, Member[]> {
  const kinds = new Map<string, Member[]>();
  groups.forEach((group, index) => {
    for (const [kind, files] of Map.groupBy(group.files, kindOf)) {
      kinds.set(kind, [...(kinds.get(kind) ?? []), { group: index, files }]);
    }
  });
  return new Map([...kinds].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The extensions of a kind are also the pattern of its object. */
export function kindOf(file: string): string {
  const extension = /\.([^./]+)$/.exec(file)?.[1] ?? '';
  if (/^[cm]?jsx?$/.test(extension)) return 'js,mjs,cjs,jsx';
  if (/^[cm]?tsx?$/.test(extension)) return 'ts,mts,cts,tsx';
  return extension;
}

function count(
  rule: string,
  members: readonly Member[],
  groups: readonly EffectiveGroup[],
  normal: readonly Readonly<Record<string, RuleSetting>>[],
): Ballot[] {
  const ballots = new Map<string, Ballot>();
  for (const { group, files } of members) {
    const setting = withoutOff(groups[group]?.effective.rules[rule]);
    const key = setting === undefined ? 'off' : oneLine(normal[group]?.[rule] ?? setting);
    const ballot = ballots.get(key) ?? { setting, files: [] };
    ballot.files.push(...files);
    ballots.set(key, ballot);
  }
  return [...ballots.values()];
}

function elect(ballots: readonly Ballot[]): Ballot {
  const rank = (ballot: Ballot) => ballot.setting?.[0] ?? 0;
  const [first] = [...ballots].sort(
    (a, b) =>
      b.files.length - a.files.length ||
      rank(b) - rank(a) ||
      (oneLine(a.setting) < oneLine(b.setting) ? -1 : 1),
  );
  return first as Ballot;
}

function withoutOff(setting: RuleSetting | undefined): RuleSetting | undefined {
  return setting === undefined || setting[0] === 0 ? undefined : setting;
}

/** Settings that every kind shares come first; the others carry the extensions of their kind. */
function ruleObjects(winners: ReadonlyMap<string, Record<string, RuleSetting>>): FlatObject[] {
  const all = [...winners.values()];
  const shared: Record<string, RuleSetting> = {};
  for (const [rule, setting] of Object.entries(all[0] ?? {})) {
    if (all.every((rules) => oneLine(rules[rule]) === oneLine(setting))) shared[rule] = setting;
  }
  const objects: FlatObject[] = [{ name: 'unified rules', rules: shared }];
  for (const [kind, rules] of winners) {
    const own = Object.fromEntries(
      Object.entries(rules).filter(([rule]) => shared[rule] === undefined),
    );
    if (Object.keys(own).length === 0) continue;
    const extensions = kind.split(',');
    const glob = extensions.length === 1 ? extensions[0] : `{${kind}}`;
    objects.push({ name: `unified rules: ${kind}`, files: [`**/*.${glob}`], rules: own });
  }
  return objects.filter(({ rules }) => Object.keys(rules ?? {}).length > 0);
}
