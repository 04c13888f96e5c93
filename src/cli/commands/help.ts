/** `vitrine help [COMMAND]` */
import type { Command } from '../command.ts';
import { cliError, EXIT_DONE } from '../errors.ts';
import { commandHelp, familyHelp, globalHelp } from '../help.ts';
import { familyOf, findCommand } from '../parse.ts';
import { packageVersion } from '../version.ts';

export const helpCommand: Command = {
  name: 'help',
  group: 'Housekeeping',
  summary: 'Explain Vitrine, or one command',
  arguments: [
    { name: 'COMMAND', meaning: 'The command to explain', isOptional: true, isRepeated: true },
  ],
  flags: [],
  settings: [],
  examples: ['vitrine help serve', 'vitrine help gate lint-fold'],
  async run(context) {
    const { terminal, arguments: words } = context;
    // The list of commands holds this one, so it is asked for when it is needed.
    const { COMMANDS } = await import('./index.ts');
    if (words.length === 0) {
      terminal.out(globalHelp(COMMANDS, packageVersion(), terminal));
      return EXIT_DONE;
    }
    const family = familyOf(words[0], COMMANDS);
    if (family.length > 0 && words.length === 1) {
      terminal.out(familyHelp(family, terminal));
      return EXIT_DONE;
    }
    const { command, rest } = findCommand(words, COMMANDS);
    if (rest.length > 0) {
      throw cliError('too-many-arguments', `unexpected argument ${JSON.stringify(rest[0])}.`);
    }
    if (command.readsOwnWords) return command.run({ ...context, arguments: ['--help'] });
    terminal.out(commandHelp(command, terminal));
    return EXIT_DONE;
  },
};
