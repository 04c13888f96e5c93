/**
 * What the two ESLint child processes and the pure parts of the fold exchange. Everything here is
 * plain data: it crosses a process boundary by structured clone.
 */

export type Severity = 0 | 1 | 2;

/** [severity, ...options] */
export type RuleSetting = readonly [Severity, ...unknown[]];

export type Access = 'readonly' | 'writable' | 'off';

/** A package that a legacy configuration names (parser or plugin), as ESLint resolved it. */
export interface Dependency {
  readonly id: string;
  readonly filePath: string;
}

/** One pattern of an override. matchBase: without a slash it matches the base name. */
export interface LegacyPattern {
  readonly pattern: string;
  readonly matchBase: boolean;
}

/** All `and` members must match: any of `includes`, none of `excludes`. */
export interface LegacyCriteria {
  readonly basePath: string;
  readonly and: readonly {
    readonly includes: readonly LegacyPattern[];
    readonly excludes: readonly LegacyPattern[];
  }[];
}

/** One element of the old cascade: a configuration, an entry of `extends` or an override. */
export interface LegacyElement {
  /** The chain of files that brought it in, as ESLint names it. */
  readonly name: string;
  readonly criteria?: LegacyCriteria;
  readonly env?: Readonly<Record<string, boolean>>;
  readonly globals?: Readonly<Record<string, Access>>;
  readonly ignorePattern?: {
    readonly patterns: readonly string[];
    readonly basePath: string;
    readonly loose: boolean;
  };
  readonly noInlineConfig?: boolean;
  readonly parser?: Dependency;
  readonly parserOptions?: Readonly<Record<string, unknown>>;
  readonly plugins?: Readonly<Record<string, Dependency>>;
  readonly processor?: string;
  readonly reportUnusedDisableDirectives?: boolean;
  readonly rules?: Readonly<Record<string, unknown>>;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** The configuration of one folder, outer folders not included. Paths are absolute. */
export interface LegacyFolder {
  readonly dir: string;
  readonly isRoot: boolean;
  readonly elements: readonly LegacyElement[];
}

export interface Environment {
  readonly globals?: Readonly<Record<string, unknown>>;
  readonly parserOptions?: Readonly<Record<string, unknown>>;
}

/** What ESLint does with one file, in a form that both systems share. */
export interface Effective {
  readonly rules: Readonly<Record<string, RuleSetting>>;
  readonly globals: Readonly<Record<string, Access>>;
  /** Absolute path of the parser module; 'espree' for ESLint's own. */
  readonly parser: string;
  /** What the parser is given, ecmaVersion and sourceType included. */
  readonly parserInput: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly noInlineConfig: boolean;
  readonly reportUnused: Severity;
  readonly processor: string | null;
}

/** Files of one effective configuration. Paths are relative to the root, with forward slashes. */
export interface EffectiveGroup {
  readonly effective: Effective;
  readonly files: readonly string[];
}

export interface Violation {
  readonly rule: string | null;
  readonly severity: Severity;
  readonly line: number;
  readonly column: number;
  readonly message: string;
}

/** Result of a real run: every linted file, with its violations. */
export interface LintRun {
  readonly files: Readonly<Record<string, readonly Violation[]>>;
  readonly errorCount: number;
  readonly warningCount: number;
}

export interface LegacyAnswer {
  readonly version: string;
  readonly folders: readonly LegacyFolder[];
  /** Ignore patterns of `.eslintignore` or `eslintIgnore`, in order. */
  readonly rootIgnores: readonly string[];
  readonly environments: Readonly<Record<string, Environment>>;
  readonly groups: readonly EffectiveGroup[];
  /** File -> environments that `eslint-env` comments in it name. */
  readonly envComments: Readonly<Record<string, readonly string[]>>;
  readonly run: LintRun;
  /** Values that are code (functions) and cannot be written down, by place. */
  readonly unprintable: readonly string[];
  readonly es5Globals: readonly string[];
}

export interface FlatHello {
  readonly version: string;
  /** Names that ESLint defines by itself for each ecmaVersion (year), e.g. 2015. */
  readonly languageGlobals: Readonly<Record<string, readonly string[]>>;
}

export interface FlatAnswer {
  /** Effective configurations of the files that are linted. */
  readonly groups: readonly EffectiveGroup[];
  /** Asked-for files that the flat configuration does not lint. */
  readonly unlinted: readonly string[];
}
