/** Values of settings that are decided at run time: where data lies, how many threads. */
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { integerSetting, type Settings, stringSetting } from '../base/index.ts';

const THREADS_MAX_DEFAULT = 8;

/** VITRINE_DATA_DIR, absolute. */
export function dataDirOf(
  settings: Settings,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  return resolve(stringSetting(settings, 'VITRINE_DATA_DIR') ?? defaultDataDir(environment));
}

/** By the XDG base directory specification; a relative XDG_DATA_HOME does not count there. */
export function defaultDataDir(environment: Readonly<Record<string, string | undefined>>): string {
  const xdg = environment.XDG_DATA_HOME;
  const base = xdg?.startsWith('/') ? xdg : join(homedir(), '.local', 'share');
  return join(base, 'vitrine');
}

/** VITRINE_THREADS, else the cores that this process may use. */
export function threadsOf(settings: Settings): number {
  const asked = integerSetting(settings, 'VITRINE_THREADS');
  return asked ?? Math.min(availableParallelism(), THREADS_MAX_DEFAULT);
}

/** A path below the home directory as `~/x`, for people. */
export function showPath(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}
