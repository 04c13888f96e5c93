/** Finds the repository's Python, asks the tools how they read each folder, and runs programs. */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join, relative, sep } from 'node:path';
import { fail } from '../errors.ts';
import { isCommitted } from '../files/committed.ts';
import { HAS_GROUPS, processGroup } from '../process-group.ts';
import { GUARD, REFUSAL } from './guard-source.ts';
import { HELPER } from './inquiry-source.ts';
import type { ProbeAnswer, Tool } from './model.ts';

/** Bytes of output that are kept; more than any repository's list of violations. */
const OUTPUT_BYTES_MAX = 256 * 1024 * 1024;

type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpreter {
  readonly path: string;
  /** The repository, and any copy of it: modules from there are code that needs consent. */
  readonly roots: readonly string[];
  readonly allowCode: boolean;
  readonly environment: Environment;
  readonly signal?: AbortSignal;
}

export interface Output {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * The interpreter of a virtual environment that is committed. @throws LintFoldError needs-consent
 */
export function expectInstalled(root: string, path: string): void {
  const [folder = ''] = relative(root, path).split(sep);
  if (folder === '..' || isAbsolute(folder) || !isCommitted(join(root, folder))) return;
  throw fail(
    'needs-consent',
    `${folder} is committed, so its Python is code of the repository. Give --allow-python to run it.`,
  );
}

/**
 * The named interpreter (a path, or a name on PATH), else the virtual environment of the root, else
 * python3. Entries of PATH that are not absolute or that lie in the repository do not count.
 */
export function findInterpreter(root: string, environment: Environment, named?: string): string {
  if (named !== undefined && isAbsolute(named)) return named;
  if (named !== undefined) return expectOnPath(root, environment, named);
  const bin = process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python';
  for (const folder of ['.venv', 'venv']) {
    const path = join(root, folder, bin);
    if (existsSync(path)) return path;
  }
  return expectOnPath(root, environment, process.platform === 'win32' ? 'python' : 'python3');
}

function expectOnPath(root: string, environment: Environment, name: string): string {
  const found = onPath(root, environment, name);
  if (found !== undefined) return found;
  throw fail(
    'tool-missing',
    `expected a Python interpreter, cannot start ${name}: it is not on PATH. Name one with ` +
      '--python PATH.',
  );
}

function onPath(root: string, environment: Environment, name: string): string | undefined {
  const suffixes = process.platform === 'win32' ? ['.exe', '.bat', '.cmd', ''] : [''];
  for (const folder of (environment.PATH ?? environment.Path ?? '').split(delimiter)) {
    if (!isAbsolute(folder) || isBelow(root, folder)) continue;
    for (const suffix of suffixes) {
      const path = join(folder, name + suffix);
      if (isProgram(path)) return path;
    }
  }
  return undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

function isBelow(root: string, path: string): boolean {
  const real = existsSync(path) ? realpathSync(path) : path;
  return real === root || real.startsWith(root + sep);
}

/** @throws LintFoldError tool-missing, tool-failed, bad-config, needs-consent */
export async function probe(
  interpreter: Interpreter,
  root: string,
  folders: Readonly<Partial<Record<Tool, readonly string[]>>>,
  kept?: {
    readonly original: string;
    readonly taken: Readonly<Record<string, readonly string[]>>;
  },
): Promise<ProbeAnswer> {
  const request = JSON.stringify({ root, folders, ...(kept === undefined ? {} : { kept }) });
  const output = await runPython(interpreter, root, ['-', request], HELPER);
  const last = output.stdout.trim().split('\n').at(-1) ?? '';
  if (output.code === 3) {
    const { error } = parseAnswer<{ error: string }>(interpreter, last);
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
  return parseAnswer<ProbeAnswer>(interpreter, last);
}

function parseAnswer<Value>({ path }: Interpreter, text: string): Value {
  try {
    return JSON.parse(text) as Value;
  } catch (error) {
    throw fail('tool-failed', `${path}: expected JSON, got ${text.slice(0, 80)}`, error);
  }
}

/**
 * Runs a module (`['black', ...]`) or the program in `input` (`['-', ...]`); any exit code is an
 * answer. @throws LintFoldError
 */
export function runPython(
  interpreter: Interpreter,
  cwd: string,
  args: readonly string[],
  input = '',
): Promise<Output> {
  const options = JSON.stringify({ roots: interpreter.roots, allow: interpreter.allowCode });
  const { signal } = interpreter;
  return new Promise((done, reject) => {
    if (signal?.aborted) return reject(interrupted());
    const child = spawn(interpreter.path, ['-c', GUARD, options, ...args], {
      cwd,
      env: environmentOf(interpreter),
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: HAS_GROUPS,
    });
    const group = processGroup(child);
    const onAbort = () => void group.end().then(() => reject(interrupted()));
    signal?.addEventListener('abort', onAbort);
    const parts = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > OUTPUT_BYTES_MAX) void group.end();
        else parts[name].push(chunk);
      });
    }
    child.on('error', (error) => {
      signal?.removeEventListener('abort', onAbort);
      reject(
        fail(
          'tool-missing',
          `expected a Python interpreter, cannot start ${interpreter.path}: ${error.message}. ` +
            'Name one with --python PATH.',
          error,
        ),
      );
    });
    child.on('close', (code) => {
      signal?.removeEventListener('abort', onAbort);
      // Its answer is half of one; onAbort says so when the workers are gone.
      if (signal?.aborted) return;
      const stdout = Buffer.concat(parts.stdout).toString('utf8');
      const stderr = Buffer.concat(parts.stderr).toString('utf8');
      if (bytes > OUTPUT_BYTES_MAX) reject(fail('too-large', 'a linter printed more than 256 MB.'));
      else if (stderr.includes(`\n${REFUSAL}`)) reject(refusal(interpreter, stderr));
      else done({ code: code ?? -1, stdout, stderr });
    });
    // The child may end before it reads everything; its exit code says why.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function interrupted() {
  return fail('interrupted', 'interrupted; nothing was changed.');
}

/** Modules of the repository cannot come in through PYTHONPATH either. */
function environmentOf({ environment, roots, allowCode }: Interpreter): Environment {
  const path = (environment.PYTHONPATH ?? '').split(delimiter).filter((folder) => {
    return isAbsolute(folder) && !roots.some((root) => isBelow(root, folder));
  });
  const clean: Record<string, string | undefined> = { ...environment };
  if (!allowCode) {
    delete clean.PYTHONPATH;
    if (path.length > 0) clean.PYTHONPATH = path.join(delimiter);
  }
  return {
    ...clean,
    // From Python 3.11 on, for processes that the tools start themselves.
    PYTHONSAFEPATH: '1',
    PYTHONUTF8: '1',
    PYTHONDONTWRITEBYTECODE: '1',
    NO_COLOR: '1',
  };
}

function refusal({ roots }: Interpreter, stderr: string) {
  const at = stderr.indexOf(`\n${REFUSAL}`) + 1 + REFUSAL.length;
  const path = stderr.slice(at).split('\n')[0] ?? '';
  const root = roots.find((each) => path.startsWith(each + sep));
  const shown = root === undefined ? path : path.slice(root.length + 1);
  return fail(
    'needs-consent',
    `${shown} is code that is not an installed package. Read it, then give --allow-python to run it.`,
  );
}

export function lastLine(output: Output): string {
  return output.stderr.trim().split('\n').at(-1) || `exit code ${output.code}`;
}
