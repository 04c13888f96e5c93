/** The command line of `vitrine gate lint-fold`. */
import { parseArgs } from 'node:util';
import { nearest } from '../../base/index.ts';
import { fail } from './errors.ts';

export interface LintFoldOptions {
  readonly folder: string;
  readonly help: boolean;
  readonly action: 'dry-run' | 'write' | 'undo';
  readonly mode: 'exact' | 'unify';
  readonly only?: 'eslint' | 'python';
  readonly allowJs: boolean;
  readonly allowPython: boolean;
  readonly extensions?: readonly string[];
  readonly eslintBefore?: string;
  readonly eslintAfter?: string;
  readonly python?: string;
  readonly ruff: boolean;
  readonly diff: boolean;
  readonly json: boolean;
  readonly force: boolean;
  readonly trustBackup: boolean;
}

const FLAGS = {
  help: { type: 'boolean', short: 'h' },
  exact: { type: 'boolean' },
  unify: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  write: { type: 'boolean' },
  undo: { type: 'boolean' },
  force: { type: 'boolean' },
  'trust-backup': { type: 'boolean' },
  only: { type: 'string' },
  'allow-js': { type: 'boolean' },
  'allow-python': { type: 'boolean' },
  ext: { type: 'string' },
  'eslint-before': { type: 'string' },
  'eslint-after': { type: 'string' },
  python: { type: 'string' },
  ruff: { type: 'boolean' },
  diff: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

export const HELP = `vitrine gate lint-fold [FOLDER]: scattered lint configurations into one at the root

ESLint: every .eslintrc*, eslintConfig in package.json and .eslintignore become eslint.config.mjs.
Python: Black, Flake8 and isort settings of all folders become one pyproject.toml.
The linters are the repository's own; nothing is changed unless --write is given.

What to keep
  --exact              every file keeps its effective settings; what cannot be kept is listed (default)
  --unify              the most common setting of each rule wins; every change is listed

What to do
  --dry-run            report only (default)
  --write              write the folded configuration, remove the old ones, keep a backup
  --undo               restore the repository byte for byte from that backup
  --force              undo although folded files were edited since
  --trust-backup       undo from a backup that this user did not make here (read it first)
  --diff               print the changes as a unified diff
  --json               print the report as JSON (with --diff: the diff in it)

ESLint
  --allow-js           run JavaScript configurations of the repository (they are programs)
  --ext LIST           extensions to lint besides those of overrides, e.g. .js,.jsx
                       (default: what the lint script of package.json says)
  --eslint-before DIR  folder with the ESLint (8 or 9) that reads the old configurations
  --eslint-after DIR   folder with the ESLint (8.57 or newer) that reads the new one
                       (default of both: the one in FOLDER/node_modules)

Python
  --allow-python       run Python code of the repository (Flake8's local plug-ins)
  --python PATH        interpreter that has black, flake8 and isort, or its name on PATH
                       (default: .venv or venv of FOLDER, else python3)
  --ruff               fold into [tool.ruff] instead; what Ruff does not know is listed

Paths of options are relative to the current folder, not to FOLDER.

  --only KIND          eslint or python
  -h, --help           this text

Exit codes: 0 folded and nothing lost, 1 folded with losses (listed), 2 could not run.
`;

/** @throws LintFoldError bad-option */
export function parseOptions(argv: readonly string[]): LintFoldOptions {
  const { values, positionals } = parse(argv);
  if (positionals.length > 1) {
    throw bad(`expected one folder, got ${positionals.length}: ${positionals.join(' ')}.`);
  }
  exclusive(values, ['exact', 'unify']);
  exclusive(values, ['dry-run', 'write', 'undo']);
  for (const name of ['force', 'trust-backup'] as const) {
    if (values[name] && !values.undo) throw bad(`--${name} goes with --undo only.`);
  }
  if (values.only !== undefined && !['eslint', 'python'].includes(values.only)) {
    throw bad(`--only: expected eslint or python, got ${JSON.stringify(values.only)}.`);
  }
  return {
    folder: positionals[0] ?? '.',
    help: values.help ?? false,
    action: values.write ? 'write' : values.undo ? 'undo' : 'dry-run',
    mode: values.unify ? 'unify' : 'exact',
    ...(values.only === undefined ? {} : { only: values.only as 'eslint' | 'python' }),
    allowJs: values['allow-js'] ?? false,
    allowPython: values['allow-python'] ?? false,
    ...(values.ext === undefined ? {} : { extensions: extensionList(values.ext) }),
    ...(values['eslint-before'] === undefined ? {} : { eslintBefore: values['eslint-before'] }),
    ...(values['eslint-after'] === undefined ? {} : { eslintAfter: values['eslint-after'] }),
    ...(values.python === undefined ? {} : { python: values.python }),
    ruff: values.ruff ?? false,
    diff: values.diff ?? false,
    json: values.json ?? false,
    force: values.force ?? false,
    trustBackup: values['trust-backup'] ?? false,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true });
  } catch (error) {
    const { code, message } = error as Error & { code?: string };
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const given = /'(-[^']*)'/.exec(message)?.[1] ?? '';
      const known = Object.keys(FLAGS).map((name) => `--${name}`);
      const guess = nearest(given, known);
      throw bad(`unknown option ${given}.${guess === undefined ? '' : ` Did you mean ${guess}?`}`);
    }
    throw bad(`${message.replace(/\s*\n\s*/g, ' ')}.`);
  }
}

function exclusive(values: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  const given = names.filter((name) => values[name]);
  if (given.length > 1) {
    throw bad(`expected one of ${given.map((name) => `--${name}`).join(', ')}, got all of them.`);
  }
}

function extensionList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim().replace(/^\./, ''));
  const wrong = names.find((name) => !/^[\w-]+(\.[\w-]+)*$/.test(name));
  if (wrong !== undefined) {
    throw bad(`--ext: expected extensions like .js,.jsx, got ${JSON.stringify(text)}.`);
  }
  return names;
}

function bad(message: string) {
  return fail('bad-option', `lint-fold: ${message} \`vitrine gate lint-fold --help\` lists them.`);
}
