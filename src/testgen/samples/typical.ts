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
  sizeOf,
  type Value,
} from '../value.ts';
import { keyEdgesOf, typicalScalar } from './edges.ts';
import { wellKnownSamples } from './well-known.ts';

/** Levels of messages inside a typical message. */
const DEPTH_MAX = 2;
/** Values in one typical message, nested ones included: beyond it nested messages stay unset. */
const VALUES_MAX = 80;
/** The same for nested messages that come from a source. */
const SOURCED_VALUES_MAX = 1000;
/** Fields of a nested message that are set, besides required ones. */
const NESTED_FIELDS_MAX = 200;
/** Values in one message that required fields make: a larger one is taken for impossible. */
const REQUIRED_VALUES_MAX = 4000;
/** Levels that required fields make. */
const REQUIRED_DEPTH_MAX = 20;

/** A value for a field that must satisfy more than its type; undefined: the usual one will do. */
export type FieldSource = (field: DescField) => Value | undefined;

/**
 * All fields set, nested messages too, within bounds. Undefined: the message requires itself, so
 * none exists.
 */
export function typicalMessage(
  desc: DescMessage,
  source: FieldSource = () => undefined,
): MessageValue | undefined {
  const known = wellKnownSamples(desc)?.[0]?.value;
  const smallest = smallestMessage(desc);
  if (known !== undefined || smallest === undefined) return known;
  const fill: Fill = { left: VALUES_MAX, sourcedLeft: SOURCED_VALUES_MAX, source };
  const made = filled(desc, DEPTH_MAX, fill) ?? smallest;
  // Required fields count against no budget: a tree of them can be large all the same.
  return sizeOf(made) > REQUIRED_VALUES_MAX + desc.fields.length ? smallest : made;
}

const smallestOf = new WeakMap<DescMessage, { value: MessageValue | undefined; depth: number }>();

/**
 * Only what proto2 requires is set. Undefined: the message requires itself, or is out of bounds.
 * Made once a type, inner types first, so that types that require each other share their values.
 */
export function smallestMessage(desc: DescMessage): MessageValue | undefined {
  const stack = [desc];
  const open = new Set<DescMessage>();
  for (let at = stack.at(-1); at !== undefined; at = stack.at(-1)) {
    const inner = requiredMessages(at).filter((one) => !smallestOf.has(one));
    if (smallestOf.has(at)) stack.pop();
    else if (inner.length === 0 || open.has(at)) {
      // Seen for the second time with types still missing: these lead back here.
      smallestOf.set(at, inner.length === 0 ? smallest(at) : { value: undefined, depth: 0 });
      stack.pop();
    } else {
      open.add(at);
      stack.push(...inner);
    }
  }
  return smallestOf.get(desc)?.value;
}

function requiredMessages(desc: DescMessage): DescMessage[] {
  return desc.fields.flatMap((field) => (isRequired(field) && field.message) || []);
}

/** The types of its required fields have theirs. */
function smallest(desc: DescMessage): { value: MessageValue | undefined; depth: number } {
  const none = { value: undefined, depth: 0 };
  if (isMessageSet(desc)) return none;
  const fields: FieldValue[] = [];
  let [size, depth] = [1, 1];
  for (const field of desc.fields.filter(isRequired)) {
    const value = requiredValue(field);
    if (value === undefined) return none;
    fields.push({ field, value });
    size += sizeOf(value);
    depth = Math.max(depth, 1 + (field.message ? (smallestOf.get(field.message)?.depth ?? 0) : 0));
  }
  if (size > REQUIRED_VALUES_MAX || depth > REQUIRED_DEPTH_MAX) return none;
  return { value: message(desc, fields), depth };
}

function requiredValue(field: DescField): Value | undefined {
  if (field.message === undefined) return typicalPlain(field);
  const known = wellKnownSamples(field.message)?.[0]?.value;
  return known ?? smallestOf.get(field.message)?.value;
}

export function isRequired(field: DescField): boolean {
  return field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED;
}

/** The proto1 message sets of old: neither runtime of today encodes them. */
export function isMessageSet(desc: DescMessage): boolean {
  return desc.proto.options?.messageSetWireFormat === true;
}

/** One typical message in the making: what may still be set in it. */
interface Fill {
  left: number;
  sourcedLeft: number;
  readonly source: FieldSource;
}

/** `depth`: levels that may still be nested in it. Undefined: it requires what has no value. */
function filled(desc: DescMessage, depth: number, fill: Fill): MessageValue | undefined {
  if (isMessageSet(desc)) return undefined;
  const fieldsMax = depth === DEPTH_MAX ? Number.POSITIVE_INFINITY : NESTED_FIELDS_MAX;
  const fields: FieldValue[] = [];
  for (const field of desc.fields) {
    const needed = isRequired(field);
    if (!needed && (isLaterOneofMember(field) || fields.length >= fieldsMax)) continue;
    fill.left -= 1;
    const value = fieldValue(field, depth, fill);
    if (value !== undefined) fields.push({ field, value });
    else if (needed) return undefined;
  }
  return message(desc, fields);
}

function fieldValue(field: DescField, depth: number, fill: Fill): Value | undefined {
  const better = fill.source(field);
  if (better !== undefined && isAffordable(better, fill)) return better;
  const nested = field.message;
  if (nested === undefined) return better ?? typicalPlain(field);
  const known = wellKnownSamples(nested)?.[0]?.value;
  if (known !== undefined) return wrapped(field, known);
  const needed = isRequired(field);
  const isFull = depth <= 1 || fill.left <= 0;
  if (!needed && isFull) return undefined;
  const inner = depth <= 1 ? smallestMessage(nested) : filled(nested, depth - 1, fill);
  return inner === undefined ? undefined : wrapped(field, inner);
}

function isAffordable(better: Value, fill: Fill): boolean {
  if (better.kind !== 'message') return true;
  const size = sizeOf(better);
  if (size > fill.sourcedLeft) return false;
  fill.sourcedLeft -= size;
  return true;
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
