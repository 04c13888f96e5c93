/**
 * From .proto files to descriptors: by buf or protoc, whichever is there, or from a descriptor set
 * that a build has made already.
 */
import { spawnSync } from 'node:child_process';
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
}

export interface Compiled {
  readonly descriptors: FileDescriptorSet;
  /** Names of the files that were asked for; the rest are their imports. */
  readonly targets: readonly string[];
}

/** @throws VitrineError no-compiler, compile-failed, bad-descriptors */
export function compileDefinitions(input: CompileInput): Compiled {
  const compiler = input.compiler ?? chooseCompiler(input.directory);
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-testgen-'));
  try {
    const path = join(folder, 'set.binpb');
    return compiler === 'buf' ? withBuf(input, path) : withProtoc(input, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A FileDescriptorSet from a file. @throws VitrineError bad-descriptors */
export function readDescriptors(path: string): FileDescriptorSet {
  try {
    const { size } = statSync(path);
    if (size > DESCRIPTOR_BYTES_MAX) throw new Error(`it has ${size} bytes`);
    return fromBinary(FileDescriptorSetSchema, readFileSync(path));
  } catch (error) {
    throw testgenError(
      'bad-descriptors',
      `${path} is no descriptor set (protoc --include_imports --descriptor_set_out, or buf build ` +
        `-o x.binpb): ${messageOf(error)}`,
      error,
    );
  }
}

/** buf where there is a buf.yaml, else protoc, else buf. */
function chooseCompiler(directory: string): 'buf' | 'protoc' {
  const hasConfig = ['buf.yaml', 'buf.work.yaml'].some((name) => existsSync(join(directory, name)));
  const [buf, protoc] = [find('buf', directory), find('protoc', directory)];
  if (buf !== undefined && (hasConfig || protoc === undefined)) return 'buf';
  if (protoc !== undefined) return 'protoc';
  throw testgenError(
    'no-compiler',
    'neither buf nor protoc is on the PATH or in node_modules/.bin: install one ' +
      '(npm install --save-dev @bufbuild/buf), or give --descriptors with a descriptor set',
  );
}

function find(name: string, directory: string): string | undefined {
  const local = join(directory, 'node_modules/.bin');
  return [local, ...(process.env.PATH ?? '').split(delimiter)]
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path));
}

function withBuf(input: CompileInput, path: string): Compiled {
  const base = ['build', '--as-file-descriptor-set'];
  const [first] = input.inputs;
  const isFolder = first === undefined || statOf(input, first)?.isDirectory() === true;
  const root = isFolder && first !== undefined ? first : '.';
  const paths = isFolder ? [] : input.inputs.flatMap((name) => ['--path', name]);
  runCompiler('buf', [...base, root, ...paths, '-o', path], input.directory);
  const descriptors = readDescriptors(path);
  // The same without imports: what was asked for.
  runCompiler('buf', [...base, root, ...paths, '--exclude-imports', '-o', path], input.directory);
  return { descriptors, targets: readDescriptors(path).file.map(({ name }) => name) };
}

function withProtoc(input: CompileInput, path: string): Compiled {
  if (input.inputs.length === 0) {
    throw testgenError('compile-failed', 'protoc needs to be told which .proto files: name them');
  }
  const includes = (input.includes.length > 0 ? input.includes : ['.']).map(
    (folder) => `-I${folder}`,
  );
  const run = (extra: readonly string[]): void => {
    runCompiler(
      'protoc',
      [...includes, ...extra, `--descriptor_set_out=${path}`, ...input.inputs],
      input.directory,
    );
  };
  run(['--include_imports', '--include_source_info']);
  const descriptors = readDescriptors(path);
  run([]);
  return { descriptors, targets: readDescriptors(path).file.map(({ name }) => name) };
}

function statOf(input: CompileInput, name: string) {
  return statSync(resolve(input.directory, name), { throwIfNoEntry: false });
}

function runCompiler(name: string, args: readonly string[], directory: string): void {
  const program = find(name, directory);
  if (program === undefined) {
    throw testgenError('no-compiler', `${name} is neither on the PATH nor in node_modules/.bin`);
  }
  const { status, error, stderr } = spawnSync(program, args, {
    cwd: directory,
    encoding: 'utf8',
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  if (error === undefined && status === 0) return;
  const told = (error?.message ?? stderr).trim().slice(0, 4000);
  throw testgenError('compile-failed', `${name} ended with ${status}: ${told}`);
}
