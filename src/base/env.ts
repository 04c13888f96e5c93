/**
 * Every configuration variable of Vitrine, declared once: name, flag, type, default, meaning.
 * Pure: the environment and the flags come in as records. A flag wins over a variable, a variable
 * over a default. Unknown VITRINE_ variables are errors, with the nearest known name.
 */
import { VitrineError } from './errors.ts';
import { nearest } from './suggest.ts';

export type EnvErrorCode = 'unknown-variable' | 'bad-value';

export interface Declaration {
  /** Environment variable. */
  readonly name: string;
  /** Flag without dashes, when the variable can be given as one. */
  readonly flag?: string;
  /** Other variables that are read when the first is not set. */
  readonly aliases?: readonly string[];
  readonly type: 'string' | 'integer' | 'boolean' | 'path' | 'secret';
  readonly defaultText: string;
  /** The value when neither flag nor variable is set; undefined: decided at run time. */
  readonly defaultValue?: string;
  readonly min?: number;
  readonly max?: number;
  /** The only values there are. */
  readonly choices?: readonly string[];
  readonly meaning: string;
}

export const DECLARATIONS = [
  {
    name: 'VITRINE_MODEL_PATH',
    flag: 'model',
    type: 'string',
    defaultText: 'smollm2-135m',
    defaultValue: 'smollm2-135m',
    meaning:
      'Model to serve: a catalogue name, a path, hf:owner/repo/file, pip:package==version, https:',
  },
  {
    name: 'VITRINE_HOST',
    flag: 'host',
    type: 'string',
    defaultText: '127.0.0.1',
    defaultValue: '127.0.0.1',
    meaning: 'Address to listen on',
  },
  {
    name: 'VITRINE_PORT',
    flag: 'port',
    aliases: ['PORT'],
    type: 'integer',
    min: 0,
    max: 65535,
    defaultText: '8000',
    defaultValue: '8000',
    meaning: 'Port to listen on; 0 takes a free one',
  },
  {
    name: 'VITRINE_DATA_DIR',
    flag: 'data-dir',
    type: 'path',
    defaultText: '~/.local/share/vitrine (XDG_DATA_HOME is honoured)',
    meaning: 'Models, lock file, keys',
  },
  {
    name: 'VITRINE_API_KEY',
    type: 'secret',
    defaultText: 'made and printed at the first start',
    meaning: 'The key that clients send (at least 128 random bits: 22 characters or more)',
  },
  {
    name: 'VITRINE_THREADS',
    flag: 'threads',
    type: 'integer',
    min: 1,
    max: 64,
    defaultText: 'the number of cores, 8 at most',
    meaning: 'Compute threads; the answer is the same for any number',
  },
  {
    name: 'VITRINE_CONTEXT',
    flag: 'context',
    type: 'integer',
    min: 64,
    max: 1048576,
    defaultText: "the model's own, as far as memory allows",
    meaning: 'Context length in tokens (prompt and answer together)',
  },
  {
    name: 'VITRINE_CHAT_TEMPLATE',
    flag: 'chat-template',
    type: 'path',
    defaultText: "the model file's own",
    meaning: "File with a Jinja chat template to use in place of the model file's own",
  },
  {
    name: 'VITRINE_KERNELS',
    flag: 'kernels',
    type: 'string',
    defaultText: 'auto',
    defaultValue: 'auto',
    choices: ['auto', 'relaxed', 'simd128', 'reference'],
    meaning: 'auto, relaxed, simd128 or reference; all give the same bits',
  },
  {
    name: 'VITRINE_OFFLINE',
    flag: 'offline',
    type: 'boolean',
    defaultText: 'false',
    defaultValue: 'false',
    meaning: 'Never use the network; serve only what is on disk',
  },
  {
    name: 'VITRINE_LOG_LEVEL',
    flag: 'log-level',
    type: 'string',
    defaultText: 'info',
    defaultValue: 'info',
    choices: ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    meaning: 'trace, debug, info, warn, error or silent; prompts are never logged',
  },
  {
    name: 'HF_ENDPOINT',
    type: 'string',
    defaultText: 'https://huggingface.co',
    defaultValue: 'https://huggingface.co',
    meaning: 'Hugging Face hub or a mirror of it, for hf: references',
  },
  {
    name: 'HF_TOKEN',
    type: 'secret',
    defaultText: 'none',
    meaning: 'Token for gated or private repositories of the hub',
  },
] as const satisfies readonly Declaration[];

export type VariableName = (typeof DECLARATIONS)[number]['name'];

export interface Setting {
  readonly declaration: Declaration;
  readonly value: string | undefined;
  readonly source: 'flag' | 'environment' | 'default';
  /** The flag or variable that gave the value. */
  readonly from: string;
}

export type Settings = ReadonlyMap<VariableName, Setting>;

/**
 * Resolves every declared variable. `flags` are keyed by flag name without dashes.
 * @throws VitrineError unknown-variable, bad-value
 */
export function readSettings(
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>> = {},
): Settings {
  refuseUnknownVariables(environment);
  const settings = new Map<VariableName, Setting>();
  for (const declaration of DECLARATIONS as readonly Declaration[]) {
    const setting = resolve(declaration, environment, flags);
    checkValue(setting);
    settings.set(declaration.name as VariableName, setting);
  }
  return settings;
}

export function stringSetting(settings: Settings, name: VariableName): string | undefined {
  return settings.get(name)?.value;
}

export function integerSetting(settings: Settings, name: VariableName): number | undefined {
  const value = settings.get(name)?.value;
  return value === undefined ? undefined : Number(value);
}

export function booleanSetting(settings: Settings, name: VariableName): boolean {
  const value = settings.get(name)?.value;
  return value !== undefined && isTrue(value);
}

function resolve(
  declaration: Declaration,
  environment: Readonly<Record<string, string | undefined>>,
  flags: Readonly<Record<string, string | undefined>>,
): Setting {
  const flagValue = declaration.flag === undefined ? undefined : flags[declaration.flag];
  if (flagValue !== undefined) {
    return { declaration, value: flagValue, source: 'flag', from: `--${declaration.flag}` };
  }
  for (const name of [declaration.name, ...(declaration.aliases ?? [])]) {
    const value = environment[name];
    if (value !== undefined && value !== '') {
      return { declaration, value, source: 'environment', from: name };
    }
  }
  return { declaration, value: declaration.defaultValue, source: 'default', from: 'default' };
}

function refuseUnknownVariables(environment: Readonly<Record<string, string | undefined>>): void {
  const known = DECLARATIONS.map((declaration) => declaration.name as string);
  for (const name of Object.keys(environment)) {
    if (!name.startsWith('VITRINE_') || known.includes(name)) continue;
    if (name.startsWith('VITRINE_INTERNAL_')) continue;
    const guess = nearest(name, known);
    const hint = guess ? ` Did you mean ${guess}?` : '';
    throw new VitrineError<EnvErrorCode>(
      'unknown-variable',
      `unknown environment variable ${name}.${hint} \`vitrine env\` lists all of them.`,
    );
  }
}

function checkValue(setting: Setting): void {
  const { declaration, value } = setting;
  if (value === undefined) return;
  if (declaration.type === 'integer') checkInteger(setting, value);
  if (declaration.type === 'boolean' && !/^(1|0|true|false|yes|no|on|off)$/i.test(value)) {
    throw bad(setting, 'true or false', value);
  }
  const { choices } = declaration;
  if (choices !== undefined && !choices.includes(value)) {
    const guess = nearest(value, choices);
    const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
    throw bad(setting, `one of ${choices.join(', ')}`, value, hint);
  }
}

function checkInteger(setting: Setting, value: string): void {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = setting.declaration;
  const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= min && number <= max)) {
    throw bad(setting, `a whole number from ${min} to ${max}`, value);
  }
}

function bad(
  setting: Setting,
  expected: string,
  value: string,
  hint = '',
): VitrineError<EnvErrorCode> {
  const shown = setting.declaration.type === 'secret' ? '(hidden)' : JSON.stringify(value);
  const message = `${setting.from}: expected ${expected}, got ${shown}.${hint}`;
  return new VitrineError('bad-value', message);
}

function isTrue(value: string): boolean {
  return /^(1|true|yes|on)$/i.test(value);
}
