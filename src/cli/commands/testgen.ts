/** `vitrine testgen`: the generator of part `testgen`, with this process's streams and Ctrl-C. */
import type { Command } from '../command.ts';

export const testgenCommand: Command = {
  name: 'testgen',
  group: 'Ship',
  summary: 'Write tests from protobuf definitions, in TypeScript or Go',
  readsOwnWords: true,
  arguments: [],
  flags: [],
  settings: [],
  examples: ['vitrine testgen proto', 'vitrine testgen proto --lang go --check'],
  async run({ arguments: words, environment, terminal, stop }) {
    // Loaded when it is asked for: the libraries for protobuf are large.
    const { runTestgen } = await import('../../testgen/index.ts');
    const code = await runTestgen(words, {
      out: (text) => terminal.out(text),
      err: (text) => terminal.err(text),
      directory: process.cwd(),
      environment,
      signal: stop.signal,
    });
    return stop.exitCode() || code;
  },
};
