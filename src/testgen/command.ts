/** `vitrine testgen`: what the plug-in does, without protoc or buf having to be told about it. */
import { parseArgs } from 'node:util';
import { messageOf, nearest } from '../base/index.ts';
import { testgenError } from './errors.ts';
import { requireLibraries } from './libraries.ts';

/** Where a command reads and writes; the working directory too, so that tests can choose it. */
export interface TestgenIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly directory: string;
  /** Where buf and protoc are looked for (PATH), and what they run with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted on Ctrl-C: the compiler or the generation is stopped and nothing is written. */
  readonly signal?: AbortSignal;
}

export const TESTGEN_HELP = `vitrine testgen: tests from protobuf definitions, in TypeScript or Go

  vitrine testgen [options] FILE.proto…      through protoc, or buf with --path
  vitrine testgen [options] [FOLDER…]        through buf
  vitrine testgen [options] --descriptors SET.binpb [NAME…]

  --lang ts|go           language of the tests (ts)
  --out DIR              where regenerated files go (gen for TypeScript, . for Go)
  --skeletons DIR        where once-written files go (the same); they are never overwritten
  --opt KEY=VALUE        an option of the plug-in, as often as needed; see docs/testgen.md
  -I, --include DIR      where imports are looked up (protoc), as often as needed
  --compiler buf|protoc  which one compiles (buf where there is a buf.yaml, else protoc)
  --descriptors FILE     a descriptor set with imports, in place of compiling
  --prune                remove regenerated files of this language whose definition is gone; when
                         files are named, only those that are no longer made of them
  --check                write nothing; exit 1 when a run with --prune would change anything
  --quiet                print nothing but errors
  -h, --help

Exit codes: 0 done, 1 not current (--check), 2 could not run.
`;

const FLAGS = {
  lang: { type: 'string' },
  out: { type: 'string' },
  skeletons: { type: 'string' },
  opt: { type: 'string', multiple: true },
  include: { type: 'string', short: 'I', multiple: true },
  compiler: { type: 'string' },
  descriptors: { type: 'string' },
  prune: { type: 'boolean' },
  check: { type: 'boolean' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Runs the command; the exit code. Never throws. */
export async function runTestgen(argv: readonly string[], io: TestgenIo): Promise<number> {
  try {
    const { values, positionals } = readArguments(argv);
    if (values.help) {
      io.out(TESTGEN_HELP);
      return 0;
    }
    requireLibraries('vitrine testgen');
    const { execute } = await import('./run.ts');
    return await execute(values, positionals, io);
  } catch (error) {
    io.err(`vitrine: error: ${messageOf(error)}\n`);
    return 2;
  }
}

function readArguments(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, allowPositionals: true, strict: true });
  } catch (error) {
    const given = /^Unknown option '(-[^']*)'/.exec(messageOf(error))?.[1];
    if (given === undefined) throw badOption(messageOf(error).replace(/\s*\n\s*/g, ' '), error);
    const known = Object.keys(FLAGS).map((name) => `--${name}`);
    const guess = nearest(given, known);
    const hint = guess === undefined ? '' : ` Did you mean ${guess}?`;
    throw badOption(`unknown option ${given}.${hint}`, error);
  }
}

function badOption(message: string, cause: unknown): Error {
  const rest = '`vitrine testgen --help` lists all options.';
  return testgenError('bad-option', `testgen: ${message} ${rest}`, cause);
}

export type Values = ReturnType<typeof readArguments>['values'];
