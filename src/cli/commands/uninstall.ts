/**
 * `vitrine uninstall`: says what it will remove, asks, and removes it: the data directory's content
 * as far as Vitrine made it, and the package where npm put it there. Files that are not Vitrine's
 * stay, and are named.
 */
import { spawn } from 'node:child_process';
import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { API_KEY_FILE } from '../../access/index.ts';
import { formatBytes } from '../../base/index.ts';
import { storedPaths } from '../../weights/index.ts';
import type { Command, Context } from '../command.ts';
import { dataDirOf } from '../data-dir.ts';
import { cliError, EXIT_DONE } from '../errors.ts';
import { isSet } from '../flags.ts';
import { findInstallation, type Installation } from '../installation.ts';
import { say } from '../terminal.ts';

export const uninstallCommand: Command = {
  name: 'uninstall',
  group: 'Housekeeping',
  summary: 'Remove Vitrine and what it keeps: models, lock file, key',
  description:
    'Says first what it will remove, and asks. Files in the data directory that Vitrine did not ' +
    'make stay where they are. A checkout is left alone: it is yours to delete.',
  arguments: [],
  flags: [
    { name: 'keep-data', type: 'switch', meaning: 'Leave the data directory as it is' },
    { name: 'yes', short: 'y', type: 'switch', meaning: 'Do not ask' },
  ],
  settings: ['VITRINE_DATA_DIR'],
  examples: ['vitrine uninstall', 'vitrine uninstall --keep-data --yes'],
  async run(context) {
    const { terminal, flags, settings, environment } = context;
    const dataDir = dataDirOf(settings, environment);
    const keepsData = isSet(flags, 'keep-data');
    const paths = keepsData ? [] : await dataPaths(dataDir);
    const installation = findInstallation();
    const plan = await describe({ dataDir, paths, keepsData, installation });
    terminal.err(`This will be removed:\n${plan.removed.map((line) => `  ${line}\n`).join('')}`);
    if (plan.kept.length > 0) {
      terminal.err(`This stays:\n${plan.kept.map((line) => `  ${line}\n`).join('')}`);
    }
    if (!isSet(flags, 'yes')) await confirm(context);
    await removeData(dataDir, paths);
    await removePackage(context, installation);
    terminal.out('Vitrine is removed.\n');
    return EXIT_DONE;
  },
};

interface Plan {
  dataDir: string;
  paths: readonly string[];
  keepsData: boolean;
  installation: Installation;
}

async function dataPaths(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir).catch(() => []);
  // With what is left of one that was being written.
  const keys = names.filter((name) => name.startsWith(API_KEY_FILE));
  return [...(await storedPaths(dataDir)), ...keys.map((name) => resolve(dataDir, name))];
}

async function describe({ dataDir, paths, keepsData, installation }: Plan) {
  const removed: string[] = [];
  const kept: string[] = [];
  for (const path of paths) removed.push(`${path}  ${formatBytes(await bytesOf(path))}`);
  if (keepsData) kept.push(`${dataDir}  (--keep-data)`);
  else kept.push(...(await foreignPaths(dataDir, paths)).map((path) => `${path}  (not Vitrine's)`));
  const { kind, folder } = installation;
  if (kind === 'npm') removed.push(`${folder}  (by ${installation.command.join(' ')})`);
  else if (kind === 'npx')
    removed.push(`${installation.cacheEntry}  (npx keeps the package there)`);
  else if (kind === 'checkout') kept.push(`${folder}  (a checkout: delete it when you like)`);
  else kept.push(`${folder}  (whatever put it there removes it)`);
  if (removed.length === 0) removed.push('nothing: there is no data');
  return { removed, kept };
}

/** Top-level entries of the data directory, and of models/, that are not ours. */
async function foreignPaths(dataDir: string, ours: readonly string[]): Promise<string[]> {
  const foreign: string[] = [];
  for (const folder of [dataDir, join(dataDir, 'models')]) {
    for (const name of await readdir(folder).catch(() => [])) {
      const path = resolve(folder, name);
      if (path !== join(dataDir, 'models') && !ours.includes(path)) foreign.push(path);
    }
  }
  return foreign;
}

async function bytesOf(path: string): Promise<number> {
  const entry = await stat(path).catch(() => undefined);
  return entry?.isFile() ? entry.size : 0;
}

async function confirm({ terminal, stop }: Context): Promise<void> {
  if (!terminal.isInputTty) {
    throw cliError('not-confirmed', 'nothing was removed: give --yes where nobody can be asked.');
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    lines.on('SIGINT', () => lines.close());
    const closed = new Promise<string>((done) => lines.once('close', () => done('')));
    const asked = lines.question('Remove it? [y/N] ', { signal: stop.signal }).catch(() => '');
    const answer = await Promise.race([asked, closed]);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw cliError('not-confirmed', 'nothing was removed.');
}

async function removeData(dataDir: string, paths: readonly string[]): Promise<void> {
  for (const path of paths) await remove(path);
  // Only when they are empty by now.
  await rmdir(join(dataDir, 'models')).catch(() => undefined);
  await rmdir(dataDir).catch(() => undefined);
}

async function remove(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw cliError('failed', `cannot remove ${path} (${code}). Remove it by hand.`);
  }
}

async function removePackage({ terminal }: Context, installation: Installation): Promise<void> {
  if (installation.kind === 'npx') await remove(installation.cacheEntry);
  if (installation.kind !== 'npm') return;
  const { command } = installation;
  say(terminal, command.join(' '));
  const [program, ...args] = command;
  const child = spawn(program, args, { stdio: ['ignore', 2, 2] });
  const code = await new Promise<number | string>((done) => {
    child.once('error', (error) => done(error.message));
    child.once('exit', (exitCode, signal) => done(exitCode ?? String(signal)));
  });
  if (code === 0) return;
  throw cliError('failed', `${command.join(' ')} failed (${code}). Run it by hand; data is gone.`);
}
