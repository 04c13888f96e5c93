/** Values and nodes of the template library, whose classes and types it does not export. */
import { Environment } from '@huggingface/jinja';

export interface Node {
  type: string;
}
export type Scope = unknown;
export interface Value {
  type: string;
  value: unknown;
}
export interface ListValue extends Value {
  value: Value[];
}
export interface MapValue extends Value {
  value: Map<unknown, Value>;
}

type Class<T extends Value> = new (value: T['value']) => T;

const samples = new Environment();
const classOf = <T extends Value>(name: string, sample: unknown) =>
  (samples.set(name, sample) as unknown as object).constructor as Class<T>;

const StringValue = classOf('string', '');
const IntegerValue = classOf('integer', 0);
const BooleanValue = classOf('boolean', true);
const ListClass = classOf<ListValue>('list', []);
const MapClass = classOf<MapValue>('map', {});

export const textValue = (text: string): Value => new StringValue(text);
export const integerValue = (value: number): Value => new IntegerValue(value);
export const booleanValue = (value: boolean): Value => new BooleanValue(value);
export const listValue = (items: Value[]): ListValue => new ListClass(items);
export const mapValue = (entries: Map<unknown, Value>): MapValue => new MapClass(entries);

/** Lists and tuples. */
export function isList(value: Value | undefined): value is ListValue {
  return value instanceof ListClass;
}

export function isMap(value: Value | undefined): value is MapValue {
  return value instanceof MapClass;
}

export function isText(value: Value | undefined): value is Value & { value: string } {
  return value?.type === 'StringValue';
}

export function isUndefined(value: Value | undefined): boolean {
  return value === undefined || value.type === 'UndefinedValue';
}

export function isNull(value: Value): boolean {
  return value.type === 'NullValue';
}

/** A number, or a boolean as the number that it is in Python. */
export function numberOf(value: Value): number | undefined {
  if (value.type === 'IntegerValue' || value.type === 'FloatValue') return value.value as number;
  return value.type === 'BooleanValue' ? Number(value.value) : undefined;
}

/** Of a mapping's keys: they are texts, or the integers that `python.ts` puts in. */
export function keyValue(key: unknown): Value {
  return typeof key === 'number' ? integerValue(key) : textValue(String(key));
}
