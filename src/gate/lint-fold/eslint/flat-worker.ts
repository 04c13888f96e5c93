/**
 * Child process for flat configuration: says which settings this ESLint accepts, evaluates the
 * proposed source (the very bytes that would be written, served from memory under their future
 * address), and runs it. Entered only by `process.ts`.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { serve } from './channel.ts';
import { effectiveOfFlat, type FlatConfig, ruleSettings } from './effective.ts';
import { type EslintResult, lintRun, toRelative } from './lint-run.ts';
import type {
  Dependency,
  Effective,
  EffectiveGroup,
  FlatAnswer,
  FlatHello,
  LintRun,
  RuleSetting,
} from './model.ts';
import { plainCopy, textKey } from './plain.ts';
import { installSandbox, type Sandbox } from './sandbox.ts';

export interface FlatParams {
  readonly root: string;
  /** Folder of the ESLint package that runs the new system. */
  readonly eslintDir: string;
  readonly allowJs: boolean;
}

interface Eslint {
  lintFiles(patterns: readonly string[]): Promise<EslintResult[]>;
  calculateConfigForFile(path: string): Promise<FlatConfig | undefined>;
  isPathIgnored(path: string): Promise<boolean>;
}

interface State {
  readonly root: string;
  readonly require: NodeJS.Require;
  readonly sandbox: Sandbox;
  readonly create: (options: object) => Eslint;
  readonly languageGlobals: Record<string, readonly string[]>;
  readonly latest: number;
  config: unknown[];
  parsers: readonly string[];
}

let state: State;
let evaluations = 0;

serve({ start, probe, evaluate, normalize, lint });

function start(params: FlatParams): FlatHello {
  const sandbox = installSandbox(params.root, params.eslintDir, params.allowJs);
  const require = createRequire(join(params.eslintDir, 'package.json'));
  const { version } = require('./package.json') as { version: string };
  const eslint = require('eslint');
  const Flat =
    Number.parseInt(version, 10) >= 9
      ? eslint.ESLint
      : require('eslint/use-at-your-own-risk').FlatESLint;
  const conf = require(join(params.eslintDir, 'conf/globals.js')) as Record<string, object>;
  const languageGlobals: Record<string, readonly string[]> = {};
  for (const [name, globals] of Object.entries(conf)) {
    languageGlobals[name.replace(/^es(?=\d{4}$)/, '')] = Object.keys(globals);
  }
  languageGlobals['2014'] = languageGlobals.es5 ?? [];
  languageGlobals['2012'] = languageGlobals.es3 ?? [];
  const years = Object.keys(languageGlobals).map(Number).filter(Number.isInteger);
  state = {
    root: params.root,
    require,
    sandbox,
    create: (options) => new Flat({ cwd: params.root, errorOnUnmatchedPattern: false, ...options }),
    languageGlobals,
    latest: Math.max(...years),
    config: [],
    parsers: [],
  };
  return { version, languageGlobals };
}

/**
 * The settings of `rules` (none of them off) that this ESLint refuses, with its reason.
 * `index` is the place in `rules`.
 */
async function probe(params: {
  rules: readonly (readonly [string, RuleSetting])[];
  plugins: Readonly<Record<string, Dependency>>;
}): Promise<{ index: number; reason: string }[]> {
  const plugins = loadPlugins(params.plugins);
  const { Linter } = state.require('eslint');
  const refused: { index: number; reason: string }[] = [];
  for (const [index, [name, setting]] of params.rules.entries()) {
    try {
      new Linter({ configType: 'flat' }).verify('', [{ plugins, rules: { [name]: setting } }]);
    } catch (error) {
      refused.push({ index, reason: firstLines((error as Error).message) });
    }
  }
  return refused;
}

/** Evaluates a proposed `eslint.config.mjs` and gives the effective configuration of each file. */
async function evaluate(params: {
  source: string;
  files: readonly string[];
  /** Parsers of the old system, to recognise them by identity. */
  parsers: readonly string[];
}): Promise<FlatAnswer> {
  const url = pathToFileURL(join(state.root, 'eslint.config.mjs')).href;
  state.sandbox.memory.set(url, params.source);
  evaluations += 1;
  const module = (await import(`${url}?${evaluations}`)) as { default: unknown[] };
  state.config = module.default;
  state.parsers = params.parsers;
  const eslint = state.create({ overrideConfigFile: true, overrideConfig: state.config });
  return collect(eslint, params.files);
}

async function collect(eslint: Eslint, files: readonly string[]): Promise<FlatAnswer> {
  const groups = new Map<string, { effective: Effective; files: string[] }>();
  const unlinted: string[] = [];
  const seen = new Map<unknown, { effective: Effective; files: string[] }>();
  for (const file of files) {
    const path = join(state.root, file);
    const config = (await eslint.isPathIgnored(path))
      ? undefined
      : await eslint.calculateConfigForFile(path);
    if (config === undefined) {
      unlinted.push(file);
      continue;
    }
    let group = seen.get(config);
    if (group === undefined) {
      const effective = toEffective(config);
      const key = textKey(effective);
      group = groups.get(key) ?? { effective, files: [] };
      groups.set(key, group);
      seen.set(config, group);
    }
    group.files.push(file);
  }
  return { groups: [...groups.values()] as EffectiveGroup[], unlinted };
}

function toEffective(config: FlatConfig): Effective {
  const parser = (config.languageOptions as { parser?: unknown } | undefined)?.parser;
  const effective = effectiveOfFlat(
    config,
    parserPath(parser),
    state.languageGlobals,
    state.latest,
  );
  return plainCopy(effective, 'effective', []) as Effective;
}

function parserPath(parser: unknown): string {
  if (parser === undefined) return 'espree';
  for (const path of state.parsers) if (state.require(path) === parser) return path;
  const { meta, name } = parser as { meta?: { name?: string }; name?: string };
  if ('latestEcmaVersion' in (parser as object)) return 'espree';
  return meta?.name ?? name ?? '(unknown parser)';
}

/**
 * The rules of the old system as this ESLint shows them: it fills in default options, so the same
 * setting has another form. One rule set in, one out; a set it refuses comes back as it is.
 */
async function normalize(params: {
  sets: readonly Readonly<Record<string, RuleSetting>>[];
  plugins: Readonly<Record<string, Dependency>>;
}): Promise<Record<string, RuleSetting>[]> {
  const plugins = loadPlugins(params.plugins);
  const results: Record<string, RuleSetting>[] = [];
  for (const rules of params.sets) {
    const eslint = state.create({
      overrideConfigFile: true,
      overrideConfig: [{ plugins, rules }],
    });
    const config = await eslint.calculateConfigForFile(join(state.root, 'vitrine-lint-fold.js'));
    const settings = ruleSettings(config?.rules ?? {});
    results.push(plainCopy(settings, 'rules', []) as Record<string, RuleSetting>);
  }
  return results;
}

/** Runs the configuration that `evaluate` loaded last. */
async function lint(params: { patterns: readonly string[] }): Promise<LintRun> {
  const eslint = state.create({ overrideConfigFile: true, overrideConfig: state.config });
  const results = await eslint.lintFiles(params.patterns);
  // A file that is named but not configured comes back with one warning and no line.
  return lintRun(
    state.root,
    results.filter((result) => toRelative(state.root, result.filePath)),
  );
}

function loadPlugins(plugins: Readonly<Record<string, Dependency>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(plugins).map(([name, plugin]) => [name, state.require(plugin.filePath)]),
  );
}

function firstLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .slice(0, 3)
    .join(' ');
}
