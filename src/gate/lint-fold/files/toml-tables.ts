/**
 * Takes tables out of a TOML file and adds new ones at its end, leaving every other byte as it is.
 * The file is read by a parser that knows where each thing stands, so it does not matter how the
 * table is spelled: `[tool.black]`, `[tool]` with `black = {...}`, dotted keys, sub-tables anywhere
 * in the file. What is left is read again and compared before it is given back.
 *
 * Comments below the last value of a removed table stay: they may be about what follows.
 */
import { isDeepStrictEqual } from 'node:util';
import { type AST, getStaticTOMLValue, parseTOML } from 'toml-eslint-parser';
import { fail } from '../errors.ts';
import type { Removal } from './ini-sections.ts';
import { tomlTableText } from './toml-text.ts';

type Table = Record<string, unknown>;

/** The file as plain values. @throws LintFoldError bad-config, with the line */
export function tomlValues(path: string, text: string): Table {
  return getStaticTOMLValue(parsed(path, text)) as Table;
}

/** True when the file has a table by this name (`['tool', 'black']`), however it is spelled. */
export function hasTomlTable(values: Table, name: readonly string[]): boolean {
  let at: unknown = values;
  for (const key of name) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
    at = (at as Table)[key];
  }
  return true;
}

/** @throws LintFoldError bad-config when the rest would not stay the same */
export function removeTomlTable(path: string, text: string, name: readonly string[]): Removal {
  const ast = parsed(path, text);
  const cuts: [number, number][] = [];
  for (const item of ast.body[0].body) {
    if (item.type === 'TOMLKeyValue') cuts.push(...cutsOf(text, item, [], name, undefined));
    else if (startsWith(item.resolvedKey, name)) cuts.push(wholeLines(text, ...item.range));
    else {
      const above = item.resolvedKey;
      for (const member of item.body) cuts.push(...cutsOf(text, member, above, name, undefined));
    }
  }
  const comments = ast.comments
    .filter(({ range: [start] }) => cuts.some(([from, to]) => from <= start && start < to))
    .map(({ range }) => text.slice(...range).trimEnd());
  const left = withoutRanges(text, cuts);
  const expected = without(tomlValues(path, text), name);
  if (!isDeepStrictEqual(withoutEmpty(tomlValues(path, left)), withoutEmpty(expected))) {
    throw fail('bad-config', `${path}: cannot take [${name.join('.')}] out and keep the rest.`);
  }
  return { text: left, comments };
}

/**
 * `tables`: by full name (`tool.black`). The line ends are those of the file.
 * @throws LintFoldError bad-config when the file cannot hold them
 */
export function addTomlTables(
  path: string,
  text: string,
  tables: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): string {
  const end = /\r?\n/.exec(text)?.[0] ?? '\n';
  const added = Object.entries(tables).map(([name, table]) => tomlTableText(name, table));
  if (added.length === 0) return text;
  let above = text;
  if (above !== '' && !/\n$/.test(above)) above += end;
  if (above !== '' && !/(^|\n)\r?\n$/.test(above)) above += end;
  const result = above + added.join('\n').replaceAll('\n', end);
  tomlValues(path, result);
  return result;
}

function parsed(path: string, text: string): AST.TOMLProgram {
  try {
    return parseTOML(text, { filePath: path });
  } catch (error) {
    const { message, lineNumber } = error as Error & { lineNumber?: number };
    throw fail('bad-config', `${path}:${lineNumber ?? 1}: ${message}`, error);
  }
}

/** Where the value of `name`, or a part of it, stands below one `key = value`. */
function cutsOf(
  text: string,
  item: AST.TOMLKeyValue,
  above: readonly (string | number)[],
  name: readonly string[],
  inline: { readonly members: readonly AST.TOMLKeyValue[]; readonly index: number } | undefined,
): [number, number][] {
  const own = item.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
  const full = [...above, ...own];
  if (startsWith(full, name)) {
    if (inline === undefined) return [wholeLines(text, ...item.range)];
    const next = inline.members[inline.index + 1];
    const previous = inline.members[inline.index - 1];
    if (next !== undefined) return [[item.range[0], next.range[0]]];
    if (previous !== undefined) return [[previous.range[1], item.range[1]]];
    return [[...item.range]];
  }
  if (item.value.type !== 'TOMLInlineTable' || !startsWith(name, full)) return [];
  const members = item.value.body;
  return members.flatMap((member, index) => cutsOf(text, member, full, name, { members, index }));
}

function startsWith(key: readonly (string | number)[], start: readonly (string | number)[]) {
  return key.length >= start.length && start.every((part, index) => key[index] === part);
}

/** From the start of the first line to the end of the last one, its comment included. */
function wholeLines(text: string, start: number, end: number): [number, number] {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const newline = text.indexOf('\n', end);
  return [start === 0 ? 0 : from, newline < 0 ? text.length : newline + 1];
}

/** One blank line is enough where there were two. */
function withoutRanges(text: string, cuts: readonly (readonly [number, number])[]): string {
  const sorted = [...cuts].sort(([a], [b]) => a - b);
  let result = '';
  let at = 0;
  for (const [from, to] of sorted) {
    if (from > at) result += text.slice(at, from);
    at = Math.max(at, to);
    if (result === '' || /\n\r?\n$/.test(result)) {
      at += /^(?:[ \t]*\r?\n)*/.exec(text.slice(at))?.[0].length ?? 0;
    }
  }
  const tail = text.slice(at);
  return tail === '' ? withoutBlankEnd(result) : result + tail;
}

/** Without the blank lines at the end, of which the removed table had been the reason. */
function withoutBlankEnd(text: string): string {
  const end = text.trimEnd().length;
  const newline = text.indexOf('\n', end);
  return newline < 0 ? text : text.slice(0, newline + 1);
}

function without(values: Table, [key = '', ...rest]: readonly string[]): Table {
  if (!Object.hasOwn(values, key)) return values;
  const { [key]: inner, ...others } = values;
  if (rest.length === 0 || typeof inner !== 'object' || inner === null) return others;
  return { ...others, [key]: without(inner as Table, rest) };
}

/** Tables of which nothing is left may be there or not: `[tool]` alone says nothing. */
function withoutEmpty(value: unknown): unknown {
  if (Object.prototype.toString.call(value) !== '[object Object]') return value;
  const entries = Object.entries(value as Table)
    .map(([key, item]) => [key, withoutEmpty(item)] as const)
    .filter(([, item]) => !isDeepStrictEqual(item, {}));
  return Object.fromEntries(entries);
}
