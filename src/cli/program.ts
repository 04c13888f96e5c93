/** A whole run: words -> command -> exit code. Errors end here, as one line on standard error. */
import {
  isVitrineError,
  messageOf,
  readSettings,
  type Settings,
  VitrineError,
} from '../base/index.ts';
import type { Command } from './command.ts';
import { COMMANDS } from './commands/index.ts';
import { cliError, EXIT_DONE, exitCodeOf } from './errors.ts';
import { commandHelp, familyHelp, globalHelp } from './help.ts';
import { commandWord } from './installation.ts';
import { familyOf, findCommand, parseCommandLine } from './parse.ts';
import type { Stop } from './stop.ts';
import { say, type Terminal } from './terminal.ts';
import { packageVersion } from './version.ts';

export interface ProgramOptions {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly stop: Stop;
}

export async function runProgram(
  words: readonly string[],
  options: ProgramOptions,
): Promise<number> {
  const { terminal, environment, stop } = options;
  const [first] = words;
  try {
    if (first === undefined || first === '--help' || first === '-h') {
      terminal.out(globalHelp(COMMANDS, packageVersion(), terminal));
      return EXIT_DONE;
    }
    if (first === '--version' || first === '-v' || first === '-V') {
      terminal.out(`${packageVersion()}\n`);
      return EXIT_DONE;
    }
    if (first.startsWith('-')) throw flagWithoutCommand(first);
    const family = familyOf(first, COMMANDS);
    if (family.length > 0 && (words.length === 1 || /^(-h|--help)$/.test(words[1]))) {
      terminal.out(familyHelp(family, terminal));
      return EXIT_DONE;
    }
    const { command, rest } = findCommand(words, COMMANDS);
    const line = parseCommandLine(command, rest);
    if (line.wantsHelp) {
      terminal.out(commandHelp(command, terminal));
      return EXIT_DONE;
    }
    const settings = settingsOf(command, environment, line.settingTexts);
    const { flags, arguments: given } = line;
    return await command.run({ terminal, environment, arguments: given, flags, settings, stop });
  } catch (error) {
    if (stop.signal.aborted && isVitrineError(error, 'cancelled')) say(terminal, messageOf(error));
    else report(terminal, error);
    return stop.signal.aborted ? stop.exitCode() : exitCodeOf(error);
  }
}

/** A command that reads no setting says its piece whatever the environment holds. */
function settingsOf(
  command: Command,
  environment: ProgramOptions['environment'],
  flags: Readonly<Record<string, string>>,
): Settings {
  return command.settings.length === 0 ? new Map() : readSettings(environment, flags);
}

function flagWithoutCommand(flag: string): Error {
  return cliError(
    'unknown-flag',
    `unknown flag ${flag.split('=')[0]}. Before a command there are --help and --version; other flags ` +
      'follow a command. `vitrine help` lists commands.',
  );
}

/** Commands in messages as they must be typed where this program came from. */
function asTyped(message: string): string {
  return message.replaceAll('`vitrine ', `\`${commandWord()} `);
}

function report(terminal: Terminal, error: unknown): void {
  const mark = terminal.errStyle('red', 'error:');
  if (isVitrineError(error)) {
    terminal.err(`vitrine: ${mark} ${asTyped(messageOf(error))}\n`);
    return;
  }
  const stack = error instanceof Error ? error.stack : new VitrineError('unknown', '').stack;
  terminal.err(`vitrine: ${mark} ${messageOf(error)} (a bug in Vitrine)\n${stack}\n`);
}
