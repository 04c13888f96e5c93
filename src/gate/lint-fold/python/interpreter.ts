/** Finds the repository's Python, asks the tools how they read each folder, and runs programs. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fail } from '../errors.ts';
import { HELPER } from './inquiry-source.ts';
import type { ProbeAnswer, Tool } from './model.ts';

/** Bytes of output that are kept; more than any repository's list of violations. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

export interface Interpreter {
  readonly path: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The named interpreter, else the virtual environment of the root, else python3. */
export function findInterpreter(root: string, named?: string): string {
  if (named !== undefined) return named.includes('/') ? resolve(root, named) : named;
  const bins = process.platform === 'win32' ? ['Scripts/python.exe'] : ['bin/python'];
  for (const folder of ['.venv', 'venv']) {
    for (const bin of bins) {
      const path = join(root, folder, bin);
      if (existsSync(path)) return path;
    }
  }
  return process.platform === 'win32' ? 'python' : 'python3';
}

/** @throws LintFoldError tool-missing, tool-failed, bad-config */
export async function probe(
  interpreter: Interpreter,
  root: string,
  folders: Readonly<Partial<Record<Tool, readonly string[]>>>,
): Promise<ProbeAnswer> {
  const request = JSON.stringify({ root, folders });
  const output = await runPython(interpreter, root, ['-', request], HELPER);
  const last = output.stdout.trim().split('\n').at(-1) ?? '';
  if (output.code === 3) {
    const { error } = JSON.parse(last) as { error: string };
    const missing = /No module named '(\w+)'/.exec(error)?.[1];
    if (missing !== undefined) {
      throw fail(
        'tool-missing',
        `expected ${missing} in ${interpreter.path}, found none. Install it there, or name ` +
          'another interpreter with --python PATH.',
      );
    }
    throw fail('bad-config', error);
  }
  if (output.code !== 0) throw fail('tool-failed', `${interpreter.path}: ${lastLine(output)}`);
  return JSON.parse(last) as ProbeAnswer;
}

/** Runs the interpreter; any exit code is an answer. @throws LintFoldError */
export function runPython(
  interpreter: Interpreter,
  cwd: string,
  args: readonly string[],
  input = '',
): Promise<Output> {
  return new Promise((done, reject) => {
    const child = spawn(interpreter.path, args, {
      cwd,
      env: {
        ...interpreter.environment,
        PYTHONUTF8: '1',
        PYTHONDONTWRITEBYTECODE: '1',
        NO_COLOR: '1',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      ...(interpreter.signal === undefined ? {} : { signal: interpreter.signal }),
    });
    const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > OUTPUT_BYTES_MAX) child.kill();
        else parts[name].push(chunk);
      });
    }
    child.on('error', (error) => {
      if (error.name === 'AbortError')
        reject(fail('interrupted', 'interrupted; nothing was changed.'));
      else {
        reject(
          fail(
            'tool-missing',
            `expected a Python interpreter, cannot start ${interpreter.path}: ${error.message}. ` +
              'Name one with --python PATH.',
            error,
          ),
        );
      }
    });
    child.on('close', (code) => {
      const stdout = Buffer.concat(parts.stdout).toString('utf8');
      const stderr = Buffer.concat(parts.stderr).toString('utf8');
      if (bytes > OUTPUT_BYTES_MAX) reject(fail('too-large', 'a linter printed more than 256 MB.'));
      else done({ code: code ?? -1, stdout, stderr });
    });
    // The child may end before it reads everything; its exit code says why.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

export function lastLine(output: Output): string {
  return output.stderr.trim().split('\n').at(-1) || `exit code ${output.code}`;
}
