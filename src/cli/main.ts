/** The entry that bin/vitrine.mjs loads: this process's streams, signals and exit code. */
import { runProgram } from './program.ts';
import { listenForStop } from './stop.ts';
import { processTerminal } from './terminal.ts';

// `vitrine models | head -1`: a reader that has seen enough is no error.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
}

const exitCode = await runProgram(process.argv.slice(2), {
  terminal: processTerminal(),
  environment: process.env,
  stop: listenForStop(),
});
// Standard output may be a pipe that has not taken everything yet.
await Promise.all(
  [process.stdout, process.stderr].map(
    (stream) => new Promise((resolve) => stream.write('', resolve)),
  ),
);
process.exit(exitCode);
