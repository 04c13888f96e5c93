/** Sample values as TypeScript: message initialisers of @bufbuild/protobuf. */
import { type DescField, ScalarType } from '@bufbuild/protobuf';
import { isWrapperDesc } from '@bufbuild/protobuf/wkt';
import type { Printable } from '@bufbuild/protoplugin';
import type {
  EnumValue,
  FieldValue,
  MapValue,
  MessageValue,
  ScalarValue,
  SingleValue,
  Value,
} from '../value.ts';
import type { Symbols } from './symbols.ts';

/** `{ name: "x", choice: { case: "text", value: "y" } }` */
export function initialiser(f: Symbols, value: MessageValue): Printable {
  if (value.fields.length === 0) return '{}';
  const parts: Printable[] = [];
  for (const entry of value.fields) {
    if (parts.length > 0) parts.push(', ');
    parts.push(property(f, entry));
  }
  return ['{ ', ...parts, ' }'];
}

/** `name: "x"`; a field of a oneof gives the property of the oneof. */
export function property(f: Symbols, { field, value }: FieldValue): Printable {
  const own = fieldValue(f, field, value);
  if (field.oneof === undefined) return [field.localName, ': ', own];
  const caseName = JSON.stringify(field.localName);
  return [field.oneof.localName, ': { case: ', caseName, ' as const, value: ', own, ' }'];
}

/** The property that `property` gives, by name: what a later spread of it replaces. */
export function propertyName(field: DescField): string {
  return field.oneof === undefined ? field.localName : field.oneof.localName;
}

/** The value of an extension, for setExtension: messages must be made, not initialised. */
export function extensionLiteral(f: Symbols, value: Value): Printable {
  if (value.kind === 'list') {
    return ['[', ...joined(value.items.map((item) => extensionLiteral(f, item))), ']'];
  }
  if (value.kind === 'message') {
    const create = f.file.runtime.create;
    return [create, '(', f.schema(value.desc), ', ', initialiser(f, value), ')'];
  }
  return value.kind === 'map' ? '{}' : single(f, value, false);
}

function fieldValue(f: Symbols, field: DescField, value: Value): Printable {
  const print = printerOf(f, field);
  if (value.kind === 'list') return ['[', ...joined(value.items.map(print)), ']'];
  if (value.kind === 'map') return mapLiteral(value, print);
  const wrapped = value.kind === 'message' ? value.desc.fields[0] : undefined;
  if (value.kind === 'message' && isWrapperDesc(value.desc) && field.oneof === undefined) {
    // The runtime's type of such a field is the scalar itself.
    if (wrapped !== undefined)
      return scalarLiteral(wrapperScalar(value, wrapped), isLongAsString(wrapped));
  }
  return print(value);
}

/** Prints the values of a field, each item of a list, each value of a map. */
function printerOf(f: Symbols, field: DescField): (value: SingleValue) => Printable {
  const isStruct = field.message?.typeName === 'google.protobuf.Struct' && isPlainStruct(field);
  return (value) =>
    isStruct && value.kind === 'message'
      ? JSON.stringify(structJson(value))
      : single(f, value, isLongAsString(field));
}

/** A Struct is a JSON object in fields, save in those of google.protobuf.Value. */
function isPlainStruct(field: DescField): boolean {
  return field.parent.typeName !== 'google.protobuf.Value';
}

function wrapperScalar(value: MessageValue, field: DescField): ScalarValue {
  const given = value.fields[0]?.value;
  if (given?.kind === 'scalar') return given;
  if (field.fieldKind !== 'scalar') throw new Error(`${field} is no wrapper's field`);
  const zero = field.getDefaultValue() ?? ZERO[field.scalar];
  if (zero === undefined) throw new Error(`${field} has no zero`);
  return { kind: 'scalar', type: field.scalar, value: zero };
}

const ZERO: Partial<Record<ScalarType, ScalarValue['value']>> = {
  [ScalarType.STRING]: '',
  [ScalarType.BYTES]: new Uint8Array(0),
  [ScalarType.BOOL]: false,
  [ScalarType.INT64]: 0n,
  [ScalarType.UINT64]: 0n,
  [ScalarType.INT32]: 0,
  [ScalarType.UINT32]: 0,
  [ScalarType.FLOAT]: 0,
  [ScalarType.DOUBLE]: 0,
};

function isLongAsString(field: DescField): boolean {
  return 'longAsString' in field && field.longAsString === true;
}

function single(f: Symbols, value: SingleValue, longAsString: boolean): Printable {
  if (value.kind === 'message') return initialiser(f, value);
  return value.kind === 'enum' ? enumLiteral(f, value) : scalarLiteral(value, longAsString);
}

function enumLiteral(f: Symbols, { desc, number }: EnumValue): Printable {
  const known = desc.value[number];
  return known === undefined
    ? ['(', String(number), ' as number as ', f.shape(desc, true), ')']
    : [f.shape(desc), `.${known.localName}`];
}

function scalarLiteral({ value }: ScalarValue, longAsString: boolean): Printable {
  if (typeof value === 'string') return text(value);
  if (typeof value === 'bigint') return longAsString ? `"${value}"` : `${value}n`;
  if (typeof value === 'boolean') return String(value);
  if (value instanceof Uint8Array) return bytes(value);
  if (Number.isNaN(value)) return 'Number.NaN';
  if (value === Number.POSITIVE_INFINITY) return 'Number.POSITIVE_INFINITY';
  if (value === Number.NEGATIVE_INFINITY) return 'Number.NEGATIVE_INFINITY';
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A string literal; repetitions stay readable. */
export function text(value: string): string {
  const [first] = value;
  if (value.length >= 24 && first !== undefined && value === first.repeat(value.length)) {
    return `${text(first)}.repeat(${value.length})`;
  }
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, escapedUnit);
}

function escapedUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function bytes(value: Uint8Array): string {
  const [first] = value;
  if (value.length >= 24 && value.every((byte) => byte === first)) {
    return `new Uint8Array(${value.length}).fill(${first})`;
  }
  return `new Uint8Array([${[...value].join(', ')}])`;
}

function mapLiteral({ entries }: MapValue, print: (value: SingleValue) => Printable): Printable {
  if (entries.length === 0) return '{}';
  const pairs = entries.map(([key, item]) => [`[${text(String(key.value))}]: `, print(item)]);
  return ['{ ', ...joined(pairs), ' }'];
}

function joined(parts: readonly Printable[]): Printable[] {
  return parts.flatMap((part, i) => (i === 0 ? [part] : [', ', part]));
}

/** The JSON of a Struct made of the samples: texts and booleans. */
function structJson(value: MessageValue): Record<string, unknown> {
  const fields = value.fields[0]?.value;
  if (fields?.kind !== 'map') return {};
  return Object.fromEntries(
    fields.entries.map(([key, item]) => {
      const inner = item.kind === 'message' ? item.fields[0]?.value : undefined;
      return [String(key.value), inner?.kind === 'scalar' ? inner.value : null];
    }),
  );
}
