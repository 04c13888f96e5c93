/**
 * Samples of the well-known types that have rules of their own: ranges (Timestamp, Duration),
 * path syntax (FieldMask), a kind that must be set (Value), a packed message (Any).
 */
import { type DescField, type DescMessage, ScalarType } from '@bufbuild/protobuf';
import { type FieldValue, type MessageValue, message, scalar, type Value } from '../value.ts';

export interface NamedMessage {
  readonly label: string;
  readonly value: MessageValue;
}

/** The samples of a well-known type, the first one typical; undefined: not such a type. */
export function wellKnownSamples(desc: DescMessage): readonly NamedMessage[] | undefined {
  return SAMPLES[desc.typeName]?.(desc);
}

const SAMPLES: Readonly<Record<string, (desc: DescMessage) => readonly NamedMessage[]>> = {
  'google.protobuf.Timestamp': (desc) => [
    named('typical', secondsAndNanos(desc, 1700000000n, 123456789)),
    named('epoch', message(desc)),
    named('before the epoch', secondsAndNanos(desc, -1n, 999999999)),
    named('min', secondsAndNanos(desc, -62135596800n, 0)),
    named('max', secondsAndNanos(desc, 253402300799n, 999999999)),
  ],
  'google.protobuf.Duration': (desc) => [
    named('typical', secondsAndNanos(desc, 1n, 500000000)),
    named('zero', message(desc)),
    named('negative', secondsAndNanos(desc, -1n, -500000000)),
    named('min', secondsAndNanos(desc, -315576000000n, -999999999)),
    named('max', secondsAndNanos(desc, 315576000000n, 999999999)),
  ],
  'google.protobuf.FieldMask': (desc) => [
    named('typical', withValue(desc, 'paths', strings('name'))),
    named('empty', message(desc)),
    named('nested path', withValue(desc, 'paths', strings('name', 'parent.long_name'))),
  ],
  'google.protobuf.Any': (desc) => [
    named('typical', packedString(desc)),
    named('empty', message(desc)),
  ],
  'google.protobuf.Value': (desc) => [
    named('typical', withValue(desc, 'string_value', scalar(ScalarType.STRING, 'text'))),
    named('null', withValue(desc, 'null_value', nullValue(desc))),
    named('number', withValue(desc, 'number_value', scalar(ScalarType.DOUBLE, -0.5))),
    named('bool', withValue(desc, 'bool_value', scalar(ScalarType.BOOL, false))),
  ],
  'google.protobuf.ListValue': (desc) => [
    named('typical', withValue(desc, 'values', { kind: 'list', items: [textValue(desc)] })),
    named('empty', message(desc)),
  ],
  'google.protobuf.Struct': (desc) => [
    named('typical', structOf(desc)),
    named('empty', message(desc)),
  ],
};

function named(label: string, value: MessageValue): NamedMessage {
  return { label, value };
}

function secondsAndNanos(desc: DescMessage, seconds: bigint, nanos: number): MessageValue {
  const fields: FieldValue[] = [];
  const secondsField = fieldNamed(desc, 'seconds');
  const nanosField = fieldNamed(desc, 'nanos');
  if (seconds !== 0n) {
    fields.push({ field: secondsField, value: scalar(ScalarType.INT64, seconds) });
  }
  if (nanos !== 0) fields.push({ field: nanosField, value: scalar(ScalarType.INT32, nanos) });
  return message(desc, fields);
}

function withValue(desc: DescMessage, name: string, value: Value): MessageValue {
  return message(desc, [{ field: fieldNamed(desc, name), value }]);
}

function strings(...items: string[]): Value {
  return { kind: 'list', items: items.map((item) => scalar(ScalarType.STRING, item)) };
}

/** google.protobuf.StringValue "x": field 1, length 1. */
function packedString(desc: DescMessage): MessageValue {
  const url = 'type.googleapis.com/google.protobuf.StringValue';
  return message(desc, [
    { field: fieldNamed(desc, 'type_url'), value: scalar(ScalarType.STRING, url) },
    {
      field: fieldNamed(desc, 'value'),
      value: scalar(ScalarType.BYTES, new Uint8Array([0x0a, 1, 0x78])),
    },
  ]);
}

function nullValue(desc: DescMessage): Value {
  const field = fieldNamed(desc, 'null_value');
  if (field.fieldKind !== 'enum') throw new Error(`${field} is not an enum`);
  return { kind: 'enum', desc: field.enum, number: 0 };
}

/** A Value "text", for the field that holds Values of a ListValue. */
function textValue(list: DescMessage): MessageValue {
  const field = fieldNamed(list, 'values');
  if (field.fieldKind !== 'list' || field.listKind !== 'message') throw new Error(`${field}`);
  return withValue(field.message, 'string_value', scalar(ScalarType.STRING, 'text'));
}

function structOf(desc: DescMessage): MessageValue {
  const field = fieldNamed(desc, 'fields');
  if (field.fieldKind !== 'map' || field.mapKind !== 'message') throw new Error(`${field}`);
  const text = withValue(field.message, 'string_value', scalar(ScalarType.STRING, 'text'));
  const flag = withValue(field.message, 'bool_value', scalar(ScalarType.BOOL, true));
  const entries = [
    [scalar(ScalarType.STRING, 'name'), text],
    [scalar(ScalarType.STRING, 'on'), flag],
  ] as const;
  return message(desc, [{ field, value: { kind: 'map', entries } }]);
}

function fieldNamed(desc: DescMessage, name: string): DescField {
  const found = desc.fields.find((field) => field.name === name);
  if (found === undefined) throw new Error(`${desc.typeName} has no field ${name}`);
  return found;
}
