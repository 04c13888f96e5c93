/**
 * Where Python's Jinja and the template library differ, as far as templates in use depend on it:
 * this is Jinja's side. Each function gives undefined for what the library does right.
 *
 * Values: booleans, None and lists are written as Python writes them; `==` compares types and
 * contents; `in` takes undefined and None; filters take undefined as an empty list or text. Texts
 * have `format`, mappings integers as keys.
 */
import {
  booleanValue,
  integerValue,
  isList,
  isMap,
  isNull,
  isText,
  isUndefined,
  keyValue,
  listValue,
  type MapValue,
  type Node,
  numberOf,
  textValue,
  type Value,
} from './jinja-values.ts';
import { pythonText } from './python-text.ts';

/** `left == right`. */
export function isEqual(left: Value, right: Value): boolean {
  if (left === right) return true;
  const [a, b] = [numberOf(left), numberOf(right)];
  if (a !== undefined || b !== undefined) return a === b;
  if (isList(left) && isList(right)) {
    if (left.type !== right.type || left.value.length !== right.value.length) return false;
    return left.value.every((item, i) => isEqual(item, right.value[i]));
  }
  if (isMap(left) && isMap(right)) {
    if (left.value.size !== right.value.size) return false;
    return Array.from(left.value).every(([key, item]) => {
      const other = right.value.get(key);
      return other !== undefined && isEqual(item, other);
    });
  }
  return left.type === right.type && left.value === right.value;
}

/** Operators on values that have been computed. */
export function binary(operator: string, left: Value, right: Value): Value | undefined {
  switch (operator) {
    case '==':
      return booleanValue(isEqual(left, right));
    case '!=':
      return booleanValue(!isEqual(left, right));
    case '~':
      return textValue(pythonText(left) + pythonText(right));
    case 'in':
    case 'not in': {
      const is = isIn(left, right);
      return is === undefined ? undefined : booleanValue(is === (operator === 'in'));
    }
    case '+':
      if (isText(left) !== isText(right)) throw new Error('it adds a text to what is none');
      return undefined;
    default:
      return undefined;
  }
}

function isIn(left: Value, right: Value): boolean | undefined {
  if (isUndefined(right)) return false;
  if (isList(right)) return right.value.some((item) => isEqual(item, left));
  if (!isMap(right)) return undefined;
  return right.value.has(isText(left) ? left.value : numberOf(left));
}

const LISTS = new Set(['list', 'selectattr', 'rejectattr', 'map', 'select', 'reject', 'reverse']);
const MORE_LISTS = new Set(['sort', 'unique', 'items', 'dictsort']);
const TEXTS = new Set(['join', 'trim', 'string', 'upper', 'lower', 'title', 'capitalize']);
/** Those that let None pass as an empty list. */
const NULL_LISTS = new Set(['selectattr', 'rejectattr', 'map', 'select', 'reject']);

/** A filter on a value; `hasArguments` leaves to the library what arguments change. */
export function filter(name: string, value: Value, hasArguments: boolean): Value | undefined {
  if (isUndefined(value)) {
    if (name === 'length' || name === 'count') return integerValue(0);
    if (LISTS.has(name) || MORE_LISTS.has(name)) return listValue([]);
    return TEXTS.has(name) ? textValue('') : undefined;
  }
  if (isNull(value) && NULL_LISTS.has(name)) return listValue([]);
  if (hasArguments) return undefined;
  if (isList(value)) {
    if (name === 'count') return integerValue(value.value.length);
    if (name === 'min' || name === 'max') return extreme(name, value.value);
  }
  if (name === 'string') return textValue(pythonText(value));
  if (name === 'length' && isText(value)) return integerValue(countCharacters(value.value));
  if (isMap(value)) return ofMap(name, value);
  if (name === 'list' && isText(value)) return listValue(Array.from(value.value, textValue));
  const isTruth = name === 'trim' && !isText(value);
  return isTruth ? textValue(pythonText(value).trim()) : undefined;
}

/** Characters, where JavaScript counts UTF-16 units. */
function countCharacters(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0xdc00 || unit > 0xdfff) count += 1;
  }
  return count;
}

function extreme(name: 'min' | 'max', items: readonly Value[]): Value | undefined {
  const numbers = items.map(numberOf);
  if (items.length === 0 || numbers.includes(undefined)) return undefined;
  const wanted = (numbers as number[]).reduce((a, b) => Math[name](a, b));
  return items[numbers.indexOf(wanted)];
}

const METHODS = new Set(['items', 'keys', 'values', 'get']);

/** `mapping.items` is the method even where a key has that name; `mapping['items']` is the key. */
export function mapMethod(object: Value, name: unknown): Value | undefined {
  if (!isMap(object) || typeof name !== 'string' || !METHODS.has(name)) return undefined;
  return (object as unknown as { builtins: Map<string, Value> }).builtins.get(name);
}

/** What the library cannot do for a mapping that has integers as keys, and the list of keys. */
function ofMap(name: string, map: MapValue): Value | undefined {
  const keys = Array.from(map.value.keys());
  if (name === 'list') return listValue(keys.map(keyValue));
  if (!keys.some((key) => typeof key === 'number')) return undefined;
  if (name === 'dictsort') {
    const isNumeric = keys.every((key) => typeof key === 'number');
    if (!isNumeric) throw new Error('it sorts numbers and texts');
    keys.sort((a, b) => a - b);
  }
  if (name !== 'dictsort' && name !== 'items') return undefined;
  return listValue(keys.map((key) => listValue([keyValue(key), map.value.get(key) as Value])));
}

/** `value is iterable`, and other tests that the library answers for fewer values. */
export function test(name: string, value: Value): boolean | undefined {
  if (name !== 'iterable' && name !== 'sequence') return undefined;
  const is = isText(value) || isList(value) || isMap(value);
  return is || (isUndefined(value) && name === 'iterable');
}

/** What a statement writes; an expression writes None, a statement nothing. */
export function written(statement: Node, value: Value): string {
  if (isNull(value) && SILENT.has(statement.type)) return '';
  return pythonText(value);
}

const SILENT = new Set(['Set', 'Macro', 'Comment', 'Break', 'Continue']);

/**
 * Characters that may mark places (marker.ts), escaped in JSON; a pair of backslashes is passed.
 */
const ESCAPED_MARKS = /\\(?:\\|u(fd[de][0-9a-f]|e[0-9a-f]{3}|f[0-8][0-9a-f]{2}))/g;

/** JSON in ASCII with the characters that mark places as they are. */
export function withMarks(json: string): string {
  return json.replace(ESCAPED_MARKS, (whole, hex?: string) =>
    hex === undefined ? whole : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
