/**
 * The values worth trying for one field: edges of its type, every enum value, an unrecognised one,
 * empty and full messages, lists and maps of none, one and many.
 */
import { type DescEnum, type DescField, ScalarType } from '@bufbuild/protobuf';
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt';
import {
  type EnumValue,
  type ScalarValue,
  type SingleValue,
  scalar,
  type Value,
} from '../value.ts';
import { edgesOf, keyEdgesOf } from './edges.ts';
import {
  firstKey,
  isMessageSet,
  smallestMessage,
  typicalMessage,
  typicalSingle,
} from './typical.ts';
import { wellKnownSamples } from './well-known.ts';

export interface FieldSample {
  readonly label: string;
  readonly value: Value;
  readonly isForRequests: boolean;
}

/** Values of one enum that are tried; a larger one is tried at its first and last values. */
const ENUM_VALUES_MAX = 24;

/** Never contains the value that equals "not set" of a field without presence. */
export function fieldSamples(field: DescField): FieldSample[] {
  if (field.fieldKind === 'list') return listSamples(field);
  if (field.fieldKind === 'map') return mapSamples(field);
  const samples = singleSamples(field);
  const hasPresence = field.presence !== FeatureSet_FieldPresence.IMPLICIT;
  return hasPresence ? samples : samples.filter((sample) => !isZero(sample.value));
}

function singleSamples(field: DescField): FieldSample[] {
  if (field.enum !== undefined) return enumSamples(field.enum);
  if (field.message !== undefined) return messageFieldSamples(field);
  const type = field.scalar;
  if (type === undefined) return [];
  const samples: FieldSample[] = edgesOf(type).map((edge) => ({
    label: edge.label,
    value: scalar(type, edge.value),
    isForRequests: edge.isForRequests,
  }));
  const usual = field.fieldKind === 'scalar' ? field.getDefaultValue() : undefined;
  if (usual !== undefined) {
    samples.push({
      label: 'its default',
      value: defaultScalar(field, usual),
      isForRequests: false,
    });
  }
  return samples;
}

function defaultScalar(field: DescField, value: NonNullable<unknown>): ScalarValue {
  if (field.scalar === undefined) throw new Error(`${field} has no scalar default`);
  const isText = typeof value === 'string' && 'longAsString' in field && field.longAsString;
  if (isText) return scalar(field.scalar, BigInt(value));
  // Compilers write the text of a float's default with more or fewer digits.
  const isFloat = field.scalar === ScalarType.FLOAT && typeof value === 'number';
  return scalar(field.scalar, isFloat ? Math.fround(value) : (value as ScalarValue['value']));
}

function enumSamples(desc: DescEnum): FieldSample[] {
  const byNumber = [...new Map(desc.values.map((value) => [value.number, value])).values()];
  const half = ENUM_VALUES_MAX / 2;
  const tried =
    byNumber.length <= ENUM_VALUES_MAX
      ? byNumber
      : [...byNumber.slice(0, half), ...byNumber.slice(-half)];
  const samples: FieldSample[] = tried.map((value) => ({
    label: desc.value[value.number]?.name ?? value.name,
    value: enumOf(desc, value.number),
    isForRequests: true,
  }));
  const unknown = unrecognised(desc);
  if (unknown !== undefined) {
    samples.push({ label: 'unrecognised', value: unknown, isForRequests: true });
  }
  return samples;
}

/** A number that the open enum does not name. */
export function unrecognised(desc: DescEnum): EnumValue | undefined {
  if (!desc.open) return undefined;
  const number = [99, 2147483647, -1].find((candidate) => desc.value[candidate] === undefined);
  return number === undefined ? undefined : enumOf(desc, number);
}

export function enumOf(desc: DescEnum, number: number): EnumValue {
  return { kind: 'enum', desc, number };
}

function messageFieldSamples(field: DescField): FieldSample[] {
  const desc = field.message;
  if (desc === undefined || isMessageSet(desc)) return [];
  const known = wellKnownSamples(desc);
  if (known !== undefined) {
    return known.map(({ label, value }) => ({ label, value, isForRequests: true }));
  }
  const samples: FieldSample[] = [];
  const empty = smallestMessage(desc);
  if (empty !== undefined) samples.push({ label: 'empty', value: empty, isForRequests: true });
  const typical = typicalMessage(desc);
  if (typical !== undefined && typical.fields.length > (empty?.fields.length ?? 0)) {
    samples.push({ label: 'typical', value: typical, isForRequests: true });
  }
  return samples;
}

function listSamples(field: DescField): FieldSample[] {
  const items = elementSamples(field);
  if (items.length === 0) return [];
  const typical = items.at(-1) as SingleValue;
  const list = (label: string, values: SingleValue[]): FieldSample => ({
    label,
    value: { kind: 'list', items: values },
    isForRequests: label !== 'edges',
  });
  return [list('one', [typical]), list('the same twice', [typical, typical]), list('edges', items)];
}

function mapSamples(field: DescField): FieldSample[] {
  if (field.fieldKind !== 'map') return [];
  const items = elementSamples(field);
  if (items.length === 0) return [];
  const typical = items.at(-1) as SingleValue;
  const keys = keyEdgesOf(field.mapKey);
  const entries = Array.from({ length: Math.max(keys.length, 1) }, (_, i) => {
    const key = scalar(field.mapKey, (keys[i] as { value: ScalarValue['value'] }).value);
    return [key, items[i % items.length] as SingleValue] as const;
  });
  return [
    {
      label: 'one',
      value: { kind: 'map', entries: [[firstKey(field.mapKey), typical]] },
      isForRequests: true,
    },
    { label: 'edges', value: { kind: 'map', entries }, isForRequests: false },
  ];
}

/** Edges of the element type, the typical element last. */
function elementSamples(field: DescField): SingleValue[] {
  if (field.message !== undefined) {
    return messageFieldSamples(field)
      .map((sample) => sample.value as SingleValue)
      .reverse();
  }
  if (field.enum !== undefined) {
    const edges = enumSamples(field.enum).map((sample) => sample.value as SingleValue);
    return [...edges, typicalSingle(field, 0)];
  }
  const type = field.scalar;
  if (type === undefined) return [];
  return [...edgesOf(type).map((edge) => scalar(type, edge.value)), typicalSingle(field, 0)];
}

function isZero(value: Value): boolean {
  if (value.kind === 'enum') return value.number === 0;
  if (value.kind !== 'scalar') return false;
  const plain = value.value;
  if (plain instanceof Uint8Array) return plain.length === 0;
  return plain === false || plain === '' || plain === 0n || Object.is(plain, 0);
}
