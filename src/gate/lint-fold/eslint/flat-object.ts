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
function isEmpty(object: FlatObject): boolean {
  const { name: _name, files: _files, ignores: _ignores, ...rest } = object;
  return Object.values(rest).every((value) => value === undefined || isEmptyRecord(value));
}

/**
 * Without objects that say nothing. One thing an empty object can say: that files of an extension
 * are linted at all (`*.ts`). It stays where no other object says that for the same files.
 */
export function withoutSilent(objects: readonly FlatObject[]): FlatObject[] {
  const said = new Set<string>();
  const add = ({ files = [], ignores = [] }: FlatObject) => {
    for (const glob of files) if (typeof glob === 'string') said.add(keyOf(glob, ignores));
  };
  for (const object of objects) if (!isEmpty(object)) add(object);
  return objects.filter((object) => {
    if (!isEmpty(object)) return object.files?.length !== 0;
    const { files = [], ignores = [] } = object;
    const isSaid = (glob: string) => said.has(keyOf(glob, ignores)) || said.has(keyOf(glob, []));
    const news = files.some((glob) =>
      typeof glob === 'string' ? !glob.endsWith('*') && !isSaid(glob) : !glob.some(isSaid),
    );
    if (news) add(object);
    return news;
  });
}

function keyOf(glob: string, ignores: readonly string[]): string {
  return JSON.stringify([glob, ...ignores]);
}

function isEmptyRecord(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}
