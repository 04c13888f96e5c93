/**
 * What the suites of testgen run with: npm packages beside this file, protoc from the Python
 * package grpcio-tools, Go's plug-ins. Installed on first use into .cache/testgen, through each
 * ecosystem's own client; the Go toolchain itself must be on the PATH.
 */
import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const HERE = fileURLToPath(new URL('.', import.meta.url));
export const CACHE = join(ROOT, '.cache/testgen');
export const PLUGIN = join(ROOT, 'bin/protoc-gen-vitrine-test.mjs');
export const GO_MODULE = join(HERE, 'go');

const GRPCIO_TOOLS = 'grpcio-tools==1.85.1';
const PROTOVALIDATE = 'github.com/bufbuild/protovalidate@v1.2.2';
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function run(program: string, args: readonly string[], options: SpawnSyncOptions = {}): Ran {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: OUTPUT_BYTES_MAX,
    ...options,
  });
  if (result.error !== undefined) throw new Error(`cannot run ${program}: ${result.error.message}`);
  const [stdout, stderr] = [String(result.stdout ?? ''), String(result.stderr ?? '')];
  return { status: result.status ?? 1, stdout, stderr };
}

/** Runs a program that must succeed; its standard output. */
export function must(
  program: string,
  args: readonly string[],
  options: SpawnSyncOptions = {},
): string {
  const { status, stdout, stderr } = run(program, args, options);
  if (status !== 0) {
    const told = `${stdout}${stderr}`.slice(-6000);
    throw new Error(`${program} ${args.slice(0, 6).join(' ')} … ended with ${status}:\n${told}`);
  }
  return stdout;
}

/** node_modules beside this file, as its lock file says. */
export function npmFolder(): string {
  const lock = readFileSync(join(HERE, 'package-lock.json'), 'utf8');
  const stamp = join(HERE, 'node_modules/.testgen-lock');
  if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
    must('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: HERE });
    writeFileSync(stamp, lock);
  }
  return join(HERE, 'node_modules');
}

export function npmBin(name: string): string {
  return join(npmFolder(), '.bin', name);
}

/** protoc with these arguments, in this folder. */
export function protoc(args: readonly string[], cwd: string): Ran {
  const python = join(CACHE, 'python/bin/python');
  if (!existsSync(join(CACHE, 'python/.ready'))) {
    rmSync(join(CACHE, 'python'), { recursive: true, force: true });
    mkdirSync(CACHE, { recursive: true });
    must('python3', ['-m', 'venv', join(CACHE, 'python')]);
    must(python, ['-m', 'pip', 'install', '--quiet', '--only-binary=:all:', GRPCIO_TOOLS]);
    writeFileSync(join(CACHE, 'python/.ready'), GRPCIO_TOOLS);
  }
  return run(python, ['-m', 'grpc_tools.protoc', ...args], { cwd });
}

/** protoc's own definitions: google/protobuf/*.proto. */
export function protocIncludes(): string {
  protoc(['--version'], ROOT);
  const script = 'import grpc_tools, os; print(os.path.join(grpc_tools.__path__[0], "_proto"))';
  return must(join(CACHE, 'python/bin/python'), ['-c', script]).trim();
}

/** Folder with protoc-gen-go and protoc-gen-go-grpc. */
export function goPlugins(): string {
  const bin = join(CACHE, 'go-bin');
  const { status } = run('sh', ['-c', 'command -v go']);
  if (status !== 0) {
    throw new Error('these suites need Go 1.26 or newer on the PATH: https://go.dev/dl/');
  }
  if (!existsSync(join(bin, 'protoc-gen-go-grpc'))) {
    const env = { ...process.env, GOBIN: bin, GOFLAGS: '-mod=mod' };
    must('go', ['install', 'tool'], { cwd: GO_MODULE, env });
  }
  return bin;
}

/** Folder of a module that the suite's go.mod names, sources included. */
export function goModule(path: string): string {
  must('go', ['mod', 'download', path], { cwd: GO_MODULE });
  return must('go', ['list', '-m', '-f', '{{.Dir}}', path], { cwd: GO_MODULE }).trim();
}

/** Folder of the protovalidate definitions. */
export function protovalidateModule(): string {
  const told = must('go', ['mod', 'download', '-json', PROTOVALIDATE], { cwd: CACHE });
  return JSON.parse(told).Dir as string;
}

/** A fresh folder for one suite's work. */
export function workFolder(name: string): string {
  const folder = join(CACHE, 'work', name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}
