/** Help texts, derived from the declarations of commands, flags and variables. */
import type { Command, Flag, Group } from './command.ts';
import { HELP_FLAG, usageOf } from './parse.ts';
import { declarationOf, settingFlags } from './setting-flags.ts';
import { alignColumns, wrap } from './table.ts';
import type { Terminal } from './terminal.ts';

const GROUPS: readonly { group: Group; title: string }[] = [
  { group: 'Serve', title: 'Serve: a model behind the API that your tools speak' },
  { group: 'Prove', title: 'Prove: what answered, and that it can be computed again' },
  { group: 'Ship', title: 'Ship: nothing leaves that was not meant to' },
  { group: 'Housekeeping', title: 'This installation' },
];

const WIDTH = 96;

/** `vitrine help`: only what exists; a group without commands is not shown. */
export function globalHelp(
  commands: readonly Command[],
  version: string,
  terminal: Terminal,
): string {
  const bold = (text: string) => terminal.outStyle('bold', text);
  const lines = [
    `${bold('Vitrine')} ${version}: open-weight models on your own machine, provable answers.`,
    '',
    `${bold('Usage:')} vitrine COMMAND [arguments] [flags]`,
  ];
  const summaries = alignColumns(commands.map(({ name, summary }) => [`  ${name}`, summary]));
  for (const { group, title } of GROUPS) {
    const own = summaries.filter((_, i) => commands[i].group === group);
    if (own.length > 0) lines.push('', bold(title), ...own);
  }
  return `${[
    ...lines,
    '',
    'vitrine help COMMAND explains one; vitrine --version says which this is.',
    'Settings can be given as variables too: vitrine env lists them.',
    'Exit codes: 0 done, 1 failed, 2 wrong usage, 128 + n stopped by signal n.',
  ].join('\n')}\n`;
}

/** `vitrine help gate`: the commands that begin with one word. */
export function familyHelp(family: readonly Command[], terminal: Terminal): string {
  const word = family[0].name.split(' ')[0];
  return `${[
    `${terminal.outStyle('bold', 'Usage:')} vitrine ${word} COMMAND [arguments] [flags]`,
    '',
    ...alignColumns(family.map(({ name, summary }) => [`  ${name}`, summary])),
    '',
    `vitrine help ${word} COMMAND explains one.`,
  ].join('\n')}\n`;
}

/** `vitrine help COMMAND` */
export function commandHelp(command: Command, terminal: Terminal): string {
  const bold = (text: string) => terminal.outStyle('bold', text);
  const lines = [`${command.summary}.`, '', `${bold('Usage:')} ${usageOf(command)}`];
  for (const paragraph of command.description?.split('\n\n') ?? []) {
    lines.push('', ...wrap(paragraph, WIDTH));
  }
  if (command.arguments.length > 0) {
    const rows = command.arguments.map(({ name, meaning }) => [`  ${name}`, meaning]);
    lines.push('', bold('Arguments'), ...alignColumns(rows, WIDTH));
  }
  lines.push('', bold('Flags'), ...alignColumns(flagRows(command), WIDTH));
  if (command.examples.length > 0) {
    lines.push('', bold('Examples'), ...command.examples.map((example) => `  ${example}`));
  }
  return `${lines.join('\n')}\n`;
}

function flagRows(command: Command): string[][] {
  const rows = command.flags.map((flag) => [flagText(flag), meaningOf(flag)]);
  const named = command.settings.filter((name) => declarationOf(name).flag !== undefined);
  for (const [i, flag] of settingFlags(command.settings).entries()) {
    rows.push([flagText(flag), `${meaningOf(flag)} (${named[i]})`]);
  }
  rows.push([flagText(HELP_FLAG), HELP_FLAG.meaning]);
  return rows;
}

function flagText(flag: Flag): string {
  const short = flag.short === undefined ? '    ' : `-${flag.short}, `;
  return `  ${short}--${flag.name}${flag.type === 'switch' ? '' : ` ${flag.value ?? 'VALUE'}`}`;
}

function meaningOf(flag: Flag): string {
  const again = flag.isRepeated ? '; may be repeated' : '';
  const byDefault = flag.defaultText === undefined ? '' : `; default: ${flag.defaultText}`;
  return `${flag.meaning}${again}${byDefault}`;
}
