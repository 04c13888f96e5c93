/** What a command is: one declaration, from which parsing, help and suggestions are derived. */
import type { Settings, VariableName } from '../base/index.ts';
import type { FlagValues } from './flags.ts';
import type { Stop } from './stop.ts';
import type { Terminal } from './terminal.ts';

export type Group = 'Serve' | 'Prove' | 'Ship' | 'Housekeeping';

export interface Flag {
  /** Without dashes. */
  readonly name: string;
  /** One letter. */
  readonly short?: string;
  /** `switch` takes no value. */
  readonly type: 'switch' | 'text' | 'integer' | 'number';
  /** How help shows the value. */
  readonly value?: string;
  readonly min?: number;
  readonly max?: number;
  /** May be given several times. */
  readonly isRepeated?: boolean;
  readonly meaning: string;
  /** Shown in help. */
  readonly defaultText?: string;
}

export interface Argument {
  readonly name: string;
  readonly meaning: string;
  readonly isOptional?: boolean;
  /** The last one only: takes all that follow. */
  readonly isRepeated?: boolean;
}

export interface Command {
  /** One word, or two: `gate lint-fold`. */
  readonly name: string;
  readonly group: Group;
  /** One line, for the list of commands. */
  readonly summary: string;
  /** Paragraphs for `help COMMAND`. */
  readonly description?: string;
  readonly arguments: readonly Argument[];
  readonly flags: readonly Flag[];
  /**
   * Its part parses the words, --help among them, and explains itself: `arguments` and `flags` are
   * empty, and run gets every word.
   */
  readonly readsOwnWords?: boolean;
  /** Variables of base/env that this command reads; those with a flag can be given as one. */
  readonly settings: readonly VariableName[];
  readonly examples: readonly string[];
  /** The exit code. Errors are thrown. */
  run(context: Context): Promise<number>;
}

/** Everything that a command may touch outside itself. */
export interface Context {
  readonly terminal: Terminal;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly arguments: readonly string[];
  readonly flags: FlagValues;
  readonly settings: Settings;
  readonly stop: Stop;
}
