/**
 * llama.cpp's own programs, built for this processor from the source package of llama-cpp-python:
 * the peer that perplexity, quantisation and speed are compared with. Built once, below .cache.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSION = '0.3.36';
const SHA256 = '832db0699007f1be95a7e41ef12e88926b02ba836461e36a36372db2760c1a2e';

export const LLAMA_CPP_PROGRAMS = [
  'llama-bench',
  'llama-gguf-split',
  'llama-perplexity',
  'llama-quantize',
  'llama-server',
] as const;

export type LlamaCppProgram = (typeof LLAMA_CPP_PROGRAMS)[number];

/** Everything but processor, threads and optimisation stays as llama.cpp has it. */
const OPTIONS = [
  ...['CMAKE_BUILD_TYPE=Release', 'GGML_NATIVE=ON', 'BUILD_SHARED_LIBS=OFF'],
  ...['LLAMA_CURL=OFF', 'LLAMA_OPENSSL=OFF', 'LLAMA_BUILD_TESTS=OFF', 'LLAMA_BUILD_EXAMPLES=OFF'],
];

/** Names the version in reports. */
export const LLAMA_CPP_SOURCE = `llama.cpp of llama-cpp-python ${VERSION}`;

/**
 * The program's path. `LLAMA_CPP_BIN` names a folder that has the programs already.
 *
 * @throws Error that names the command which builds it
 */
export function llamaCppProgram(name: LlamaCppProgram): string {
  const path = join(binaryFolder(), name);
  if (existsSync(path)) return path;
  throw new Error(`${name} is not built: npm run build:llama-cpp (needs a C++ compiler)`);
}

/** Builds what is missing: 10 to 20 minutes on two cores. @throws Error with the failing command */
export function buildLlamaCpp(): string {
  const bin = binaryFolder();
  if (LLAMA_CPP_PROGRAMS.every((name) => existsSync(join(bin, name)))) return bin;
  const folder = cacheFolder();
  const build = join(folder, 'build');
  mkdirSync(folder, { recursive: true });
  const environment = join(folder, 'python');
  const program = (name: string): string => join(environment, 'bin', name);
  run('python3', ['-m', 'venv', environment]);
  run(program('pip'), ['install', '--quiet', 'cmake==4.4.5', 'ninja==1.13.2']);
  const source = unpack(folder, program('pip'));
  const options = OPTIONS.map((option) => `-D${option}`);
  const generator = ['-G', 'Ninja', `-DCMAKE_MAKE_PROGRAM=${program('ninja')}`];
  run(program('cmake'), ['-S', source, '-B', build, ...generator, ...options]);
  const jobs = String(availableParallelism());
  run(program('cmake'), ['--build', build, '-j', jobs, '--target', ...LLAMA_CPP_PROGRAMS]);
  return join(build, 'bin');
}

/** The source package, checked and unpacked. */
function unpack(folder: string, pip: string): string {
  const name = `llama_cpp_python-${VERSION}`;
  const archive = join(folder, `${name}.tar.gz`);
  const sdist = ['--no-deps', '--no-binary', 'llama-cpp-python', `llama-cpp-python==${VERSION}`];
  run(pip, ['download', '--quiet', '--dest', folder, ...sdist]);
  const digest = createHash('sha256').update(readFileSync(archive)).digest('hex');
  if (digest !== SHA256) throw new Error(`${archive} has SHA-256 ${digest}, expected ${SHA256}`);
  rmSync(join(folder, name), { recursive: true, force: true });
  run('tar', ['-xzf', archive, '-C', folder]);
  return join(folder, name, 'vendor', 'llama.cpp');
}

function binaryFolder(): string {
  return process.env.LLAMA_CPP_BIN || join(cacheFolder(), 'build', 'bin');
}

function cacheFolder(): string {
  return fileURLToPath(new URL(`../.cache/llama-cpp-${VERSION}`, import.meta.url));
}

function run(command: string, args: readonly string[]): void {
  console.error([command, ...args].join(' '));
  const { status, error } = spawnSync(command, args, { stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error(`${command} failed: ${error?.message ?? `status ${status}`}`);
}
