/**
 * Copies configuration values into data that can cross a process boundary and be written into a
 * source file: JSON values, undefined, Infinity, NaN and regular expressions. Functions cannot;
 * each one is left out and listed by its place.
 */

const DEPTH_MAX = 64;

export function isCode(value: unknown): boolean {
  return typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint';
}

export function plainCopy(value: unknown, place: string, unprintable: string[]): unknown {
  return copy(value, place, unprintable, 0);
}

function copy(value: unknown, place: string, unprintable: string[], depth: number): unknown {
  if (isCode(value) || depth > DEPTH_MAX) {
    unprintable.push(place);
    return undefined;
  }
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value;
  if (Array.isArray(value)) {
    return value.map((item, index) => copy(item, `${place}[${index}]`, unprintable, depth + 1));
  }
  const result: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    const copied = copy(item, `${place}.${key}`, unprintable, depth + 1);
    if (copied !== undefined || item === undefined) result.push([key, copied]);
  }
  return Object.fromEntries(result);
}

/**
 * `value` without the names that every object has (`__proto__`, `constructor`, `toString`):
 * ESLint's old system never takes them over from `settings`, `parserOptions` and `globals`, at any
 * depth.
 */
export function withoutInherited(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || value instanceof RegExp) return value;
  if (Array.isArray(value)) return value.map(withoutInherited);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !(key in Object.prototype))
      .map(([key, item]) => [key, withoutInherited(item)]),
  );
}

/** Equal texts mean equal values; JSON alone would take every regular expression for `{}`. */
export function textKey(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => {
    if (item instanceof RegExp) return `(expression) ${item}`;
    if (item === undefined) return '(undefined)';
    if (typeof item === 'number' && !Number.isFinite(item)) return `(number) ${item}`;
    return isCode(item) ? '(code)' : item;
  });
}
