/** Writes TOML tables of strings, numbers, booleans and arrays. */

const WIDTH = 100;

export type TomlValue = string | number | boolean | readonly TomlValue[];

/** One table with its header; sub-tables are values that are records. */
export function tomlTableText(name: string, table: Readonly<Record<string, unknown>>): string {
  const lines: string[] = [];
  const inner: string[] = [];
  for (const [key, value] of Object.entries(table)) {
    if (value === undefined || value === null) continue;
    if (typeof value === 'object' && !Array.isArray(value)) {
      inner.push(tomlTableText(`${name}.${tomlKey(key)}`, value as Record<string, unknown>));
    } else lines.push(assignment(tomlKey(key), value as TomlValue));
  }
  const own = lines.length > 0 || inner.length === 0 ? [`[${name}]\n${lines.join('')}`] : [];
  return [...own, ...inner].join('\n');
}

function assignment(key: string, value: TomlValue): string {
  const line = `${key} = ${tomlValue(value)}\n`;
  if (line.length <= WIDTH || !Array.isArray(value)) return line;
  return `${key} = [\n${value.map((item) => `  ${tomlValue(item as TomlValue)},\n`).join('')}]\n`;
}

export function tomlValue(value: TomlValue): string {
  if (typeof value === 'string') return tomlString(value);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return `[${value.map(tomlValue).join(', ')}]`;
}

/** A literal string where it can be, so that regular expressions stay readable. */
function tomlString(text: string): string {
  if (text.includes('\n') && !text.includes("'''") && !/[^\n\t\x20-\x7e\u00a0-\uffff]/.test(text)) {
    return `'''\n${text}'''`;
  }
  if (text.includes('\\') && /^[\x20-\x26\x28-\x7e]*$/.test(text)) return `'${text}'`;
  // JSON escapes are a subset of those of TOML basic strings, except for DEL.
  return JSON.stringify(text).replace(/\x7f/g, '\\u007f');
}

function tomlKey(key: string): string {
  return /^[A-Za-z0-9_-]+$/.test(key) ? key : tomlString(key);
}
