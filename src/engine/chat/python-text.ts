/** What Python's `str` and `repr` make of values, and its `str.format`. */
import { isList, isMap, isText, isUndefined, keyValue, type Value } from './jinja-values.ts';

/** `str(value)`: what `{{ value }}`, `~` and the filter `string` write. */
export function pythonText(value: Value): string {
  return isText(value) ? value.value : isUndefined(value) ? '' : pythonRepr(value);
}

/** `repr(value)`. @throws Error for functions and namespaces, which a prompt never means to show */
function pythonRepr(value: Value): string {
  if (isText(value)) return quoted(value.value);
  if (isList(value)) {
    const items = value.value.map(pythonRepr).join(', ');
    if (value.type !== 'TupleValue') return `[${items}]`;
    return value.value.length === 1 ? `(${items},)` : `(${items})`;
  }
  if (isMap(value)) {
    const entries = Array.from(value.value, ([key, item]) => {
      return `${pythonRepr(keyValue(key))}: ${pythonRepr(item)}`;
    });
    return `{${entries.join(', ')}}`;
  }
  switch (value.type) {
    case 'BooleanValue':
      return value.value === true ? 'True' : 'False';
    case 'NullValue':
      return 'None';
    case 'UndefinedValue':
      return 'Undefined';
    case 'IntegerValue':
      return integerText(value.value as number);
    case 'FloatValue':
      return floatText(value.value as number);
    default:
      throw new Error('it writes out a function or a namespace');
  }
}

function integerText(value: number): string {
  return Number.isSafeInteger(value) || !Number.isFinite(value)
    ? String(value)
    : BigInt(value).toString();
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value < 0 ? '-inf' : 'inf';
  if (Object.is(value, -0)) return '-0.0';
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-4 || size >= 1e16)) {
    return value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2');
  }
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/**
 * What Python escapes, with one difference: noncharacters and private-use characters stay, since
 * they mark places of the text (marker.ts).
 */
const ESCAPED = /[\\\p{Cc}\p{Cf}\p{Cs}\p{Cn}\p{Zl}\p{Zp}\p{Zs}]/gu;
const NAMED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  ' ': ' ',
};

function quoted(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(ESCAPED, (char) => {
    const code = char.codePointAt(0) as number;
    if (code >= 0xfdd0 && code <= 0xfdef) return char;
    const named = NAMED[char];
    if (named !== undefined) return named;
    if (code < 0x100) return `\\x${code.toString(16).padStart(2, '0')}`;
    if (code < 0x10000) return `\\u${code.toString(16).padStart(4, '0')}`;
    return `\\U${code.toString(16).padStart(8, '0')}`;
  });
  return quote + (quote === "'" ? body.replaceAll("'", "\\'") : body) + quote;
}

const FIELD = /\{\{|\}\}|\{([^{}]*)\}|[{}]/g;

/**
 * `text.format(...)` with `{}`, `{0}` and `{name}`.
 *
 * @param spend  told of the length of the result before it is made
 * @throws Error for anything else between braces
 */
export function pythonFormat(
  text: string,
  positional: readonly Value[],
  named: ReadonlyMap<string, Value>,
  spend: (units: number) => void,
): string {
  const parts: string[] = [];
  let from = 0;
  let next = 0;
  for (const match of text.matchAll(FIELD)) {
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
    const field = match[1];
    if (field === undefined) {
      if (match[0].length === 1) throw new Error('a single brace in format()');
      parts.push(match[0][0]);
      continue;
    }
    const value =
      field === '' ? positional[next] : (named.get(field) ?? positional[indexOf(field)]);
    if (field === '') next += 1;
    if (value === undefined) throw new Error(`format() has nothing for {${field}}`);
    parts.push(pythonText(value));
  }
  parts.push(text.slice(from));
  spend(parts.reduce((units, part) => units + part.length, 0));
  return parts.join('');
}

function indexOf(field: string): number {
  return /^\d{1,4}$/.test(field) ? Number(field) : -1;
}
