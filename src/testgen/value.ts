/**
 * A protobuf value as a tree that knows its descriptors and no language: samples are built as such
 * trees, encoded once by @bufbuild/protobuf, and printed as TypeScript or Go.
 */
import {
  create,
  type DescEnum,
  type DescExtension,
  type DescField,
  type DescMessage,
  type Message,
  ScalarType,
  setExtension,
} from '@bufbuild/protobuf';
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect';

/** 64-bit integers are bigint, the other numbers number, bytes Uint8Array. */
export type Scalar = boolean | number | bigint | string | Uint8Array;

export interface ScalarValue {
  readonly kind: 'scalar';
  readonly type: ScalarType;
  readonly value: Scalar;
}
export interface EnumValue {
  readonly kind: 'enum';
  readonly desc: DescEnum;
  readonly number: number;
}
export interface MessageValue {
  readonly kind: 'message';
  readonly desc: DescMessage;
  /** At most one entry a field, and one a oneof. */
  readonly fields: readonly FieldValue[];
  readonly extensions?: readonly ExtensionValue[];
}
export interface ListValue {
  readonly kind: 'list';
  readonly items: readonly SingleValue[];
}
export interface MapValue {
  readonly kind: 'map';
  readonly entries: readonly (readonly [ScalarValue, SingleValue])[];
}
export type SingleValue = ScalarValue | EnumValue | MessageValue;
export type Value = SingleValue | ListValue | MapValue;

export interface FieldValue {
  readonly field: DescField;
  readonly value: Value;
}
export interface ExtensionValue {
  readonly extension: DescExtension;
  readonly value: Value;
}

export function scalar(type: ScalarType, value: Scalar): ScalarValue {
  return { kind: 'scalar', type, value };
}

export function message(desc: DescMessage, fields: readonly FieldValue[] = []): MessageValue {
  return { kind: 'message', desc, fields };
}

/** The message with one more field, in place of the same field or another of its oneof. */
export function withField(base: MessageValue, field: DescField, value: Value): MessageValue {
  const kept = withoutField(base, field).fields;
  const fields = [...kept, { field, value }].sort((a, b) => a.field.number - b.field.number);
  return { ...base, fields };
}

/** The message without the field and without the other fields of its oneof. */
export function withoutField(base: MessageValue, field: DescField): MessageValue {
  const fields = base.fields.filter(
    (entry) =>
      entry.field !== field && !(field.oneof !== undefined && entry.field.oneof === field.oneof),
  );
  return { ...base, fields };
}

export function fieldOf(base: MessageValue, field: DescField): Value | undefined {
  return base.fields.find((entry) => entry.field === field)?.value;
}

const sizes = new WeakMap<MessageValue, number>();

/**
 * Values in it, nested ones and itself included. Parts that values share are counted once each
 * time.
 */
export function sizeOf(value: Value): number {
  if (value.kind === 'list') return sum(value.items.map(sizeOf));
  if (value.kind === 'map') return sum(value.entries.map(([, item]) => 1 + sizeOf(item)));
  if (value.kind !== 'message') return 1;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  const size = 1 + sum(value.fields.map((entry) => sizeOf(entry.value)));
  sizes.set(value, size);
  return size;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The message as an instance of @bufbuild/protobuf. */
export function toMessage(value: MessageValue): Message {
  return toReflect(value).message;
}

function toReflect(value: MessageValue): ReflectMessage {
  const target = reflect(value.desc, create(value.desc));
  for (const entry of value.fields) setField(target, entry);
  for (const { extension, value: given } of value.extensions ?? []) {
    // The runtime takes the JavaScript value of the extension's type; generics cannot say which.
    setExtension(target.message, extension, extensionInput(extension, given) as never);
  }
  return target;
}

function setField(target: ReflectMessage, { field, value }: FieldValue): void {
  if (field.fieldKind === 'list' && value.kind === 'list') {
    const list = target.get(field);
    for (const item of value.items) list.add(single(item));
    return;
  }
  if (field.fieldKind === 'map' && value.kind === 'map') {
    const map = target.get(field);
    for (const [key, item] of value.entries) map.set(key.value as string, single(item));
    return;
  }
  if (value.kind === 'list' || value.kind === 'map') throw new Error(`bad value for ${field}`);
  target.set(field, single(value));
}

function extensionInput(extension: DescExtension, value: Value): unknown {
  if (value.kind === 'list') return value.items.map((item) => extensionInput(extension, item));
  if (value.kind === 'map') throw new Error(`extension ${extension.typeName} cannot be a map`);
  if (value.kind === 'message') return toMessage(value);
  if (value.kind === 'enum') return value.number;
  const isLong = typeof value.value === 'bigint';
  const asString = isLong && 'longAsString' in extension && extension.longAsString;
  return asString ? String(value.value) : value.value;
}

function single(value: SingleValue): ReflectMessage | Scalar {
  if (value.kind === 'message') return toReflect(value);
  return value.kind === 'enum' ? value.number : value.value;
}

export function isLong(type: ScalarType): boolean {
  return (
    type === ScalarType.INT64 ||
    type === ScalarType.UINT64 ||
    type === ScalarType.SINT64 ||
    type === ScalarType.FIXED64 ||
    type === ScalarType.SFIXED64
  );
}
