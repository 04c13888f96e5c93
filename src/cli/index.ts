/** The command line. bin/vitrine.mjs loads main.ts; nothing else imports this part. */
export { type ProgramOptions, runProgram } from './program.ts';
export type { Terminal } from './terminal.ts';
