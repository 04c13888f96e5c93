/**
 * The old cascade as one list of flat objects, outer folders before inner ones. A nested
 * `root: true` becomes an `ignores` on every object of the folders above it. `extends` has been
 * resolved by ESLint's own classes: its rules are written out, so that a later version of a preset
 * changes nothing by itself.
 */
import { relative, sep } from 'node:path';
import { accesses, ruleSettings } from './effective.ts';
import { type FlatObject, withoutSilent } from './flat-object.ts';
import { folderPrefix, ignoreGlob, overrideGlobs, overrideGlobsFromAbove } from './globs.ts';
import type { Access, Dependency, LegacyAnswer, LegacyElement, LegacyFolder } from './model.ts';

export interface Flattened {
  readonly globalIgnores: readonly string[];
  readonly plugins: Readonly<Record<string, Dependency>>;
  readonly objects: readonly FlatObject[];
  /** Plug-ins of one name that are different modules in different folders. */
  readonly conflicts: readonly string[];
}

export interface FlattenOptions {
  readonly root: string;
  /** Extensions that were linted besides .js, without the dot. */
  readonly extensions: readonly string[];
  /** ESLint's own globals that the old system did not define and that must be switched off. */
  readonly switchedOff: readonly string[];
  /** Folders that have a configuration when the root has none. */
  readonly onlyIn: readonly string[];
  /** Extensions that flat ESLint would lint and the old one did not. */
  readonly unlintedExtensions: readonly string[];
}

export function flatten(legacy: LegacyAnswer, options: FlattenOptions): Flattened {
  const { root } = options;
  const parts = legacy.folders.flatMap((folder) => {
    const inner = legacy.folders.filter((other) => other.isRoot && isBelow(other.dir, folder.dir));
    const holes = inner.map((other) => `${folderPrefix(down(root, other.dir))}**`);
    return folder.elements.map((element) => ({ folder, element, holes }));
  });
  const languages = parts.map(({ element }) => language(element, legacy));
  const objects: FlatObject[] = [];
  const environmentsFirst = needsEnvironmentsFirst(languages, legacy.environments);
  if (environmentsFirst) {
    parts.forEach((part, index) => {
      const { fromEnvironment } = languages[index] as Language;
      objects.push({ ...place(part, root), ...fromEnvironment });
    });
  }
  parts.forEach((part, index) => {
    const { fromEnvironment, own } = languages[index] as Language;
    const first = environmentsFirst ? {} : fromEnvironment;
    objects.push({ ...place(part, root), ...rest(part.element), ...joinLanguages(first, own) });
  });
  const { plugins, conflicts } = allPlugins(parts.map(({ element }) => element));
  return {
    globalIgnores: globalIgnores(legacy, options),
    plugins,
    objects: withoutSilent([...base(options), ...keptApart(objects)]),
    conflicts,
  };
}

/**
 * ESLint 8 to 10 switch `globalReturn` off for a module in the very object that they share with the
 * scripts of outer folders, so that a script fails to parse when a module was linted before it.
 * An object that says it itself is not shared. Measured: 4 of 40 runs of such a repository.
 */
function keptApart(objects: readonly FlatObject[]): FlatObject[] {
  const features = ({ parserOptions }: FlatObject) =>
    (parserOptions?.ecmaFeatures ?? {}) as Record<string, unknown>;
  if (!objects.some((object) => features(object).globalReturn === true)) return [...objects];
  return objects.map((object) => {
    if (object.sourceType !== 'module') return object;
    const ecmaFeatures = { ...features(object), globalReturn: false };
    return { ...object, parserOptions: { ...object.parserOptions, ecmaFeatures } };
  });
}

/** What the old system assumed where nothing was said. */
function base(options: FlattenOptions): FlatObject[] {
  const own = Object.fromEntries(options.switchedOff.map((name) => [name, 'off' as Access]));
  const objects: FlatObject[] = [
    {
      name: 'eslintrc defaults',
      ecmaVersion: 5,
      sourceType: 'script',
      reportUnused: 0,
      ...(options.switchedOff.length === 0 ? {} : { globals: { environments: [], own } }),
    },
  ];
  if (options.extensions.length > 0) {
    objects.unshift({
      name: 'extensions to lint',
      files: options.extensions.map((extension) => `**/*.${extension}`),
    });
  }
  return objects;
}

interface Part {
  readonly folder: LegacyFolder;
  readonly element: LegacyElement;
  readonly holes: readonly string[];
}

/** Name, files and ignores of the object for one element. */
function place({ folder, element, holes }: Part, root: string): FlatObject {
  const where = down(root, folder.dir);
  const outside = where.startsWith('..');
  const globs = (pattern: Parameters<typeof overrideGlobs>[1]) =>
    outside
      ? overrideGlobsFromAbove(down(folder.dir, root), pattern)
      : overrideGlobs(where, pattern);
  const ignores = [...holes];
  let files: (string | string[])[] | undefined;
  if (element.criteria !== undefined) {
    const and = element.criteria.and.map(({ includes }) => includes.flatMap(globs));
    files = product(and.filter((set, index) => set.length > 0 || includesOf(element, index)));
    ignores.push(...element.criteria.and.flatMap(({ excludes }) => excludes.flatMap(globs)));
  } else if (where !== '' && !outside) files = [`${folderPrefix(where)}**`];
  return {
    name: element.name,
    ...(files === undefined ? {} : { files }),
    ...(ignores.length === 0 ? {} : { ignores }),
  };
}

function includesOf(element: LegacyElement, index: number): boolean {
  return (element.criteria?.and[index]?.includes.length ?? 0) > 0;
}

/** All combinations of one pattern of each set: a nested array means "and" in flat `files`. */
function product(sets: readonly string[][]): (string | string[])[] {
  let rows: string[][] = [[]];
  for (const set of sets) {
    rows = rows.flatMap((row) =>
      set.map((pattern) => (row.includes(pattern) ? row : [...row, pattern])),
    );
  }
  return rows.map((row) => (row.length === 1 ? (row[0] as string) : row));
}

function rest(element: LegacyElement): Partial<FlatObject> {
  const { noInlineConfig, reportUnusedDisableDirectives: unused, processor } = element;
  return {
    ...(noInlineConfig === undefined ? {} : { noInlineConfig }),
    ...(unused === undefined ? {} : { reportUnused: unused ? 1 : 0 }),
    ...(processor === undefined ? {} : { processor }),
    ...(element.rules === undefined ? {} : { rules: ruleSettings(element.rules) }),
    ...(element.settings === undefined ? {} : { settings: element.settings }),
  };
}

type LanguagePart = Pick<
  FlatObject,
  'ecmaVersion' | 'sourceType' | 'parser' | 'parserOptions' | 'globals'
>;

interface Language {
  readonly fromEnvironment: LanguagePart;
  readonly own: LanguagePart;
}

function language(element: LegacyElement, legacy: LegacyAnswer): Language {
  const environments = Object.entries(element.env ?? {})
    .map(([name, on]) => ({ name, on: Boolean(on) }))
    .filter(({ name }) => legacy.environments[name] !== undefined);
  let fromEnvironment: LanguagePart = {};
  for (const { name, on } of environments) {
    const options = legacy.environments[name]?.parserOptions ?? {};
    const said = on ? options : featuresOff(options);
    fromEnvironment = joinLanguages(fromEnvironment, split(said));
  }
  const withGlobals = environments.filter(({ name }) => legacy.environments[name]?.globals);
  if (withGlobals.length > 0) {
    fromEnvironment = { ...fromEnvironment, globals: { environments: withGlobals, own: {} } };
  }
  return {
    fromEnvironment,
    own: {
      ...split(element.parserOptions ?? {}),
      ...(element.parser === undefined ? {} : { parser: element.parser }),
      ...(element.globals === undefined
        ? {}
        : { globals: { environments: [], own: accesses(element.globals) } }),
    },
  };
}

/** What `env: { node: false }` takes back of an outer `node: true`. */
function featuresOff(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = Object.keys((options.ecmaFeatures as object | undefined) ?? {});
  if (names.length === 0) return {};
  return { ecmaFeatures: Object.fromEntries(names.map((name) => [name, false])) };
}

/** parserOptions of the old system: two of them have places of their own in the new one. */
function split(options: Readonly<Record<string, unknown>>): LanguagePart {
  const { ecmaVersion, sourceType, ...others } = options;
  return {
    ...(ecmaVersion === undefined ? {} : { ecmaVersion }),
    ...(sourceType === undefined ? {} : { sourceType }),
    ...(Object.keys(others).length === 0 ? {} : { parserOptions: others }),
  };
}

function joinLanguages(first: LanguagePart, second: LanguagePart): LanguagePart {
  const joined = { ...first, ...second };
  const features = {
    ...(first.parserOptions?.ecmaFeatures as object | undefined),
    ...(second.parserOptions?.ecmaFeatures as object | undefined),
  };
  if (first.parserOptions !== undefined || second.parserOptions !== undefined) {
    joined.parserOptions = {
      ...first.parserOptions,
      ...second.parserOptions,
      ...(Object.keys(features).length === 0 ? {} : { ecmaFeatures: features }),
    };
  }
  if (first.globals !== undefined && second.globals !== undefined) {
    joined.globals = {
      environments: [...first.globals.environments, ...second.globals.environments],
      own: { ...first.globals.own, ...second.globals.own },
    };
  }
  return joined;
}

/**
 * In the old system every `globals` and `parserOptions` wins over every `env`, whichever is nearer.
 * True when an inner `env` could override an outer `globals` or `parserOptions` in the flat order.
 */
function needsEnvironmentsFirst(
  languages: readonly Language[],
  environments: LegacyAnswer['environments'],
): boolean {
  const before = new Set<string>();
  for (const { fromEnvironment, own } of languages) {
    const names = (fromEnvironment.globals?.environments ?? []).flatMap(({ name }) =>
      Object.keys(environments[name]?.globals ?? {}),
    );
    if ([...keysOf(fromEnvironment), ...names.map(globalKey)].some((key) => before.has(key))) {
      return true;
    }
    for (const key of keysOf(own)) before.add(key);
  }
  return false;
}

/** Everything a part sets, under names of its own for globals and features. */
function keysOf(part: LanguagePart): string[] {
  const features = part.parserOptions?.ecmaFeatures as object | undefined;
  return [
    ...(['ecmaVersion', 'sourceType'] as const).filter((key) => part[key] !== undefined),
    ...Object.keys(part.parserOptions ?? {}).filter((key) => key !== 'ecmaFeatures'),
    ...Object.keys(features ?? {}).map((key) => `feature ${key}`),
    ...Object.keys(part.globals?.own ?? {}).map(globalKey),
  ];
}

function globalKey(name: string): string {
  return `global ${name}`;
}

function allPlugins(elements: readonly LegacyElement[]) {
  const plugins: Record<string, Dependency> = {};
  const conflicts = new Set<string>();
  for (const element of elements) {
    for (const [name, plugin] of Object.entries(element.plugins ?? {})) {
      const known = plugins[name];
      if (known === undefined) plugins[name] = plugin;
      else if (known.filePath !== plugin.filePath) conflicts.add(name);
    }
  }
  return { plugins, conflicts: [...conflicts] };
}

function globalIgnores(legacy: LegacyAnswer, options: FlattenOptions): string[] {
  const ignores: string[] = [];
  if (options.onlyIn.length > 0) {
    ignores.push('**/*', '!**/*/', ...options.onlyIn.map((dir) => `!${folderPrefix(dir)}**`));
  }
  const defaults = ['**/.*'];
  ignores.push(...defaults);
  for (const folder of legacy.folders) {
    const where = down(options.root, folder.dir);
    if (folder.isRoot && where !== '' && !where.startsWith('..') && ignores.length > 1) {
      ignores.push(`!${folderPrefix(where)}**`, ...defaults, '**/node_modules/');
    }
    for (const { ignorePattern } of folder.elements) {
      if (ignorePattern === undefined) continue;
      const at = down(options.root, ignorePattern.basePath);
      for (const line of ignorePattern.patterns) {
        const glob = ignoreGlob(at.startsWith('..') ? '' : at, line, ignorePattern.loose);
        if (glob !== undefined) ignores.push(glob);
      }
    }
  }
  for (const line of legacy.rootIgnores) {
    const glob = ignoreGlob('', line, true);
    if (glob !== undefined) ignores.push(glob);
  }
  ignores.push(...options.unlintedExtensions.map((extension) => `**/*.${extension}`));
  ignores.push('eslint.config.mjs');
  return ignores;
}

function down(from: string, to: string): string {
  const path = relative(from, to);
  return sep === '/' ? path : path.split(sep).join('/');
}

function isBelow(inner: string, outer: string): boolean {
  return inner !== outer && inner.startsWith(outer.endsWith(sep) ? outer : outer + sep);
}
