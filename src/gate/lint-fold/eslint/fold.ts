/**
 * Folds the ESLint side of a repository: read the cascade, write it as one flat configuration,
 * prove it file by file, run both. Nothing is changed on disk; the result is a plan and a report.
 */
import { createRequire } from 'node:module';
import { join, relative, sep } from 'node:path';
import { type Discovery, expectNoFolder } from '../discover.ts';
import { fail } from '../errors.ts';
import type { FileChange } from '../files/change.ts';
import { isCommitted } from '../files/committed.ts';
import { type Comparison, compare, withRuns } from './compare.ts';
import { type Coverage, coverage, refuseEarly, withoutCut } from './coverage.ts';
import { withEnvComments } from './env-comments.ts';
import { type FlatObject, withoutSilent } from './flat-object.ts';
import type { FlatParams } from './flat-worker.ts';
import { type Flattened, flatten } from './flatten.ts';
import type { LegacyParams } from './legacy-worker.ts';
import { dropRules, type LostSetting, pairsOf } from './lost-rules.ts';
import type {
  Dependency,
  EffectiveGroup,
  FlatAnswer,
  FlatHello,
  LegacyAnswer,
  LintRun,
  RuleSetting,
} from './model.ts';
import { pinsFor } from './pins.ts';
import { printFlatConfig } from './print.ts';
import { type EslintProcess, startEslint } from './process.ts';
import { plannedRemovals } from './removals.ts';
import { requestOf } from './requests.ts';
import { lintScripts } from './scripts.ts';
import { afterTool, beforeTool } from './tools.ts';
import { kindOf, type RuleChange, type Unified, unify } from './unify.ts';
import { type ViolationChange, violationChanges } from './violations.ts';

export const FLAT_NAME = 'eslint.config.mjs';

export interface EslintOptions {
  readonly root: string;
  readonly mode: 'exact' | 'unify';
  readonly allowJs: boolean;
  /** Without dots; undefined: what the lint script of package.json says, else ESLint's default. */
  readonly extensions?: readonly string[];
  readonly eslintBefore?: string;
  readonly eslintAfter?: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
  progress(text: string): void;
}

export interface EslintReport {
  readonly mode: 'exact' | 'unify';
  readonly versions: { readonly before: string; readonly after: string };
  readonly sources: readonly string[];
  readonly extensions: readonly string[];
  readonly before: LintRun;
  readonly after: LintRun;
  readonly comparison: Comparison;
  /** Files whose values had to be named one by one. */
  readonly pinned: number;
  readonly lost: readonly LostSetting[];
  /** Other things that are not kept, or that are left to do by hand. */
  readonly notKept: readonly string[];
  readonly notes: readonly string[];
  /** exact only: same settings, yet other violations (another version, a plug-in of one system). */
  readonly violationChanges: readonly ViolationChange[];
  /** unify only. */
  readonly changes: readonly RuleChange[];
  readonly votes: Unified['votes'];
  /** Files that were linted and that the fold removes (`.eslintrc.js`). */
  readonly removed: readonly string[];
}

export interface EslintFold {
  readonly report: EslintReport;
  readonly changes: readonly FileChange[];
}

/** @throws LintFoldError */
export async function foldEslint(
  discovery: Discovery,
  options: EslintOptions,
): Promise<EslintFold> {
  refuseEarly(discovery, options.allowJs);
  expectNoFolder(options.root, FLAT_NAME);
  const before = beforeTool(options.root, options.eslintBefore);
  const after = afterTool(options.root, options.eslintAfter);
  if (!options.allowJs) {
    if (options.eslintBefore === undefined) expectInstalled(options.root, before.dir);
    if (options.eslintAfter === undefined) expectInstalled(options.root, after.dir);
  }
  const scripts = lintScripts(options.root);
  const extensions = options.extensions ?? scripts.extensions ?? [];
  const where = coverage(discovery, options.root);
  options.progress(`ESLint ${before.version}: reading the configurations and running them`);
  const legacy = await withProcess('legacy-worker', before.dir, options, (eslint) =>
    eslint.ask<LegacyAnswer>('fold', {
      root: options.root,
      eslintDir: before.dir,
      allowJs: options.allowJs,
      dirs: where.dirs,
      ...(extensions.length === 0 ? {} : { extensions: extensions.map((name) => `.${name}`) }),
      patterns: where.patterns,
    } satisfies LegacyParams),
  );
  if (Object.keys(legacy.run.files).length === 0) {
    throw fail('nothing-to-fold', `ESLint ${before.version} lints no file below ${options.root}.`);
  }
  return withProcess('flat-worker', after.dir, options, async (eslint) => {
    const hello = await eslint.ask<FlatHello>('start', {
      root: options.root,
      eslintDir: after.dir,
      allowJs: options.allowJs,
    } satisfies FlatParams);
    const run = new Run(discovery, options, withoutCut(legacy, options.root), hello, eslint);
    return run.fold(extensions, where, scripts.notes);
  });
}

/** An ESLint that nobody named must be an installed package. @throws LintFoldError needs-consent */
function expectInstalled(root: string, eslintDir: string): void {
  const parts = eslintDir.split(sep);
  const at = parts.indexOf('node_modules');
  const folder = at < 0 ? eslintDir : parts.slice(0, at + 1).join(sep);
  if (at >= 0 && !isCommitted(folder)) return;
  const why = at < 0 ? 'is no installed package' : 'is committed';
  throw fail(
    'needs-consent',
    `${relative(root, folder)} ${why}, so its ESLint is code of the repository. ` +
      'Give --allow-js to run it.',
  );
}

class Run {
  readonly #discovery: Discovery;
  readonly #options: EslintOptions;
  readonly #legacy: LegacyAnswer;
  readonly #hello: FlatHello;
  readonly #eslint: EslintProcess;

  constructor(
    discovery: Discovery,
    options: EslintOptions,
    legacy: LegacyAnswer,
    hello: FlatHello,
    eslint: EslintProcess,
  ) {
    this.#discovery = discovery;
    this.#options = options;
    this.#legacy = legacy;
    this.#hello = hello;
    this.#eslint = eslint;
  }

  async fold(
    extensions: readonly string[],
    where: Coverage,
    notes: readonly string[],
  ): Promise<EslintFold> {
    const { mode, root } = this.#options;
    const changes = plannedRemovals(this.#discovery, root);
    const gone = new Set(
      changes.filter(({ after }) => after === undefined).map(({ path }) => path),
    );
    const honoured = withEnvComments(
      withoutFiles(this.#legacy.groups, gone),
      this.#legacy.envComments,
      this.#legacy.environments,
    );
    const flattened = flatten(this.#legacy, {
      root,
      extensions: extensions.filter((name) => !['js', 'mjs', 'cjs'].includes(name)),
      switchedOff: switchedOff(honoured, this.#hello),
      onlyIn: where.onlyIn,
      unlintedExtensions: this.#unlintedExtensions(extensions),
    });
    this.#options.progress(`ESLint ${this.#hello.version}: checking every setting`);
    const { lost, objects, groups } = await this.#dropLost(flattened, honoured);
    const normal = await this.#normalize(
      groups.map(({ effective }) => effective.rules),
      flattened.plugins,
    );
    const unified = mode === 'unify' ? unify(groups, normal) : undefined;
    const expected =
      unified === undefined
        ? groups.map((group, index) => withRules(group, normal[index] ?? {}))
        : await this.#expectUnified(groups, unified, flattened.plugins);
    const wanted = unified === undefined ? objects : unifiedObjects(objects, unified);
    const proven = await this.#prove(flattened, wanted, expected);
    this.#options.progress(`ESLint ${this.#hello.version}: running the folded configuration`);
    const after = await this.#eslint.ask<LintRun>('lint', { patterns: where.patterns });
    const comparison = withRuns(proven.comparison, this.#legacy.run, after, gone);
    const created: FileChange = {
      path: FLAT_NAME,
      before: undefined,
      after: Buffer.from(proven.source),
    };
    const removed = Object.keys(this.#legacy.run.files).filter((file) => gone.has(file));
    return {
      changes: [created, ...changes],
      report: {
        mode,
        versions: { before: this.#legacy.version, after: this.#hello.version },
        sources: this.#sources(),
        extensions,
        before: this.#legacy.run,
        after,
        comparison,
        pinned: proven.pinned,
        lost,
        notKept: this.#notKept(flattened),
        notes: [...this.#notes(), ...notes],
        violationChanges:
          unified === undefined
            ? violationChanges(this.#legacy.run, after, comparison.equal, lost)
            : [],
        changes: unified?.changes ?? [],
        votes: unified?.votes ?? [],
        removed,
      },
    };
  }

  async #dropLost(flattened: Flattened, groups: readonly EffectiveGroup[]) {
    const pairs = pairsOf(flattened.objects, groups);
    const refused = await this.#eslint.ask<{ index: number; reason: string }[]>('probe', {
      rules: pairs.map(({ rule, setting }) => [rule, setting]),
      plugins: flattened.plugins,
    });
    return dropRules(flattened.objects, groups, pairs, refused);
  }

  /** Rule sets as the new ESLint shows them, default options filled in. */
  async #normalize(
    sets: readonly Readonly<Record<string, RuleSetting>>[],
    plugins: Readonly<Record<string, Dependency>>,
  ): Promise<Record<string, RuleSetting>[]> {
    return this.#eslint.ask('normalize', { sets, plugins });
  }

  async #expectUnified(
    groups: readonly EffectiveGroup[],
    unified: Unified,
    plugins: Readonly<Record<string, Dependency>>,
  ): Promise<EffectiveGroup[]> {
    const kinds = [...new Set(unified.votes.map(({ kind }) => kind))];
    const sets = kinds.map((kind) => winnersOf(unified, kind));
    const normal = await this.#normalize(sets, plugins);
    return groups.flatMap((group) =>
      [...Map.groupBy(group.files, kindOf)].map(([kind, files]) =>
        withRules({ ...group, files }, normal[kinds.indexOf(kind)] ?? {}),
      ),
    );
  }

  /** Prints, evaluates and compares; where that differs, pins and compares once more. */
  async #prove(
    flattened: Flattened,
    objects: readonly FlatObject[],
    expected: readonly EffectiveGroup[],
  ) {
    const linted = expected.flatMap(({ files }) => files);
    const files = [...new Set([...linted, ...this.#discovery.scripts])].filter(
      (file) => this.#isCovered(file) || linted.includes(file),
    );
    const parsers = [...new Set(expected.map(({ effective }) => effective.parser))].filter(
      (parser) => parser !== 'espree',
    );
    const attempt = async (ignores: readonly string[], pins: readonly FlatObject[]) => {
      const source = this.#print(flattened, [...objects, ...pins], ignores);
      const answer = await this.#eslint.ask<FlatAnswer>('evaluate', { source, files, parsers });
      return { source, comparison: compare(expected, answer.groups) };
    };
    const first = await attempt([], []);
    if (first.comparison.groups.length === 0) return { ...first, pinned: 0 };
    const pins = pinsFor(first.comparison.groups);
    const second = await attempt(pins.ignores, pins.objects);
    const pinned = first.comparison.groups.reduce((sum, group) => sum + group.files.length, 0);
    return { ...second, pinned };
  }

  #print(flattened: Flattened, objects: readonly FlatObject[], ignores: readonly string[]): string {
    const { root, mode } = this.#options;
    const require = createRequire(join(root, FLAT_NAME));
    return printFlatConfig({
      root,
      mode,
      sources: this.#sources(),
      globalIgnores: [...flattened.globalIgnores, ...ignores],
      plugins: flattened.plugins,
      objects,
      environments: this.#legacy.environments,
      request: (kind, dependency) => requestOf(require, root, kind, dependency),
    });
  }

  #isCovered(file: string): boolean {
    return !file.startsWith('../') && file !== FLAT_NAME;
  }

  /** Of the extensions that flat ESLint lints by itself, those that were never linted here. */
  #unlintedExtensions(extensions: readonly string[]): string[] {
    const before = Object.keys(this.#legacy.run.files);
    const defaults = extensions.length === 0 ? ['js'] : extensions;
    return ['js', 'mjs', 'cjs'].filter(
      (name) =>
        !defaults.includes(name) &&
        !before.some((file) => file.endsWith(`.${name}`)) &&
        this.#discovery.scripts.some((file) => file.endsWith(`.${name}`)),
    );
  }

  #sources(): string[] {
    const { root } = this.#options;
    const above = this.#legacy.folders
      .map(({ dir }) => relative(root, dir))
      .filter((dir) => dir.startsWith('..'));
    const ignores = this.#discovery.eslintIgnores.filter((path) => path === '.eslintignore');
    return [
      ...above.map((dir) => `${dir}/ (above the root)`),
      ...this.#discovery.eslintrc,
      ...ignores,
    ];
  }

  #notKept(flattened: Flattened): string[] {
    return [
      ...flattened.conflicts.map(
        (name) =>
          `plug-in ${name} is a different package in different folders; the first one is used`,
      ),
      ...this.#legacy.unprintable.map(
        (place) => `${place} is a function and cannot be written down`,
      ),
    ];
  }

  #notes(): string[] {
    const comments = Object.keys(this.#legacy.envComments).sort();
    const nested = this.#discovery.eslintIgnores.filter((path) => path !== '.eslintignore');
    return [
      ...comments.map(
        (path) =>
          `${path}: its eslint-env comment is now in the configuration; ESLint 10 refuses it`,
      ),
      ...this.#discovery.shadowed.map(
        (path) => `${path} was never read (its folder has a configuration of higher rank); removed`,
      ),
      ...nested.map((path) => `${path} is not read by ESLint from the root; left as it is`),
    ];
  }
}

async function withProcess<Value>(
  which: 'legacy-worker' | 'flat-worker',
  eslintDir: string,
  options: EslintOptions,
  use: (eslint: EslintProcess) => Promise<Value>,
): Promise<Value> {
  const eslint = startEslint(which, { ...options, eslintDir });
  try {
    return await use(eslint);
  } finally {
    eslint.close();
  }
}

/** Names that this ESLint defines for an ecmaVersion though the old system did not. */
function switchedOff(groups: readonly EffectiveGroup[], hello: FlatHello): string[] {
  const names = new Set<string>();
  const years = Object.keys(hello.languageGlobals).filter((year) => /^\d+$/.test(year));
  const latest = String(Math.max(...years.map(Number)));
  for (const { effective } of groups) {
    const year = effective.parserInput.ecmaVersion ?? 2014;
    const known = hello.languageGlobals[year === 'latest' ? latest : String(year)] ?? [];
    for (const name of known) if (effective.globals[name] === undefined) names.add(name);
  }
  return [...names].sort();
}

function withoutFiles(groups: readonly EffectiveGroup[], gone: ReadonlySet<string>) {
  return groups
    .map((group) => ({ ...group, files: group.files.filter((file) => !gone.has(file)) }))
    .filter(({ files }) => files.length > 0);
}

function withRules(group: EffectiveGroup, rules: Readonly<Record<string, RuleSetting>>) {
  return { files: group.files, effective: { ...group.effective, rules } };
}

function winnersOf(unified: Unified, kind: string): Record<string, RuleSetting> {
  const rules: Record<string, RuleSetting> = {};
  for (const vote of unified.votes) {
    if (vote.kind === kind && vote.winner !== undefined) rules[vote.rule] = vote.winner;
  }
  return rules;
}

/** Everything but the rules stays as it was, object by object; the rules come once, at the end. */
function unifiedObjects(objects: readonly FlatObject[], unified: Unified): FlatObject[] {
  const rest = objects.map(({ rules: _rules, ...object }) => object);
  return withoutSilent([...rest, ...unified.objects]);
}
