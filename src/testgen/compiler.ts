/**
 * From .proto files to descriptors: by buf or protoc, whichever is there, or from a descriptor set
 * that a build has made already.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorSet, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { messageOf } from '../base/index.ts';
import { testgenError } from './errors.ts';

/** Descriptor sets of the largest public API collections are under 100 MB. */
const DESCRIPTOR_BYTES_MAX = 256 * 1024 * 1024;

export interface CompileInput {
  readonly directory: string;
  /** .proto files or folders, relative to the directory. */
  readonly inputs: readonly string[];
  /** Folders that imports are looked up in. */
  readonly includes: readonly string[];
  readonly compiler: 'buf' | 'protoc' | undefined;
  /** Where the compiler is looked for, and what it runs with. */
  readonly environment: Environment;
  /** Aborted on Ctrl-C: the compiler is stopped. */
  readonly signal?: AbortSignal;
}

type Environment = Readonly<Record<string, string | undefined>>;

export interface Compiled {
  readonly descriptors: FileDescriptorSet;
  /** Names of the files that were asked for; the rest are their imports. */
  readonly targets: readonly string[];
}

/** @throws VitrineError no-compiler, compile-failed, bad-descriptors, interrupted */
export async function compileDefinitions(input: CompileInput): Promise<Compiled> {
  // A compiler would take these for options, or for files of options.
  const odd = input.inputs.find((name) => /^[-@]/.test(name));
  if (odd !== undefined) {
    throw testgenError('bad-option', `${odd}: expected a file or folder; write it ./${odd}`);
  }
  const compiler = input.compiler ?? chooseCompiler(input);
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-testgen-'));
  try {
    const path = join(folder, 'set.binpb');
    return await (compiler === 'buf' ? withBuf(input, path) : withProtoc(input, path));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A FileDescriptorSet from a file. @throws VitrineError bad-descriptors */
export function readDescriptors(path: string): FileDescriptorSet {
  try {
    const stat = statSync(path);
    // A device or a pipe has no size, and may have no end.
    if (!stat.isFile()) throw new Error('it is no file');
    if (stat.size > DESCRIPTOR_BYTES_MAX) throw new Error(`it has ${stat.size} bytes`);
    const set = fromBinary(FileDescriptorSetSchema, readFileSync(path));
    if (set.file.length === 0) throw new Error('it holds no definition');
    return set;
  } catch (error) {
    throw testgenError(
      'bad-descriptors',
      `${path} is no descriptor set (protoc --include_imports --descriptor_set_out, or buf build ` +
        `-o x.binpb): ${messageOf(error)}`,
      error,
    );
  }
}

/** buf where there is a buf.yaml, else protoc, else buf; protoc where folders are included. */
function chooseCompiler({ directory, environment, includes }: CompileInput): 'buf' | 'protoc' {
  if (includes.length > 0) return 'protoc';
  const hasConfig = ['buf.yaml', 'buf.work.yaml'].some((name) => existsSync(join(directory, name)));
  const [buf, protoc] = ['buf', 'protoc'].map((name) => find(name, directory, environment));
  if (buf !== undefined && (hasConfig || protoc === undefined)) return 'buf';
  if (protoc !== undefined) return 'protoc';
  throw testgenError(
    'no-compiler',
    'neither buf nor protoc is on the PATH or in node_modules/.bin: install one ' +
      '(npm install --save-dev @bufbuild/buf), or give --descriptors with a descriptor set',
  );
}

function find(name: string, directory: string, environment: Environment): string | undefined {
  const local = join(directory, 'node_modules/.bin');
  return [local, ...(environment.PATH ?? '').split(delimiter)]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

async function withBuf(input: CompileInput, path: string): Promise<Compiled> {
  if (input.includes.length > 0) {
    throw testgenError(
      'bad-option',
      '-I is for protoc: buf looks imports up where buf.yaml says (give --compiler protoc, or none)',
    );
  }
  const base = ['build', '--as-file-descriptor-set'];
  const [first] = input.inputs;
  // One folder is what buf builds; of several arguments each is a part of the working directory's.
  const isFolder = input.inputs.length === 1 && isDirectory(input.directory, first ?? '');
  const root = isFolder && first !== undefined ? first : '.';
  const paths = isFolder ? [] : input.inputs.flatMap((name) => ['--path', name]);
  await runCompiler('buf', [...base, root, ...paths, '-o', path], input);
  const descriptors = readDescriptors(path);
  // The same without imports: what was asked for.
  await runCompiler('buf', [...base, root, ...paths, '--exclude-imports', '-o', path], input);
  return { descriptors, targets: readDescriptors(path).file.map(({ name }) => name) };
}

async function withProtoc(input: CompileInput, path: string): Promise<Compiled> {
  if (input.inputs.length === 0) {
    throw testgenError('compile-failed', 'protoc needs to be told which .proto files: name them');
  }
  const includes = (input.includes.length > 0 ? input.includes : ['.']).map(
    (folder) => `-I${folder}`,
  );
  const run = (extra: readonly string[]): Promise<void> =>
    runCompiler(
      'protoc',
      [...includes, ...extra, `--descriptor_set_out=${path}`, ...input.inputs],
      input,
    );
  await run(['--include_imports']);
  const descriptors = readDescriptors(path);
  await run([]);
  return { descriptors, targets: readDescriptors(path).file.map(({ name }) => name) };
}

/** Of an argument, relative to the working directory. */
export function isDirectory(directory: string, name: string): boolean {
  return statSync(resolve(directory, name), { throwIfNoEntry: false })?.isDirectory() === true;
}

/** What a compiler says of a definition that is wrong in every line. */
const SAID_BYTES_MAX = 16 * 1024 * 1024;

function runCompiler(name: string, args: readonly string[], input: CompileInput): Promise<void> {
  const { directory: cwd, environment, signal } = input;
  const program = find(name, cwd, environment);
  if (program === undefined) {
    throw testgenError('no-compiler', `${name} is neither on the PATH nor in node_modules/.bin`);
  }
  const options = { cwd, env: { ...environment }, signal, maxBuffer: SAID_BYTES_MAX };
  return new Promise((resolve, reject) => {
    const child = execFile(program, args, options, (error, _stdout, stderr) => {
      if (signal?.aborted) {
        reject(testgenError('interrupted', 'interrupted; nothing was written', error));
      } else if (error !== null) {
        const told = (stderr.trim() || error.message).slice(0, 4000);
        const how = error.code ?? error.signal ?? 'an error';
        reject(testgenError('compile-failed', `${name} ended with ${how}: ${told}`, error));
      } else resolve();
    });
    child.stdin?.end();
  });
}
