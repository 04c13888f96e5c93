/** Values at the bounds of a field's protovalidate rules, by rule type. Not judged here. */
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { ScalarType } from '@bufbuild/protobuf';
import type { FieldRules } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js';
import { enumOf } from '../samples/fields.ts';
import { firstKey, typicalMessage, typicalSingle, wrapped } from '../samples/typical.ts';
import {
  isLong,
  message,
  type ScalarValue,
  type SingleValue,
  scalar,
  type Value,
} from '../value.ts';
import type { Candidate } from './book.ts';
import { celLiterals } from './cel.ts';
import { numberCandidates } from './numbers.ts';
import { bytesCandidates, counted, stringCandidates } from './strings.ts';

/** Candidates of one field; a field within a list or map goes through its items. */
export function ruleCandidates(field: DescField, rules: FieldRules): Candidate[] {
  if (field.fieldKind === 'list') return listCandidates(field, rules);
  if (field.fieldKind === 'map') return mapCandidates(field, rules);
  return dedupe(singleCandidates(field, rules));
}

interface Single {
  readonly label: string;
  readonly value: SingleValue;
}

function singleCandidates(field: DescField, rules: FieldRules | undefined): Single[] {
  const made = [...typedCandidates(field, rules), ...celCandidates(field, rules)];
  return made;
}

function typedCandidates(field: DescField, rules: FieldRules | undefined): Single[] {
  if (field.message !== undefined) return messageCandidates(field.message, rules);
  if (field.enum !== undefined) {
    const desc = field.enum;
    const given = rules?.type.case === 'enum' ? rules.type.value : undefined;
    const numbers = [given?.const, ...(given?.in ?? []), ...(given?.notIn ?? [])];
    return numbers
      .filter((number) => number !== undefined)
      .map((number) => ({
        label: desc.value[number]?.name ?? `number ${number}`,
        value: enumOf(desc, number),
      }));
  }
  return field.scalar === undefined ? [] : scalarCandidates(field.scalar, rules);
}

function scalarCandidates(type: ScalarType, rules: FieldRules | undefined): Single[] {
  const given = rules?.type;
  const of = (values: { label: string; value: ScalarValue['value'] }[]): Single[] =>
    values.map(({ label, value }) => ({ label, value: scalar(type, value) }));
  // Rules of another type than the field's are the definition's mistake: protovalidate says so.
  if (given?.case === 'string') {
    return type === ScalarType.STRING ? of(stringCandidates(given.value)) : [];
  }
  if (given?.case === 'bytes') {
    return type === ScalarType.BYTES ? of(bytesCandidates(given.value)) : [];
  }
  if (given?.case === 'bool') {
    return type === ScalarType.BOOL ? of([{ label: 'const', value: given.value.const }]) : [];
  }
  if (given?.value === undefined || !isNumeric(type)) return [];
  const rule = given.value as unknown as Record<string, unknown>;
  return of(
    numberCandidates(type, rule).filter(
      ({ value }) => isLong(type) === (typeof value === 'bigint'),
    ),
  );
}

function isNumeric(type: ScalarType): boolean {
  return type !== ScalarType.STRING && type !== ScalarType.BYTES && type !== ScalarType.BOOL;
}

/** Numbers and texts that occur in the field's CEL expressions, and their neighbours. */
function celCandidates(field: DescField, rules: FieldRules | undefined): Single[] {
  if (rules === undefined || field.scalar === undefined) return [];
  const type = field.scalar;
  const texts = [...rules.cel.map((rule) => rule.expression), ...rules.celExpression];
  return texts.flatMap((text) =>
    celLiterals(text, type, isLong(type)).map((value) => ({
      label: typeof value === 'string' ? JSON.stringify(value.slice(0, 40)) : String(value),
      value: scalar(type, value),
    })),
  );
}

function messageCandidates(desc: DescMessage, rules: FieldRules | undefined): Single[] {
  const given = rules?.type;
  if (desc.typeName === 'google.protobuf.Any' && given?.case === 'any') {
    return [...given.value.in, ...given.value.notIn].map((url) => ({
      label: `a ${url}`,
      value: withFields(desc, { type_url: scalar(ScalarType.STRING, url) }),
    }));
  }
  if (desc.typeName === 'google.protobuf.FieldMask' && given?.case === 'fieldMask') {
    const { in: allowed, notIn, const: only } = given.value;
    const masks = [
      ...(only === undefined ? [] : [only.paths]),
      ...[...allowed, ...notIn].map((p) => [p]),
    ];
    return masks.map((paths) => ({
      label: paths.join(' and ') || 'no paths',
      value: withFields(desc, {
        paths: { kind: 'list', items: paths.map((path) => scalar(ScalarType.STRING, path)) },
      }),
    }));
  }
  const isTime =
    (given?.case === 'timestamp' && desc.typeName === 'google.protobuf.Timestamp') ||
    (given?.case === 'duration' && desc.typeName === 'google.protobuf.Duration');
  if (isTime) {
    return timeCandidates(desc, given.value as unknown as Record<string, unknown>);
  }
  const wrapper = desc.fields[0];
  if (isWrapper(desc) && wrapper?.scalar !== undefined) {
    return scalarCandidates(wrapper.scalar, rules).map(({ label, value }) => ({
      label,
      value: message(desc, [{ field: wrapper, value }]),
    }));
  }
  return [];
}

function isWrapper(desc: DescMessage): boolean {
  return /^google\.protobuf\.(U?Int(32|64)|Double|Float|Bool|String|Bytes)Value$/.test(
    desc.typeName,
  );
}

/** Every Timestamp or Duration that the rules name, one second and one nanosecond around it. */
function timeCandidates(desc: DescMessage, rules: Record<string, unknown>): Single[] {
  const found: { seconds: bigint; nanos: number }[] = [];
  const collect = (given: unknown): void => {
    if (Array.isArray(given)) for (const item of given) collect(item);
    else if (typeof given === 'object' && given !== null) {
      if ('seconds' in given && 'nanos' in given) {
        found.push(given as { seconds: bigint; nanos: number });
      } else if ('value' in given) collect(given.value);
    }
  };
  for (const [key, given] of Object.entries(rules)) if (!key.startsWith('$')) collect(given);
  if (desc.typeName === 'google.protobuf.Timestamp') {
    // Far from any clock: 2200 for gt_now.
    found.push({ seconds: 7258118400n, nanos: 0 });
  }
  return found.flatMap(({ seconds, nanos }) =>
    [seconds, seconds - 1n, seconds + 1n].map((at) => ({
      label: `${at}s${nanos === 0 ? '' : ` ${nanos}ns`}`,
      value: withFields(desc, {
        seconds: scalar(ScalarType.INT64, at),
        nanos: scalar(ScalarType.INT32, nanos),
      }),
    })),
  );
}

function withFields(desc: DescMessage, values: Readonly<Record<string, Value>>): SingleValue {
  const fields = desc.fields.flatMap((field) => {
    const value = values[field.name];
    const isUnset = value?.kind === 'scalar' && (value.value === 0n || value.value === 0);
    return value === undefined || isUnset ? [] : [{ field, value }];
  });
  return message(desc, fields);
}

function listCandidates(field: DescField, rules: FieldRules): Candidate[] {
  const given = rules.type.case === 'repeated' ? rules.type.value : undefined;
  const items = dedupe(singleCandidates(field, given?.items));
  const plain = distinctItems(field, items, 12);
  const candidates: Candidate[] = items.map(({ label, value }) => ({
    label: `[${label}]`,
    value: { kind: 'list', items: [value as SingleValue] },
  }));
  const counts = new Set([given?.minItems, given?.maxItems].flatMap(around));
  for (const count of counts) {
    for (const pool of plain) {
      const list = Array.from({ length: count }, (_, i) => pool[i % pool.length] as SingleValue);
      candidates.push({ label: counted(count, 'item'), value: { kind: 'list', items: list } });
    }
  }
  const [first] = plain[0] ?? [];
  if (first !== undefined) {
    candidates.push({ label: 'a repeated item', value: { kind: 'list', items: [first, first] } });
  }
  return candidates;
}

/** Pools of items: each valid-looking candidate alone and varied, then plain distinct ones. */
function distinctItems(
  field: DescField,
  items: readonly Candidate[],
  count: number,
): SingleValue[][] {
  const pools: SingleValue[][] = [];
  const desc = field.message;
  if (desc !== undefined) {
    const typical = typicalMessage(desc);
    if (typical !== undefined) pools.push([typical]);
  } else {
    pools.push(Array.from({ length: count }, (_, shift) => typicalSingle(field, shift)));
  }
  for (const { value } of items) pools.push([value as SingleValue]);
  return pools;
}

function mapCandidates(field: DescField, rules: FieldRules): Candidate[] {
  if (field.fieldKind !== 'map') return [];
  const given = rules.type.case === 'map' ? rules.type.value : undefined;
  const keys = scalarCandidates(field.mapKey, given?.keys);
  const values = dedupe(singleCandidates(field, given?.values));
  const inner = field.message;
  const typical = inner === undefined ? typicalSingle(field, 0) : typicalMessage(inner);
  if (typical === undefined) return [];
  const goodValue = values.map(({ value }) => value as SingleValue);
  const candidates: Candidate[] = values.map(({ label, value }) => ({
    label: `a value ${label}`,
    value: wrapped(field, value as SingleValue),
  }));
  for (const { label, value: key } of keys) {
    for (const item of [typical, ...goodValue].slice(0, 6)) {
      candidates.push({
        label: `a key ${label}`,
        value: { kind: 'map', entries: [[key as ScalarValue, item]] },
      });
    }
  }
  for (const count of new Set([given?.minPairs, given?.maxPairs].flatMap(around))) {
    for (const item of [typical, ...goodValue].slice(0, 6)) {
      candidates.push({ label: counted(count, 'pair'), value: pairs(field.mapKey, count, item) });
    }
  }
  return candidates;
}

function pairs(type: ScalarType, count: number, item: SingleValue): Value {
  const key = firstKey(type);
  const entries = Array.from({ length: count }, (_, i) => {
    const { value } = key;
    if (typeof value === 'string') return [scalar(type, `${value}${i}`), item] as const;
    if (typeof value === 'bigint') return [scalar(type, value + BigInt(i)), item] as const;
    if (typeof value === 'number') return [scalar(type, value + i), item] as const;
    return [scalar(type, i % 2 === 0), item] as const;
  });
  return { kind: 'map', entries };
}

/** A count and its neighbours, bounded: a rule may say a million. */
function around(count: bigint | undefined): number[] {
  if (count === undefined || count > 64n) return [];
  const near = Number(count);
  return [near, near - 1, near + 1].filter((n) => n > 0);
}

function dedupe<T extends Candidate>(candidates: readonly T[]): T[] {
  return [...new Map(candidates.map((one) => [one.label, one])).values()];
}
