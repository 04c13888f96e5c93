/** JavaScript source for plain values: single quotes, two spaces, lines of at most 100 columns. */

const WIDTH = 100;

/** A path below the root: written relative to the configuration, not to this machine. */
export class RootPath {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }
}

/** Replaces strings that are paths of the root or below it (`tsconfigRootDir: __dirname`). */
export function withRootPaths(value: unknown, root: string): unknown {
  if (typeof value === 'string') {
    if (value === root) return new RootPath('.');
    return value.startsWith(`${root}/`) ? new RootPath(value.slice(root.length + 1)) : value;
  }
  if (Array.isArray(value)) return value.map((item) => withRootPaths(item, root));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, withRootPaths(item, root)]),
  );
}

export function valueSource(value: unknown, indent = 0, used = 0): string {
  const flat = oneLine(value);
  if (indent * 2 + used + flat.length <= WIDTH && !flat.includes('\n')) return flat;
  const pad = '  '.repeat(indent + 1);
  const end = '  '.repeat(indent);
  if (Array.isArray(value)) {
    const items = value.map((item) => `${pad}${valueSource(item, indent + 1)},\n`);
    return `[\n${items.join('')}${end}]`;
  }
  if (isRecord(value)) {
    const items = Object.entries(value).map(([key, item]) => {
      const name = keySource(key);
      return `${pad}${name}: ${valueSource(item, indent + 1, name.length + 3)},\n`;
    });
    return `{\n${items.join('')}${end}}`;
  }
  return flat;
}

export function oneLine(value: unknown): string {
  if (typeof value === 'string') return stringSource(value);
  if (value instanceof RegExp) return String(value);
  if (value instanceof RootPath) return `fromRoot(${stringSource(value.path)})`;
  if (Array.isArray(value)) return `[${value.map(oneLine).join(', ')}]`;
  if (isRecord(value)) {
    const items = Object.entries(value).map(([key, item]) => `${keySource(key)}: ${oneLine(item)}`);
    return items.length === 0 ? '{}' : `{ ${items.join(', ')} }`;
  }
  return String(value);
}

export function stringSource(text: string): string {
  const body = JSON.stringify(text).slice(1, -1).replace(/\\"/g, '"').replace(/'/g, "\\'");
  return `'${body.replace(/\u2028/g, '\\u2028').replace(/\u2029/g, '\\u2029')}'`;
}

export function keySource(key: string): string {
  // Without brackets it would set the prototype.
  if (key === '__proto__') return `['__proto__']`;
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : stringSource(key);
}

/** Words in lines of at most 100 columns, between backquotes. */
export function wordsSource(words: readonly string[]): string {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && line.length + word.length + 3 > WIDTH) {
      lines.push(line);
      line = '';
    }
    line += line === '' ? word : ` ${word}`;
  }
  if (line !== '') lines.push(line);
  const text = lines.map((each) => `  ${each}`).join('\n');
  return `\`\n${text.replace(/[\\`]|\$\{/g, '\\$&')}\n\``;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !(value instanceof RegExp) &&
    !(value instanceof RootPath)
  );
}
