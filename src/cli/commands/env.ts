/** `vitrine env`: every variable, what it means, what it is, and where that came from. */
import { DECLARATIONS, type Setting, type VariableName } from '../../base/index.ts';
import type { Command, Context } from '../command.ts';
import { dataDirOf, threadsOf } from '../data-dir.ts';
import { EXIT_DONE } from '../errors.ts';
import { isSet } from '../flags.ts';
import { wrap } from '../table.ts';

const HIDDEN = '(set, not shown)';
const WIDTH = 96;

export const envCommand: Command = {
  name: 'env',
  group: 'Housekeeping',
  summary: 'List every setting: meaning, default, value, and where the value came from',
  description:
    'A flag wins over a variable, a variable over a default. Flags can be tried here: ' +
    '`vitrine env --port 9000` shows what `vitrine serve --port 9000` would use. Secrets are ' +
    'not shown.',
  arguments: [],
  flags: [{ name: 'json', type: 'switch', meaning: 'Print JSON' }],
  settings: DECLARATIONS.map(({ name }) => name),
  examples: ['vitrine env', 'VITRINE_THREADS=2 vitrine env --json'],
  async run(context) {
    const { terminal, flags } = context;
    const rows = [...context.settings].map(([name, setting]) => describe(context, name, setting));
    if (isSet(flags, 'json')) {
      terminal.out(`${JSON.stringify({ settings: rows }, null, 2)}\n`);
      return EXIT_DONE;
    }
    const blocks = rows.map((row) => {
      const names = [row.variable, ...row.aliases].join(', ');
      const flag = row.flag === null ? '' : ` or ${row.flag}`;
      return [
        `${terminal.outStyle('bold', names)}${flag}`,
        ...wrap(row.meaning, WIDTH).map((line) => `  ${line}`),
        `  value:   ${row.value ?? '(none)'}  (from ${row.from})`,
        `  default: ${row.default}`,
      ].join('\n');
    });
    terminal.out(`${blocks.join('\n\n')}\n`);
    return EXIT_DONE;
  },
};

function describe(context: Context, name: VariableName, setting: Setting) {
  const { declaration, source, from } = setting;
  return {
    variable: name,
    aliases: declaration.aliases ?? [],
    flag: declaration.flag === undefined ? null : `--${declaration.flag}`,
    meaning: declaration.meaning,
    default: declaration.defaultText,
    value: shownValue(context, name, setting),
    source,
    from: source === 'default' ? 'the default' : from,
  };
}

/** What a command would use; null when there is nothing, and none is decided yet. */
function shownValue(context: Context, name: VariableName, setting: Setting): string | null {
  const { value, declaration } = setting;
  if (declaration.type === 'secret') return value === undefined ? null : HIDDEN;
  if (name === 'VITRINE_DATA_DIR') return dataDirOf(context.settings, context.environment);
  if (name === 'VITRINE_THREADS') return String(threadsOf(context.settings));
  return value ?? null;
}
