/** The options of the plug-in, as protoc and buf pass them: key=value, each once unless said. */
import { nearest } from '../base/index.ts';
import { testgenError } from './errors.ts';

export interface RawOption {
  readonly key: string;
  readonly value: string;
}

export interface CommonOptions {
  /** Where once-written files are made, relative to the working directory; undefined: nowhere. */
  readonly skeletons?: string;
  /** Where the plug-in's output goes, when that is another folder than `skeletons`. */
  readonly out?: string;
  /** Most request cases of one method. */
  readonly casesMax: number;
}

export type Runner = 'node' | 'vitest';
export type Protocol = 'connect' | 'grpc' | 'grpc-web';

export interface TypeScriptOptions extends CommonOptions {
  readonly runner: Runner;
  readonly protocol: Protocol;
}

export type Language = 'ts' | 'go';

const CASES_MAX = 64;
const COMMON = ['skeletons', 'out', 'cases_max'];

/** What protoc and buf pass: "a=1,b" -> [{a,1},{b,''}]. No value can hold a comma. */
export function splitParameter(parameter: string): RawOption[] {
  return parameter
    .split(',')
    .filter((part) => part !== '')
    .map(splitOption);
}

function splitOption(text: string): RawOption {
  const at = text.indexOf('=');
  return at < 0 ? { key: text, value: '' } : { key: text.slice(0, at), value: text.slice(at + 1) };
}

const OWN_FLAGS = ['lang', 'out', 'skeletons'];

/** One --opt of the command. @throws VitrineError bad-option */
export function readOption(text: string): RawOption {
  const option = splitOption(text);
  if (option.key === '') throw testgenError('bad-option', '--opt: expected KEY=VALUE, got nothing');
  if (text.includes(',')) {
    throw testgenError(
      'bad-option',
      `--opt ${text}: expected one option, without commas: give --opt as often as needed`,
    );
  }
  if (OWN_FLAGS.includes(option.key)) {
    throw testgenError('bad-option', `--opt ${text}: give it as --${option.key} in its place`);
  }
  return option;
}

/** Takes lang=ts|go out of the options. @throws VitrineError bad-option */
export function takeLanguage(all: readonly RawOption[]): { language: Language; rest: RawOption[] } {
  const given = all.filter(({ key }) => key === 'lang');
  if (given.length > 1) throw twice('lang');
  const value = given[0]?.value ?? 'ts';
  if (value !== 'ts' && value !== 'go') throw badValue('lang', 'ts or go', value);
  return { language: value, rest: all.filter(({ key }) => key !== 'lang') };
}

/** @throws VitrineError bad-option */
export function readTypeScriptOptions(raw: readonly RawOption[]): TypeScriptOptions {
  const values = collect(raw, [...COMMON, 'runner', 'protocol']);
  const runner = values.get('runner') ?? 'node';
  if (runner !== 'node' && runner !== 'vitest') throw badValue('runner', 'node or vitest', runner);
  const protocol = values.get('protocol') ?? 'connect';
  if (protocol !== 'connect' && protocol !== 'grpc' && protocol !== 'grpc-web') {
    throw badValue('protocol', 'connect, grpc or grpc-web', protocol);
  }
  return { ...readCommon(values), runner, protocol };
}

/** Options that are not of `known` are the caller's error. @throws VitrineError bad-option */
export function collect(raw: readonly RawOption[], known: readonly string[]): Map<string, string> {
  const values = new Map<string, string>();
  for (const { key, value } of raw) {
    if (!known.includes(key)) {
      const guess = nearest(key, known);
      const isGo = /^(module|paths|default_api_level|M.+|apilevelM.+)$/.test(key);
      if (isGo)
        throw testgenError('bad-option', `option "${key}" is one of lang=go: give that too`);
      const hint = guess === undefined ? `known: ${known.join(', ')}` : `did you mean ${guess}?`;
      throw testgenError('bad-option', `unknown option "${key}"; ${hint}`);
    }
    if (values.has(key)) throw twice(key);
    values.set(key, value);
  }
  return values;
}

export function readCommon(values: ReadonlyMap<string, string>): CommonOptions {
  const cases = values.get('cases_max');
  const casesMax = cases === undefined ? CASES_MAX : Number(cases);
  if (!/^\d+$/.test(cases ?? '1') || casesMax < 2 || casesMax > 10000) {
    throw badValue('cases_max', 'a whole number from 2 to 10000', cases ?? '');
  }
  const skeletons = values.get('skeletons');
  const out = values.get('out');
  for (const [name, value] of [
    ['skeletons', skeletons],
    ['out', out],
  ] as const) {
    if (value === '') throw badValue(name, 'a folder (. for the working directory)', value);
  }
  if (out !== undefined && skeletons === undefined) {
    throw testgenError(
      'bad-option',
      'option out only says where skeletons import from: give skeletons too',
    );
  }
  return { casesMax, ...(skeletons && { skeletons }), ...(out && { out }) };
}

export function twice(key: string) {
  return testgenError('bad-option', `option ${key} is given twice`);
}

export function badValue(name: string, expected: string, value: string) {
  return testgenError('bad-option', `option ${name}: expected ${expected}, got "${value}"`);
}
