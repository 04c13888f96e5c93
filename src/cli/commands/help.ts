/** `vitrine help [COMMAND]` */
import type { Command } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { commandHelp, globalHelp } from '../help.ts';
import { findCommand } from '../parse.ts';
import { packageVersion } from '../version.ts';

export const helpCommand: Command = {
  name: 'help',
  group: 'Housekeeping',
  summary: 'Explain Vitrine, or one command',
  arguments: [{ name: 'COMMAND', meaning: 'The command to explain', isOptional: true }],
  flags: [],
  settings: [],
  examples: ['vitrine help serve'],
  async run({ terminal, arguments: [name] }) {
    // The list of commands holds this one, so it is asked for when it is needed.
    const { COMMANDS } = await import('./index.ts');
    const text =
      name === undefined
        ? globalHelp(COMMANDS, packageVersion(), terminal)
        : commandHelp(findCommand(name, COMMANDS), terminal);
    terminal.out(text);
    return EXIT_DONE;
  },
};
