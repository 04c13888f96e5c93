/** One object of a flat configuration, before it is written as source. */
import type { Access, Dependency, RuleSetting, Severity } from './model.ts';

/** Globals in order: whole environments by name, then single ones. Later ones win. */
export interface GlobalsPart {
  readonly environments: readonly { readonly name: string; readonly on: boolean }[];
  readonly own: Readonly<Record<string, Access>>;
}

export interface FlatObject {
  /** Where it comes from; becomes the `name` of the object. */
  readonly name: string;
  readonly files?: readonly (string | readonly string[])[];
  readonly ignores?: readonly string[];
  /** Namespaces; the printer turns them into imports. */
  readonly plugins?: Readonly<Record<string, Dependency>>;
  readonly ecmaVersion?: unknown;
  readonly sourceType?: unknown;
  readonly parser?: Dependency | 'espree';
  readonly parserOptions?: Readonly<Record<string, unknown>>;
  readonly globals?: GlobalsPart;
  readonly noInlineConfig?: boolean;
  readonly reportUnused?: Severity;
  readonly processor?: string;
  readonly rules?: Readonly<Record<string, RuleSetting>>;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * True when the object says nothing but where it applies. Such an object must not be written: flat
 * ESLint reads one that has only `ignores` as a list of files to ignore everywhere.
 */
export function isEmpty(object: FlatObject): boolean {
  const { name: _name, files: _files, ignores: _ignores, ...rest } = object;
  return Object.values(rest).every((value) => value === undefined || isEmptyRecord(value));
}

/** An object for all `.ts` files, say, also tells ESLint that such files are linted at all. */
export function namesExtension(object: FlatObject): boolean {
  return (object.files ?? []).some((glob) => typeof glob !== 'string' || !glob.endsWith('*'));
}

function isEmptyRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
