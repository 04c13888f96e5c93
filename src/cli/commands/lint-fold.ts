/** `vitrine gate lint-fold`: the fold of part `gate`, with this process's streams and Ctrl-C. */
import type { Command } from '../command.ts';

export const lintFoldCommand: Command = {
  name: 'gate lint-fold',
  group: 'Ship',
  summary: 'Fold scattered lint configurations into one, proven file by file',
  readsOwnWords: true,
  arguments: [],
  flags: [],
  settings: [],
  examples: ['vitrine gate lint-fold --diff', 'vitrine gate lint-fold packages/a --unify --write'],
  async run({ arguments: words, environment: env, terminal, stop }) {
    // Loaded when it is asked for: no other command needs it.
    const { runLintFold } = await import('../../gate/index.ts');
    const code = await runLintFold(words, {
      cwd: process.cwd(),
      env,
      stdout: { write: (text) => terminal.out(text) },
      stderr: { write: (text) => terminal.err(text) },
      signal: stop.signal,
    });
    return stop.exitCode() || code;
  },
};
