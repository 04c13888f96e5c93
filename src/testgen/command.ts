/** `vitrine testgen`: what the plug-in does, without protoc or buf having to be told about it. */
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { create } from '@bufbuild/protobuf';
import { CodeGeneratorRequestSchema } from '@bufbuild/protobuf/wkt';
import { messageOf, nearest } from '../base/index.ts';
import { type Compiled, compileDefinitions, readDescriptors } from './compiler.ts';
import { testgenError } from './errors.ts';
import { type FileChange, removeStale, writeOutput } from './output.ts';
import { generate } from './plugin.ts';
import { type SkeletonResult, writeSkeletons } from './skeletons.ts';

/** Where a command reads and writes; the working directory too, so that tests can choose it. */
export interface TestgenIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly directory: string;
  /** Where buf and protoc are looked for (PATH), and what they run with. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted on Ctrl-C: the compiler is stopped and nothing is written. */
  readonly signal?: AbortSignal;
}

export const TESTGEN_HELP = `vitrine testgen: tests from protobuf definitions, in TypeScript or Go

  vitrine testgen [options] FILE.proto…      through protoc, or buf with --path
  vitrine testgen [options] [FOLDER]         through buf
  vitrine testgen [options] --descriptors SET.binpb [NAME…]

  --lang ts|go           language of the tests (ts)
  --out DIR              where regenerated files go (gen for TypeScript, . for Go)
  --skeletons DIR        where once-written files go (the same); they are never overwritten
  --opt KEY=VALUE        an option of the plug-in, as often as needed; see docs/testgen.md
  -I, --include DIR      where imports are looked up (protoc), as often as needed
  --compiler buf|protoc  which one compiles (buf where there is a buf.yaml, else protoc)
  --descriptors FILE     a descriptor set with imports, in place of compiling
  --prune                remove regenerated files whose definition is gone
  --check                write nothing; exit 1 when regenerated files are not current
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

type Values = ReturnType<typeof readArguments>['values'];

async function execute(values: Values, inputs: readonly string[], io: TestgenIo): Promise<number> {
  const language = values.lang ?? 'ts';
  const out = values.out ?? (language === 'go' ? '.' : 'gen');
  const skeletons = values.skeletons ?? out;
  const compiled = await definitions(values, inputs, io);
  const parameter = [
    `lang=${language}`,
    `skeletons=${skeletons}`,
    `out=${out}`,
    ...(values.opt ?? []),
  ];
  const request = create(CodeGeneratorRequestSchema, {
    parameter: parameter.join(','),
    fileToGenerate: [...compiled.targets],
    protoFile: compiled.descriptors.file,
  });
  const made = generate(request);
  if (made.response.error !== '') throw testgenError('bad-definition', made.response.error);
  if (io.signal?.aborted) throw testgenError('interrupted', 'interrupted; nothing was written');
  const isDry = values.check === true;
  const folder = resolve(io.directory, out);
  const changes = writeOutput(folder, made.response.file, isDry);
  if (values.prune || isDry) changes.push(...removeStale(folder, made.response.file, isDry));
  const written = isDry ? [] : writeSkeletons(resolve(io.directory, skeletons), made.skeletons);
  return report(changes, written, values, io, skeletons, out);
}

async function definitions(
  values: Values,
  inputs: readonly string[],
  io: TestgenIo,
): Promise<Compiled> {
  const { compiler } = values;
  const { directory, environment, signal } = io;
  if (compiler !== undefined && compiler !== 'buf' && compiler !== 'protoc') {
    throw testgenError('bad-option', `--compiler: expected buf or protoc, got "${compiler}"`);
  }
  if (values.descriptors === undefined) {
    const includes = values.include ?? [];
    return compileDefinitions({ directory, environment, signal, inputs, includes, compiler });
  }
  const descriptors = readDescriptors(resolve(directory, values.descriptors));
  const names = descriptors.file.map(({ name }) => name);
  const unknown = inputs.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw testgenError('bad-option', `${values.descriptors} holds no file ${unknown}`);
  }
  // Without names: all but what every runtime has.
  const own = names.filter((name) => !name.startsWith('google/protobuf/'));
  return { descriptors, targets: inputs.length > 0 ? inputs : own };
}

function report(
  changes: readonly FileChange[],
  skeletons: readonly SkeletonResult[],
  values: Values,
  io: TestgenIo,
  skeletonFolder: string,
  out: string,
): number {
  const name = (path: string, folder: string): string =>
    join(folder, path.slice(resolve(io.directory, folder).length + 1));
  const isOpen = values.check === true;
  const differing = changes.filter(({ state }) => state !== 'same');
  if (!values.quiet || isOpen) {
    for (const { path, state } of differing) io.out(`${state.padEnd(8)}${name(path, out)}\n`);
    for (const { path, isNew } of skeletons) {
      if (isNew) io.out(`to fill in  ${join(skeletonFolder, path)}\n`);
    }
    const same = changes.length - differing.length;
    io.out(
      `${changes.length} regenerated files, ${same} unchanged; ${skeletons.length} once-written\n`,
    );
  }
  if (!isOpen || differing.length === 0) return 0;
  io.err('vitrine: not current; run it without --check\n');
  return 1;
}
