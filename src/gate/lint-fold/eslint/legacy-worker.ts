/**
 * Child process for the old system: reads the cascade with the very classes ESLint uses for it
 * (`@eslint/eslintrc`, from ESLint's own node_modules), asks ESLint for the effective
 * configuration of every file, and runs it. Entered only by `process.ts`.
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { serve } from './channel.ts';
import { effectiveOfLegacy, type LegacyConfig } from './effective.ts';
import { envComments } from './env-comments.ts';
import { type EslintResult, lintRun, toRelative } from './lint-run.ts';
import type {
  EffectiveGroup,
  Environment,
  LegacyAnswer,
  LegacyElement,
  LegacyFolder,
} from './model.ts';
import { plainCopy, textKey, withoutInherited } from './plain.ts';
import { installSandbox } from './sandbox.ts';

export interface LegacyParams {
  readonly root: string;
  /** Folder of the ESLint package that runs the old system. */
  readonly eslintDir: string;
  readonly allowJs: boolean;
  /** Absolute folders with a configuration, outer before inner. */
  readonly dirs: readonly string[];
  /** File extensions to lint besides those that overrides name; undefined: ESLint's default. */
  readonly extensions?: readonly string[];
  /** What to lint, relative to the root. */
  readonly patterns: readonly string[];
}

interface RawDependency {
  readonly id: string;
  readonly filePath: string | null;
  readonly error: Error | null;
  readonly definition?: { readonly environments?: Record<string, Environment> } | null;
}

interface RawElement extends Omit<LegacyElement, 'parser' | 'plugins' | 'criteria'> {
  readonly filePath: string;
  readonly type: string;
  readonly root?: boolean;
  readonly parser?: RawDependency;
  readonly plugins?: Readonly<Record<string, RawDependency>>;
  readonly criteria?: {
    readonly basePath: string;
    readonly patterns: readonly {
      readonly includes: readonly RawMatcher[] | null;
      readonly excludes: readonly RawMatcher[] | null;
    }[];
  } | null;
}

interface RawMatcher {
  readonly pattern: string;
  readonly options: { readonly matchBase?: boolean };
}

interface ConfigArray extends Array<RawElement> {
  extractConfig(path: string): { readonly processor?: string | null };
  readonly pluginEnvironments: ReadonlyMap<string, Environment>;
}

interface Factory {
  getConfigArrayForFile(path: string, options?: object): ConfigArray;
}

interface Eslint {
  lintFiles(patterns: readonly string[]): Promise<EslintResult[]>;
  calculateConfigForFile(path: string): Promise<LegacyConfig>;
}

serve({ fold });

async function fold(params: LegacyParams): Promise<LegacyAnswer> {
  installSandbox(params.root, params.eslintDir, params.allowJs);
  const require = createRequire(join(params.eslintDir, 'package.json'));
  const { version } = require('./package.json') as { version: string };
  const { Legacy } = require('@eslint/eslintrc');
  const factory = createFactory(Legacy, require, params.root);
  const eslint = createEslint(require, version, params);
  const results = await eslint.lintFiles(params.patterns);
  const environments = { ...Object.fromEntries(Legacy.environments as Map<string, Environment>) };
  const groups = await effectiveGroups(params, factory, eslint, results, environments);
  const unprintable: string[] = [];
  const folders = readFolders(params, factory, unprintable);
  const comments = readEnvComments(params.root, results);
  const used = usedEnvironments(folders, Object.values(comments).flat(), environments);
  return {
    version,
    folders,
    rootIgnores: rootIgnores(
      factory.getConfigArrayForFile(join(params.root, 'x.js'), {
        ignoreNotFoundError: true,
      }),
    ),
    environments: plainCopy(used, 'environments', unprintable) as Record<string, Environment>,
    groups,
    envComments: comments,
    run: lintRun(params.root, results),
    unprintable,
    es5Globals: Object.keys(environments.builtin?.globals ?? {}),
  };
}

function createFactory(
  Legacy: { CascadingConfigArrayFactory: new (options: object) => Factory },
  require: NodeJS.Require,
  cwd: string,
): Factory {
  const js = require('@eslint/js') as { configs: Record<string, { rules: object }> };
  return new Legacy.CascadingConfigArrayFactory({
    cwd,
    getEslintRecommendedConfig: () => ({ rules: js.configs.recommended?.rules }),
    getEslintAllConfig: () => ({ rules: js.configs.all?.rules }),
  });
}

function createEslint(require: NodeJS.Require, version: string, params: LegacyParams): Eslint {
  const options = {
    cwd: params.root,
    errorOnUnmatchedPattern: false,
    ...(params.extensions === undefined ? {} : { extensions: params.extensions }),
  };
  if (Number.parseInt(version, 10) >= 9) {
    const { LegacyESLint } = require('eslint/use-at-your-own-risk');
    return new LegacyESLint(options);
  }
  return new (require('eslint').ESLint)(options);
}

async function effectiveGroups(
  params: LegacyParams,
  factory: Factory,
  eslint: Eslint,
  results: readonly EslintResult[],
  environments: Record<string, Environment>,
): Promise<EffectiveGroup[]> {
  const groups = new Map<
    string,
    { config: LegacyConfig; processor: string | null; files: string[] }
  >();
  for (const { filePath } of results) {
    const array = factory.getConfigArrayForFile(filePath);
    for (const [name, value] of array.pluginEnvironments) environments[name] ??= value;
    const processor = array.extractConfig(filePath).processor ?? null;
    const config = await eslint.calculateConfigForFile(filePath);
    const key = textKey([config, processor]);
    const group = groups.get(key) ?? { config, processor, files: [] };
    group.files.push(toRelative(params.root, filePath));
    groups.set(key, group);
  }
  return [...groups.values()].map(({ config, processor, files }) => ({
    effective: plainCopy(
      effectiveOfLegacy(config, environments, processor),
      'effective',
      [],
    ) as EffectiveGroup['effective'],
    files,
  }));
}

/** The elements that each folder adds to what it inherits. */
function readFolders(
  params: LegacyParams,
  factory: Factory,
  unprintable: string[],
): LegacyFolder[] {
  const options = { ignoreNotFoundError: true };
  return params.dirs.map((dir) => {
    const array = factory.getConfigArrayForFile(join(dir, '__placeholder__.js'), options);
    const outer = new Set(
      dirname(dir) === dir
        ? []
        : factory.getConfigArrayForFile(join(dirname(dir), '__placeholder__.js'), options),
    );
    const elements = array.filter((element) => !outer.has(element));
    return {
      dir,
      isRoot: isRoot(elements),
      elements: elements
        .filter((element) => element.type !== 'ignore')
        .map((element) => convertElement(element, unprintable)),
    };
  });
}

/** ESLint's own rule: the last element that says anything about `root` decides. */
function isRoot(elements: readonly RawElement[]): boolean {
  return elements.findLast(({ root }) => typeof root === 'boolean')?.root ?? false;
}

function convertElement(raw: RawElement, unprintable: string[]): LegacyElement {
  const plain = (key: keyof RawElement) =>
    raw[key] === undefined || raw[key] === null
      ? {}
      : { [key]: plainCopy(raw[key], `${raw.name}: ${key}`, unprintable) };
  const merged = (key: 'globals' | 'parserOptions' | 'settings') =>
    Object.fromEntries(
      Object.entries(plain(key)).map(([name, value]) => [name, withoutInherited(value)]),
    );
  return {
    name: raw.name,
    ...(raw.criteria ? { criteria: convertCriteria(raw.criteria) } : {}),
    ...plain('env'),
    ...merged('globals'),
    ...(raw.ignorePattern === undefined
      ? {}
      : {
          ignorePattern: {
            patterns: [...raw.ignorePattern.patterns],
            basePath: raw.ignorePattern.basePath,
            loose: raw.ignorePattern.loose,
          },
        }),
    ...plain('noInlineConfig'),
    ...(raw.parser ? { parser: dependency(raw.parser) } : {}),
    ...merged('parserOptions'),
    ...(raw.plugins
      ? {
          plugins: Object.fromEntries(
            Object.entries(raw.plugins).map(([name, plugin]) => [name, dependency(plugin)]),
          ),
        }
      : {}),
    ...plain('processor'),
    ...plain('reportUnusedDisableDirectives'),
    ...plain('rules'),
    ...merged('settings'),
  };
}

function convertCriteria(criteria: NonNullable<RawElement['criteria']>) {
  const patterns = (matchers: readonly RawMatcher[] | null) =>
    (matchers ?? []).map((matcher) => ({
      pattern: matcher.pattern,
      matchBase: matcher.options.matchBase ?? false,
    }));
  return {
    basePath: criteria.basePath,
    and: criteria.patterns.map(({ includes, excludes }) => ({
      includes: patterns(includes),
      excludes: patterns(excludes),
    })),
  };
}

function dependency(raw: RawDependency) {
  return { id: raw.id, filePath: raw.filePath ?? '' };
}

/** `.eslintignore` and `eslintIgnore` come last in every array; the default patterns come first. */
function rootIgnores(array: ConfigArray): string[] {
  return array
    .filter((element) => element.type === 'ignore' && element.filePath !== '')
    .flatMap((element) => [...(element.ignorePattern?.patterns ?? [])]);
}

function readEnvComments(
  root: string,
  results: readonly EslintResult[],
): Record<string, readonly string[]> {
  const comments: Record<string, readonly string[]> = {};
  for (const { filePath } of results) {
    const names = envComments(readFileSync(filePath, 'utf8'));
    if (names.length > 0) comments[toRelative(root, filePath)] = names;
  }
  return comments;
}

function usedEnvironments(
  folders: readonly LegacyFolder[],
  more: readonly string[],
  environments: Readonly<Record<string, Environment>>,
): Record<string, Environment> {
  const elements = folders.flatMap((folder) => folder.elements);
  const names = [...elements.flatMap(({ env }) => Object.keys(env ?? {})), ...more];
  const used: Record<string, Environment> = {};
  for (const name of names) {
    const environment = environments[name];
    if (environment !== undefined) used[name] = environment;
  }
  return used;
}
