/**
 * Turns what each system says about one file into the shared form `Effective`. Runs in the child
 * processes. The rules that ESLint applies between configuration and parser (environments first,
 * then globals; globalReturn is off in modules; "latest") are stated here once.
 */
import type { Access, Effective, Environment, RuleSetting, Severity } from './model.ts';

export interface LegacyConfig {
  readonly env?: Readonly<Record<string, boolean>>;
  readonly globals?: Readonly<Record<string, unknown>>;
  readonly parser?: string | null;
  readonly parserOptions?: Readonly<Record<string, unknown>>;
  readonly rules?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly noInlineConfig?: boolean;
  readonly reportUnusedDisableDirectives?: boolean;
}

/** `environments` holds every enabled one, and `builtin`, the globals of ES5. */
export function effectiveOfLegacy(
  config: LegacyConfig,
  environments: Readonly<Record<string, Environment>>,
  processor: string | null,
): Effective {
  const enabled = Object.keys(config.env ?? {}).filter((name) => config.env?.[name]);
  const all = ['builtin', ...enabled].map((name) => environments[name] ?? {});
  const globals: Record<string, Access> = {};
  for (const environment of all) Object.assign(globals, accesses(environment.globals));
  Object.assign(globals, accesses(config.globals));
  let parserInput: Record<string, unknown> = {};
  for (const environment of all) parserInput = merge(parserInput, environment.parserOptions ?? {});
  parserInput = merge(parserInput, config.parserOptions ?? {});
  const parser = config.parser ?? 'espree';
  if (parser === 'espree') parserInput.ecmaVersion ??= 5;
  return {
    rules: ruleSettings(config.rules ?? {}),
    globals: withoutOff(globals),
    parser,
    parserInput: normalParserInput(parserInput),
    settings: config.settings ?? {},
    noInlineConfig: config.noInlineConfig ?? false,
    reportUnused: config.reportUnusedDisableDirectives ? 1 : 0,
    processor,
  };
}

export interface FlatConfig {
  readonly rules?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly processor?: unknown;
  readonly plugins?: Readonly<Record<string, { readonly processors?: object }>>;
  readonly linterOptions?: {
    readonly noInlineConfig?: boolean;
    readonly reportUnusedDisableDirectives?: unknown;
  };
  readonly languageOptions?: {
    readonly ecmaVersion?: unknown;
    readonly sourceType?: unknown;
    readonly globals?: Readonly<Record<string, unknown>>;
    readonly parserOptions?: Readonly<Record<string, unknown>>;
  };
}

/**
 * `languageGlobals`: what ESLint defines by itself per year, and `commonjs`.
 * `latest`: the year that "latest" means for this ESLint.
 */
export function effectiveOfFlat(
  config: FlatConfig,
  parser: string,
  languageGlobals: Readonly<Record<string, readonly string[]>>,
  latest: number,
): Effective {
  const language = config.languageOptions ?? {};
  const year = yearOf(language.ecmaVersion) ?? latest;
  const shown = year === 'latest' ? latest : year;
  const globals: Record<string, Access> = {};
  const builtIn = [
    ...(languageGlobals[String(shown)] ?? []),
    ...(language.sourceType === 'commonjs' ? (languageGlobals.commonjs ?? []) : []),
  ];
  for (const name of builtIn) globals[name] = 'readonly';
  Object.assign(globals, accesses(language.globals));
  const { ecmaVersion, sourceType } = language;
  return {
    rules: ruleSettings(config.rules ?? {}),
    globals: withoutOff(globals),
    parser,
    parserInput: normalParserInput({ ecmaVersion, sourceType, ...language.parserOptions }, latest),
    settings: config.settings ?? {},
    noInlineConfig: config.linterOptions?.noInlineConfig ?? false,
    reportUnused: severityOf(config.linterOptions?.reportUnusedDisableDirectives),
    processor: processorName(config),
  };
}

export function ruleSettings(
  rules: Readonly<Record<string, unknown>>,
): Record<string, RuleSetting> {
  const settings: Record<string, RuleSetting> = {};
  for (const [name, value] of Object.entries(rules)) {
    const [severity, ...options] = Array.isArray(value) ? value : [value];
    settings[name] = [severityOf(severity), ...options];
  }
  return settings;
}

export function severityOf(value: unknown): Severity {
  if (value === 2 || value === '2' || value === 'error') return 2;
  if (value === 1 || value === '1' || value === 'warn' || value === true) return 1;
  if (typeof value === 'string') return severityOf(lower(value));
  return 0;
}

export function accesses(
  globals: Readonly<Record<string, unknown>> | undefined,
): Record<string, Access> {
  const result: Record<string, Access> = {};
  for (const [name, value] of Object.entries(globals ?? {})) result[name] = accessOf(value);
  return result;
}

function accessOf(value: unknown): Access {
  if (value === 'off') return 'off';
  const writable = ['true', 'writable', 'writeable'].includes(String(value));
  return writable ? 'writable' : 'readonly';
}

function lower(value: string): unknown {
  const small = value.toLowerCase();
  return small === value ? undefined : small;
}

function withoutOff(globals: Record<string, Access>): Record<string, Access> {
  return Object.fromEntries(Object.entries(globals).filter(([, access]) => access !== 'off'));
}

/** The year of an ecmaVersion: 6 and 2015 are the same. */
export function yearOf(version: unknown): number | 'latest' | undefined {
  if (version === 'latest') return version;
  if (typeof version !== 'number') return undefined;
  return version >= 2015 ? version : version + 2009;
}

/** Same meaning, same form: years, no default values, no globalReturn inside a module. */
function normalParserInput(input: Record<string, unknown>, latest?: number) {
  const { ecmaVersion, sourceType, ecmaFeatures, ...rest } = input;
  const normal: Record<string, unknown> = { ...rest };
  const year = yearOf(ecmaVersion);
  if (year !== undefined) normal.ecmaVersion = year === latest ? 'latest' : year;
  normal.sourceType = sourceType ?? 'script';
  const features = Object.entries((ecmaFeatures ?? {}) as Record<string, unknown>).filter(
    ([name, on]) => Boolean(on) && !(name === 'globalReturn' && sourceType === 'module'),
  );
  if (features.length > 0) normal.ecmaFeatures = Object.fromEntries(features);
  return normal;
}

/** ESLint resolves the name to the object; the plug-in that has it gives the name back. */
function processorName({ processor, plugins }: FlatConfig): string | null {
  if (typeof processor === 'string') return processor;
  if (typeof processor !== 'object' || processor === null) return null;
  for (const [namespace, plugin] of Object.entries(plugins ?? {})) {
    for (const [name, candidate] of Object.entries(plugin.processors ?? {})) {
      if (candidate === processor) return `${namespace}/${name}`;
    }
  }
  return '(processor of no plug-in)';
}

function merge(
  base: Readonly<Record<string, unknown>>,
  over: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const old = result[key];
    result[key] = isPlain(old) && isPlain(value) ? merge(old, value) : value;
  }
  return result;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
