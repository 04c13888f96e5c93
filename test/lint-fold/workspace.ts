/** A small repository in a temporary folder, with the suite's packages as its node_modules. */
import { execFile } from 'node:child_process';
import {
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runLintFold } from '../../src/gate/index.ts';

export const SUITE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(SUITE, 'node_modules');

/** Seals of backups go here, not to the state folder of whoever runs the suite. */
const STATE = mkdtempSync(join(tmpdir(), 'lint-fold-state-'));
process.once('exit', () => rmSync(STATE, { recursive: true, force: true }));
export const ENVIRONMENT = { ...process.env, XDG_STATE_HOME: STATE };

export interface Workspace {
  readonly root: string;
  [Symbol.dispose](): void;
}

/** `from`: a folder to copy; `files`: what is written besides. */
export function makeWorkspace(
  from: string | undefined,
  files: Readonly<Record<string, string>>,
): Workspace {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'lint-fold-')));
  if (from !== undefined) cpSync(from, root, { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  for (const name of readdirSync(PACKAGES)) {
    if (!name.startsWith('.')) symlinkSync(join(PACKAGES, name), join(root, 'node_modules', name));
  }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}

export interface Told {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs lint-fold as the command does, in this process. */
export async function lintFold(
  root: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Told> {
  let stdout = '';
  let stderr = '';
  const code = await runLintFold(args, {
    cwd: root,
    env: { ...ENVIRONMENT, ...env },
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr };
}

/** Runs a program; a non-zero exit code is an answer too. */
export function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Told> {
  return new Promise((done) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
      done({ code, stdout, stderr });
    });
  });
}

/** Every file with mode and bytes (links with their target), node_modules left out. */
export function snapshot(root: string, folder = ''): Map<string, string> {
  const result = new Map<string, string>();
  for (const name of readdirSync(join(root, folder)).sort()) {
    if (name === 'node_modules' && folder === '') continue;
    const path = folder === '' ? name : `${folder}/${name}`;
    const stat = lstatSync(join(root, path));
    if (stat.isDirectory()) {
      for (const [key, value] of snapshot(root, path)) result.set(key, value);
    } else if (stat.isSymbolicLink()) result.set(path, `link ${readlinkSync(join(root, path))}`);
    else result.set(path, `${stat.mode.toString(8)} ${readFileSync(join(root, path), 'base64')}`);
  }
  return result;
}
