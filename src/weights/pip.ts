/**
 * Runs `pip download` in a folder of its own, without a shell, with the user's configuration
 * (index, mirror, certificates) untouched. Knows when the index has answered and how much has
 * arrived; kills pip and removes the folder whatever happens. Does not install and runs no code of
 * the package: wheels only.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { SourceFault } from './errors.ts';
import type { Environment } from './http.ts';
import type { PipRef } from './refs.ts';

/** Tried in turn until one exists. */
const COMMANDS: readonly (readonly string[])[] = [['python3', '-m', 'pip'], ['pip3'], ['pip']];

const OUTPUT_CHARACTERS_MAX = 64 * 1024;
const POLL_MS = 100;
const KILL_MS = 2_000;
const FILES_MAX = 10_000;

/** With -vv, what pip says once its index (or a local folder) has answered. */
const ANSWERED = /Fetched page|" 200 |Downloading |Using cached |Processing /;
/** What a Python without pip says. */
const NO_PIP = /No module named '?pip/;

/** Exit code of a wrapper script whose command does not exist. */
const SHELL_NOT_FOUND = 127;

export interface PipRun {
  readonly command: string;
  /** Settles when pip ends. */
  readonly ended: Promise<{ readonly exitCode: number | null }>;
  /** Last part of what pip printed, both streams. */
  output(): string;
  /** Stops pip; resolves when it is gone. */
  kill(): Promise<void>;
}

export interface PipOptions {
  /** Made and removed by the caller. */
  readonly folder: string;
  readonly environment: Environment;
  readonly signal: AbortSignal;
}

/**
 * Starts the first pip there is and waits until it is about to deliver, or has.
 * @throws SourceFault with one reason for each command that is missing
 */
export async function startPip(ref: PipRef, options: PipOptions): Promise<PipRun> {
  const missing: string[] = [];
  for (const command of COMMANDS) {
    const run = await launch(command, ref, options);
    if (run === undefined) {
      missing.push(`${command.join(' ')}: not installed`);
      continue;
    }
    const exitCode = await untilAnswered(run, options);
    if (exitCode === undefined || exitCode === 0) return run;
    const isThere = exitCode !== SHELL_NOT_FOUND && !NO_PIP.test(run.output());
    if (isThere) throw pipFault(ref, run, exitCode);
    missing.push(`${command.join(' ')}: this Python has no pip`);
  }
  throw new SourceFault(`no pip here (${missing.join(', ')})`, 'install Python 3 with pip');
}

/** The one wheel that pip has put there. @throws SourceFault */
export async function finishedWheel(ref: PipRef, run: PipRun, folder: string): Promise<string> {
  const { exitCode } = await run.ended;
  if (exitCode !== 0) throw pipFault(ref, run, exitCode ?? -1);
  const wheels = (await readdir(wheelFolder(folder))).filter((name) => name.endsWith('.whl'));
  const [wheel] = wheels;
  if (wheel === undefined || wheels.length > 1) {
    throw new SourceFault(`pip brought ${wheels.length} wheels, expected one`, remedyOf(ref));
  }
  return join(wheelFolder(folder), wheel);
}

/** Bytes that pip has written so far, in its temporary files and in the result. */
export async function bytesArrived(folder: string): Promise<number> {
  let bytes = 0;
  const names = await readdir(folder, { recursive: true }).catch(() => []);
  for (const name of names.slice(0, FILES_MAX)) {
    const entry = await stat(join(folder, name)).catch(() => undefined);
    if (entry?.isFile()) bytes += entry.size;
  }
  return bytes;
}

/** What pip says the wheel weighs: `Downloading x.whl (92.9 MB)`; rounded. */
export function announcedBytes(output: string): number | undefined {
  const [, amount, unit] = /Downloading .*\(([\d.]+) ([kMG]B)\)/.exec(output) ?? [];
  const scale = { kB: 1e3, MB: 1e6, GB: 1e9 }[unit ?? ''];
  return scale === undefined ? undefined : Math.round(Number(amount) * scale);
}

function wheelFolder(folder: string): string {
  return join(folder, 'wheels');
}

function downloadArguments(ref: PipRef, folder: string): string[] {
  return [
    'download',
    '-vv',
    '--no-deps',
    '--no-binary=:none:',
    '--only-binary=:all:',
    '--ignore-requires-python',
    '--no-input',
    '--no-color',
    '--progress-bar=off',
    '--disable-pip-version-check',
    '--no-cache-dir',
    // One try; the user's own --timeout holds for a mirror that is slow to fetch a large file, and
    // Patience.answerMs ends a pip that reaches nobody.
    '--retries=0',
    '-d',
    wheelFolder(folder),
    `${ref.package}==${ref.version}`,
  ];
}

/** Undefined when there is no such command. */
async function launch(
  command: readonly string[],
  ref: PipRef,
  { folder, environment, signal }: PipOptions,
): Promise<PipRun | undefined> {
  signal.throwIfAborted();
  const temporary = join(folder, 'tmp');
  await rm(wheelFolder(folder), { recursive: true, force: true });
  await mkdir(wheelFolder(folder), { recursive: true });
  await mkdir(temporary, { recursive: true });
  const [program = '', ...first] = command;
  // In its own folder: `python -m pip` would import a pip.py from the current one.
  const child = spawn(program, [...first, ...downloadArguments(ref, folder)], {
    cwd: temporary,
    env: childEnvironment(environment, temporary),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const started = await new Promise<boolean>((resolve, reject) => {
    child.once('spawn', () => resolve(true));
    child.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ENOENT' || error.code === 'EACCES' ? resolve(false) : reject(error),
    );
  });
  return started ? follow(command.join(' '), child, signal) : undefined;
}

function follow(command: string, child: ChildProcess, signal: AbortSignal): PipRun {
  let output = '';
  const keep = (chunk: string) => {
    output = (output + chunk).slice(-OUTPUT_CHARACTERS_MAX);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  let isOver = false;
  const ended = new Promise<{ exitCode: number | null }>((resolve) => {
    child.once('close', (exitCode) => {
      isOver = true;
      signal.removeEventListener('abort', stop);
      resolve({ exitCode });
    });
  });
  const stop = () => {
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), KILL_MS);
    void ended.then(() => clearTimeout(forced));
  };
  signal.addEventListener('abort', stop, { once: true });
  return {
    command,
    ended,
    output: () => output,
    kill: async () => {
      if (!isOver) stop();
      await ended;
    },
  };
}

/** The exit code when pip ended first; undefined when its index has answered. */
async function untilAnswered(run: PipRun, options: PipOptions): Promise<number | undefined> {
  let exitCode: number | undefined;
  let isOver = false;
  void run.ended.then((end) => {
    isOver = true;
    exitCode = end.exitCode ?? -1;
  });
  while (!isOver && !ANSWERED.test(run.output())) {
    await Promise.race([run.ended, new Promise((resolve) => setTimeout(resolve, POLL_MS))]);
  }
  options.signal.throwIfAborted();
  return isOver ? exitCode : undefined;
}

/**
 * The user's own, without the secrets that pip has no use for, and with its temporary folder here.
 */
function childEnvironment(environment: Environment, temporary: string): NodeJS.ProcessEnv {
  const childEnv: NodeJS.ProcessEnv = { PYTHONUNBUFFERED: '1', PIP_REQUIRE_VIRTUALENV: '0' };
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && name !== 'HF_TOKEN' && !name.startsWith('VITRINE_')) {
      childEnv[name] = value;
    }
  }
  childEnv.TMPDIR = temporary;
  return childEnv;
}

/** pip's own telling line, short, and without user names or passwords in addresses. */
function pipFault(ref: PipRef, run: PipRun, exitCode: number): SourceFault {
  const lines = run.output().split('\n');
  const unreached = /Could not fetch URL (\S+): ([^:(]{1,80})/.exec(run.output());
  const telling =
    unreached !== null
      ? `could not read ${unreached[1]}: ${unreached[2]}`
      : (lines.findLast((line) => /^\s*ERROR:/.test(line)) ??
        lines.findLast((line) => line.trim() !== ''));
  const said = (telling ?? 'it said nothing').trim().replace(/\/\/[^/@\s]*@/g, '//');
  const text = `${run.command} failed (exit ${exitCode}): ${said.slice(0, 300)}`;
  return new SourceFault(text, remedyOf(ref));
}

function remedyOf(ref: PipRef): string {
  const what = `${ref.package}==${ref.version}`;
  return `check \`python3 -m pip download --no-deps ${what}\` and the index pip is configured for`;
}
