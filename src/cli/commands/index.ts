/** Every command, in the order of the help text. */
import type { Command } from '../command.ts';
import { chatCommand } from './chat.ts';
import { convertCommand } from './convert.ts';
import { doctorCommand } from './doctor.ts';
import { envCommand } from './env.ts';
import { helpCommand } from './help.ts';
import { lintFoldCommand } from './lint-fold.ts';
import { modelsCommand } from './models.ts';
import { pullCommand } from './pull.ts';
import { rmCommand } from './rm.ts';
import { runCommand } from './run.ts';
import { serveCommand } from './serve.ts';
import { testgenCommand } from './testgen.ts';
import { uninstallCommand } from './uninstall.ts';

export const COMMANDS: readonly Command[] = [
  serveCommand,
  runCommand,
  chatCommand,
  pullCommand,
  modelsCommand,
  rmCommand,
  convertCommand,
  lintFoldCommand,
  testgenCommand,
  doctorCommand,
  envCommand,
  uninstallCommand,
  helpCommand,
];
