/**
 * Command lines: words -> command, flags, arguments, checked against the declarations. Splitting is
 * node:util parseArgs; what it does not know (the nearest flag, bounds, several commands) is here.
 */
import { parseArgs } from 'node:util';
import { nearest } from '../base/index.ts';
import type { Command, Flag } from './command.ts';
import { cliError } from './errors.ts';
import type { FlagValue, FlagValues } from './flags.ts';
import { flagsOf } from './setting-flags.ts';

export interface CommandLine {
  readonly flags: FlagValues;
  /** Flags that stand for variables, as text, by flag name: for readSettings. */
  readonly settingTexts: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
  readonly wantsHelp: boolean;
}

export const HELP_FLAG: Flag = {
  name: 'help',
  short: 'h',
  type: 'switch',
  meaning: 'Show this text',
};

export interface CommandWords {
  readonly command: Command;
  /** What follows the command's name. */
  readonly rest: readonly string[];
}

/** @throws VitrineError unknown-command with the nearest name */
export function findCommand(words: readonly string[], commands: readonly Command[]): CommandWords {
  for (const length of [2, 1]) {
    const spoken = words.slice(0, length).join(' ');
    const command = commands.find((each) => each.name === spoken);
    if (command !== undefined) return { command, rest: words.slice(length) };
  }
  // Of a family, `gate lint-fold` and its like, the second word is the one that can be wrong.
  const family = familyOf(words[0], commands);
  const name = words.slice(0, family.length > 0 ? 2 : 1).join(' ');
  const names =
    family.length > 0
      ? family.map((command) => command.name)
      : [...new Set(commands.map((command) => command.name.split(' ')[0]))];
  const guess = nearest(name, names);
  const hint = guess === undefined ? `There are: ${names.join(', ')}.` : `Did you mean ${guess}?`;
  throw cliError(
    'unknown-command',
    `unknown command ${JSON.stringify(name)}. ${hint} \`vitrine help\` explains them.`,
  );
}

/** The commands that begin with this word and have a second one. */
export function familyOf(word: string, commands: readonly Command[]): readonly Command[] {
  return commands.filter((command) => command.name.startsWith(`${word} `));
}

/**
 * Parses what follows the command's name.
 * @throws VitrineError unknown-flag, missing-value, bad-flag-value, missing-argument,
 *   too-many-arguments
 */
export function parseCommandLine(command: Command, words: readonly string[]): CommandLine {
  if (command.readsOwnWords) {
    return { flags: new Map(), settingTexts: {}, arguments: words, wantsHelp: false };
  }
  const all = [...flagsOf(command), HELP_FLAG];
  const { tokens } = parseArgs({
    args: [...words],
    options: Object.fromEntries(all.map((flag) => [flag.name, parseOption(flag)])),
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  const values = new Map<string, FlagValue>();
  const settingTexts: Record<string, string> = {};
  const positionals: string[] = [];
  const ownNames = new Set(command.flags.map((flag) => flag.name));
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value);
    if (token.kind !== 'option') continue;
    const flag = all.find(({ name }) => name === token.name);
    if (flag === undefined) throw unknownFlag(token.rawName, command, all);
    const text = textOf(flag, token);
    const isSetting = !ownNames.has(flag.name) && flag !== HELP_FLAG;
    if (isSetting) settingTexts[flag.name] = text ?? 'true';
    else values.set(flag.name, flagValue(flag, text, values.get(flag.name)));
  }
  const wantsHelp = values.has(HELP_FLAG.name);
  if (!wantsHelp) checkArguments(command, positionals);
  return { flags: values, settingTexts, arguments: positionals, wantsHelp };
}

function parseOption(flag: Flag): { type: 'boolean' | 'string'; short?: string } {
  const type = flag.type === 'switch' ? 'boolean' : 'string';
  return flag.short === undefined ? { type } : { type, short: flag.short };
}

/** The text given to a flag; undefined for a switch without one. */
function textOf(
  flag: Flag,
  token: { value?: string | undefined; inlineValue?: boolean | undefined; rawName: string },
): string | undefined {
  const { value, inlineValue } = token;
  if (flag.type === 'switch') return value;
  // `--model --port 9000`: the next flag is no value, a negative number is.
  const isFlag = value !== undefined && inlineValue !== true && /^-+[^\d.-]/.test(value);
  if (value === undefined || isFlag) {
    throw cliError('missing-value', `${token.rawName} needs a value: ${shapeOf(flag)}.`);
  }
  return value;
}

function flagValue(flag: Flag, text: string | undefined, before: FlagValue | undefined): FlagValue {
  if (flag.type === 'switch') {
    if (text === undefined) return true;
    throw badValue(flag, 'no value', text);
  }
  const given = text as string;
  if (flag.isRepeated) return [...(Array.isArray(before) ? before : []), given];
  return flag.type === 'text' ? given : checkedNumber(flag, given);
}

function checkedNumber(flag: Flag, text: string): number {
  const { min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = flag;
  const pattern = flag.type === 'integer' ? /^-?\d{1,15}$/ : /^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
  const number = pattern.test(text) ? Number(text) : Number.NaN;
  if (number >= min && number <= max) return number;
  const noun = flag.type === 'integer' ? 'a whole number' : 'a number';
  const from = Number.isFinite(min) ? ` from ${min}` : '';
  const to = Number.isFinite(max) ? ` to ${max}` : '';
  throw badValue(flag, `${noun}${from}${to}`, text);
}

function badValue(flag: Flag, expected: string, text: string): Error {
  return cliError(
    'bad-flag-value',
    `--${flag.name}: expected ${expected}, got ${JSON.stringify(text)}.`,
  );
}

function shapeOf(flag: Flag): string {
  return `--${flag.name} ${flag.value ?? 'VALUE'}`;
}

function unknownFlag(rawName: string, command: Command, flags: readonly Flag[]): Error {
  const guess = nearest(
    rawName.replace(/^-+/, ''),
    flags.map(({ name }) => name),
  );
  const hint = guess === undefined ? '' : ` Did you mean --${guess}?`;
  return cliError(
    'unknown-flag',
    `unknown flag ${rawName}.${hint} \`vitrine help ${command.name}\` lists all of them; ` +
      'words that begin with a dash go after --.',
  );
}

function checkArguments(command: Command, given: readonly string[]): void {
  const expected = command.arguments;
  const missing = expected.find((argument, i) => !argument.isOptional && given[i] === undefined);
  if (missing !== undefined) {
    throw cliError(
      'missing-argument',
      `${missing.name} is missing: ${missing.meaning}. Usage: ${usageOf(command)}`,
    );
  }
  if (expected.at(-1)?.isRepeated || given.length <= expected.length) return;
  throw cliError(
    'too-many-arguments',
    `unexpected argument ${JSON.stringify(given[expected.length])}. Usage: ${usageOf(command)}` +
      (expected.length === 0 ? '' : ' (quote words that belong together)'),
  );
}

/** `vitrine pull REF [flags]` */
export function usageOf(command: Command): string {
  const words = command.arguments.map(({ name, isOptional, isRepeated }) => {
    const word = isRepeated ? `${name}…` : name;
    return isOptional ? `[${word}]` : word;
  });
  return ['vitrine', command.name, ...words, '[flags]'].join(' ');
}
