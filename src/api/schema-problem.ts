/**
 * Says in one line what is wrong with a value that a schema refuses: which field, what was
 * expected, what came. For the keywords that this part's schemas use; the validator itself is
 * TypeBox's. A union is explained by the branch that the value meant: the one whose `type` or
 * `role` it carries, else the one of its JSON type.
 */
import { nearest } from '../base/index.ts';

export interface SchemaProblem {
  /** `messages[0].content`; empty for the value itself. */
  readonly path: string;
  /** One sentence, with the path. */
  readonly message: string;
}

/** The JSON Schema keywords that occur. */
interface Schema {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Schema[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly patternProperties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: boolean;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-unsupported'?: string;
  readonly 'x-hint'?: string;
}

const DISCRIMINATORS = ['type', 'role'] as const;
/** Length of what came, as a message shows it. */
const SHOWN_LENGTH_MAX = 40;

/**
 * The first problem, or undefined when there is none.
 * @param unsupported  names of fields that exist elsewhere but are not supported yet
 */
export function schemaProblem(
  schema: object,
  value: unknown,
  unsupported: ReadonlySet<string> = new Set(),
): SchemaProblem | undefined {
  return new Explainer(unsupported).explain(schema as Schema, value, '');
}

class Explainer {
  readonly #unsupported: ReadonlySet<string>;

  constructor(unsupported: ReadonlySet<string>) {
    this.#unsupported = unsupported;
  }

  explain(schema: Schema, value: unknown, path: string): SchemaProblem | undefined {
    if (schema.anyOf !== undefined) return this.#explainUnion(schema, schema.anyOf, value, path);
    if (isWrong(schema, value)) return mismatch(schema, value, path);
    if (Array.isArray(value)) return this.#explainItems(schema, value, path);
    if (isObject(value)) return this.#explainFields(schema, value, path);
    return undefined;
  }

  #explainUnion(
    schema: Schema,
    branches: readonly Schema[],
    value: unknown,
    path: string,
  ): SchemaProblem | undefined {
    const problems = branches.map((branch) => this.explain(branch, value, path));
    if (problems.includes(undefined)) return undefined;
    if (isObject(value)) {
      for (const key of DISCRIMINATORS) {
        const kinds = branches.map((branch) => choicesOf(branch.properties?.[key] ?? {}) ?? []);
        if (kinds.filter((choices) => choices.length > 0).length < 2) continue;
        const meant = kinds.findIndex((choices) => choices.includes(value[key]));
        if (meant >= 0) return problems[meant];
        return mismatch({ enum: kinds.flat() }, value[key], join(path, key));
      }
    }
    const meant = branches.findIndex((branch) => !isOfOtherType(branch, value));
    return meant >= 0 ? problems[meant] : mismatch(schema, value, path);
  }

  #explainItems(
    schema: Schema,
    value: readonly unknown[],
    path: string,
  ): SchemaProblem | undefined {
    if (schema.items === undefined) return undefined;
    for (let i = 0; i < value.length; i += 1) {
      const problem = this.explain(schema.items, value[i], `${path}[${i}]`);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #explainFields(
    schema: Schema,
    value: Readonly<Record<string, unknown>>,
    path: string,
  ): SchemaProblem | undefined {
    const properties = schema.properties ?? {};
    // What kind of thing it is comes first: the rest follows from it.
    for (const key of DISCRIMINATORS) {
      if (properties[key] === undefined || !Object.hasOwn(value, key)) continue;
      const problem = this.explain(properties[key], value[key], join(path, key));
      if (problem !== undefined) return problem;
    }
    for (const key of schema.required ?? []) {
      if (Object.hasOwn(value, key)) continue;
      const expected = describe(properties[key] ?? {});
      return problemAt(join(path, key), `is required: expected ${expected}, got nothing`);
    }
    for (const [key, item] of Object.entries(value)) {
      const known = Object.hasOwn(properties, key) ? properties[key] : matching(schema, key);
      const problem =
        known === undefined
          ? this.#strange(schema, key, join(path, key))
          : this.explain(known, item, join(path, key));
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  #strange(schema: Schema, key: string, path: string): SchemaProblem | undefined {
    if (schema.additionalProperties !== false) return undefined;
    if (schema.patternProperties !== undefined) {
      const [pattern] = Object.keys(schema.patternProperties);
      return problemAt(path, `expected names that match ${pattern}, got ${show(key)}`);
    }
    if (this.#unsupported.has(key)) {
      return problemAt(path, 'is not supported yet; leave the field out');
    }
    const guess = nearest(key, Object.keys(schema.properties ?? {}));
    const hint = guess === undefined ? 'leave it out' : `did you mean ${guess}?`;
    return problemAt(path, `is an unknown field; ${hint}`);
  }
}

/** Everything that the value itself, without its parts, can get wrong. */
function isWrong(schema: Schema, value: unknown): boolean {
  const choices = choicesOf(schema);
  if (choices !== undefined) return !choices.includes(value);
  if (isOfOtherType(schema, value)) return true;
  if (typeof value === 'string') {
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) return true;
    return isOutside(value.length, schema.minLength, schema.maxLength);
  }
  if (typeof value === 'number') return isOutside(value, schema.minimum, schema.maximum);
  if (Array.isArray(value)) return isOutside(value.length, schema.minItems, schema.maxItems);
  return false;
}

function isOutside(value: number, min = Number.NEGATIVE_INFINITY, max = Infinity): boolean {
  return !(value >= min && value <= max);
}

function isOfOtherType(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case 'integer':
      return !Number.isInteger(value);
    case 'array':
      return !Array.isArray(value);
    case 'object':
      return !isObject(value);
    case 'null':
      return value !== null;
    case undefined:
      return false;
    default:
      return typeof value !== schema.type;
  }
}

function choicesOf(schema: Schema): readonly unknown[] | undefined {
  if (Object.hasOwn(schema, 'const')) return [schema.const];
  return schema.enum;
}

function matching(schema: Schema, key: string): Schema | undefined {
  const patterns = Object.entries(schema.patternProperties ?? {});
  return patterns.find(([pattern]) => new RegExp(pattern, 'u').test(key))?.[1];
}

function mismatch(schema: Schema, value: unknown, path: string): SchemaProblem {
  const { 'x-unsupported': unsupported, 'x-hint': hint } = schema;
  const expected = hint === undefined ? describe(schema) : `${describe(schema)} (${hint})`;
  const what = `expected ${expected}, got ${came(schema, value)}`;
  return problemAt(path, unsupported ? `${unsupported} not supported yet; ${what}` : what);
}

function problemAt(path: string, what: string): SchemaProblem {
  const name = path === '' ? 'the body' : path;
  return { path, message: `${name}${what.startsWith('is ') ? ' ' : ': '}${what}` };
}

function describe(schema: Schema): string {
  if (schema.anyOf !== undefined) return listed(schema.anyOf.map(describe));
  const choices = choicesOf(schema);
  if (choices !== undefined) return listed(choices.map((choice) => JSON.stringify(choice)));
  switch (schema.type) {
    case 'integer':
      return `a whole number${range(schema.minimum, schema.maximum)}`;
    case 'number':
      return `a number${range(schema.minimum, schema.maximum)}`;
    case 'string':
      if (schema.pattern !== undefined) return `a string that matches ${schema.pattern}`;
      return `a string${counted(schema.minLength, schema.maxLength, 'character')}`;
    case 'boolean':
      return 'true or false';
    case 'null':
      return 'null';
    case 'array':
      if (schema.maxItems === 0) return 'an empty array';
      return `an array${counted(schema.minItems, schema.maxItems, 'item')}`;
    case 'object':
      return 'an object';
    default:
      return 'a value';
  }
}

function range(min: number | undefined, max: number | undefined): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  if (min !== undefined) return ` of at least ${min}`;
  return max === undefined ? '' : ` of at most ${max}`;
}

function counted(min: number | undefined, max: number | undefined, unit: string): string {
  if (min === undefined && max === undefined) return '';
  if (max === undefined) return ` of at least ${min} ${unit}${min === 1 ? '' : 's'}`;
  return ` of ${min ?? 0} to ${max} ${unit}s`;
}

function came(schema: Schema, value: unknown): string {
  const isCounted = !isOfOtherType(schema, value) && choicesOf(schema) === undefined;
  if (isCounted && Array.isArray(value))
    return value.length === 1 ? 'one item' : `${value.length} items`;
  if (isCounted && typeof value === 'string' && schema.pattern === undefined) {
    return value === '' ? 'an empty one' : `${value.length} characters`;
  }
  return show(value);
}

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  // JSON has no infinity, but texts like 1e999, which are read as one.
  if (typeof value === 'number' && !Number.isFinite(value)) return 'a number beyond 1.8e308';
  if (Array.isArray(value)) return 'an array';
  if (isObject(value)) return 'an object';
  const text = JSON.stringify(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}

function listed(items: readonly string[]): string {
  const unique = [...new Set(items)];
  if (unique.length < 2) return unique.join();
  return `${unique.slice(0, -1).join(', ')} or ${unique[unique.length - 1]}`;
}

function join(path: string, key: string): string {
  const shown = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/.test(key) ? key : show(key);
  return path === '' ? shown : `${path}.${shown}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
