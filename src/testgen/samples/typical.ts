/**
 * Typical values: every field set to something plausible and distinct, one member a oneof, nested
 * messages to a small depth. A source of better values (protovalidate rules) may step in per field.
 */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type ScalarType,
  ScalarType as Type,
} from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import {
  type FieldValue,
  type MessageValue,
  message,
  type ScalarValue,
  type SingleValue,
  scalar,
  type Value,
} from '../value.ts';
import { keyEdgesOf, typicalScalar } from './edges.ts';
import { wellKnownSamples } from './well-known.ts';

/** Levels of messages inside a typical message. */
const DEPTH_MAX = 2;
/** Values in one typical message, nested ones included: beyond it nested messages stay unset. */
const VALUES_MAX = 80;

/** A value for a field that must satisfy more than its type; undefined: the usual one will do. */
export type FieldSource = (field: DescField) => Value | undefined;

/** All fields set, nested messages too. Undefined: the message requires itself, so none exists. */
export function typicalMessage(
  desc: DescMessage,
  source: FieldSource = () => undefined,
): MessageValue | undefined {
  const budget = { left: VALUES_MAX };
  return filled(desc, DEPTH_MAX, budget, source, []);
}

/** Only what proto2 requires is set. Undefined: the message requires itself. */
export function smallestMessage(desc: DescMessage): MessageValue | undefined {
  return filled(desc, 0, { left: 0 }, () => undefined, []);
}

export function isRequired(field: DescField): boolean {
  return field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;
}

/** The proto1 message sets of old: neither runtime of today encodes them. */
export function isMessageSet(desc: DescMessage): boolean {
  return desc.proto.options?.messageSetWireFormat === true;
}

function filled(
  desc: DescMessage,
  depth: number,
  budget: { left: number },
  source: FieldSource,
  parents: readonly DescMessage[],
): MessageValue | undefined {
  if (isMessageSet(desc) || parents.length > 20) return undefined;
  if (depth > 0) {
    const known = wellKnownSamples(desc)?.[0];
    if (known !== undefined) return known.value;
  }
  const fields: FieldValue[] = [];
  for (const field of desc.fields) {
    const needed = isRequired(field);
    if (!needed && (depth === 0 || isLaterOneofMember(field))) continue;
    budget.left -= 1;
    const value = fieldValue(field, depth, budget, source, [...parents, desc]);
    if (value !== undefined) fields.push({ field, value });
    else if (needed) return undefined;
  }
  return message(desc, fields);
}

function fieldValue(
  field: DescField,
  depth: number,
  budget: { left: number },
  source: FieldSource,
  parents: readonly DescMessage[],
): Value | undefined {
  const better = source(field);
  if (better !== undefined) return better;
  const nested = field.message;
  if (nested === undefined) return typicalPlain(field);
  const needed = isRequired(field);
  if (!needed && (depth <= 1 || budget.left <= 0)) {
    if (wellKnownSamples(nested) === undefined) return undefined;
  }
  if (needed && parents.includes(nested)) return undefined;
  const inner = filled(nested, Math.max(depth - 1, 0), budget, source, parents);
  const known = wellKnownSamples(nested)?.[0]?.value;
  const item = known ?? inner;
  if (item === undefined) return undefined;
  return wrapped(field, item);
}

/** One message as the value of a singular, repeated or map field. */
export function wrapped(field: DescField, item: SingleValue): Value {
  if (field.fieldKind === 'list') return { kind: 'list', items: [item] };
  if (field.fieldKind === 'map') return { kind: 'map', entries: [[firstKey(field.mapKey), item]] };
  return item;
}

function typicalPlain(field: DescField): Value {
  if (field.fieldKind === 'list') {
    // Not in order, so that a list that gets sorted is seen.
    return { kind: 'list', items: [1, 0].map((shift) => typicalSingle(field, shift)) };
  }
  if (field.fieldKind === 'map') {
    const key = (shift: number): ScalarValue => scalar(field.mapKey, keyAt(field.mapKey, shift));
    const shifts = field.mapKey === Type.BOOL ? [0] : [0, 1];
    return {
      kind: 'map',
      entries: shifts.map((shift) => [key(shift), typicalSingle(field, shift)] as const),
    };
  }
  return typicalSingle(field, 0);
}

/** A typical scalar or enum value of the field's element type. */
export function typicalSingle(field: DescField, shift: number): SingleValue {
  if (field.enum !== undefined) {
    return { kind: 'enum', desc: field.enum, number: typicalNumber(field.enum) };
  }
  if (field.scalar === undefined) throw new Error(`${field} has no plain value`);
  return scalar(field.scalar, typicalScalar(field.scalar, field.name, field.number + shift));
}

/** The first number of the enum that is not its default. */
function typicalNumber(desc: DescEnum): number {
  const [first] = desc.values;
  const other = desc.values.find((value) => value.number !== first?.number);
  return (other ?? first)?.number ?? 0;
}

function isLaterOneofMember(field: DescField): boolean {
  return field.oneof !== undefined && field.oneof.fields[0] !== field;
}

export function firstKey(type: ScalarType): ScalarValue {
  return scalar(type, keyAt(type, 0));
}

function keyAt(type: ScalarType, shift: number) {
  if (type === Type.BOOL) return keyEdgesOf(type)[1 - shift].value;
  return typicalScalar(type, 'key', 1 + shift);
}
