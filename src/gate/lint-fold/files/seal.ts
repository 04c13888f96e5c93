/**
 * Says which backup this user made. A repository can bring a folder that looks like a backup, and
 * an undo from it would write whatever its author liked; so a backup counts only with a seal: one
 * small file in the user's own state folder, outside of the repository.
 *
 *   $XDG_STATE_HOME/vitrine/lint-fold/<SHA-256 of the root's path>    SHA-256 of manifest.json
 *
 * The manifest holds the hashes of everything else in the backup.
 */
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join, sep } from 'node:path';
import { writeSynced } from './synced.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** By the XDG base directory specification; a relative XDG_STATE_HOME does not count there. */
export function stateFolder(environment: Environment): string {
  const named = environment.XDG_STATE_HOME ?? '';
  if (isAbsolute(named)) return join(named, 'vitrine', 'lint-fold');
  const local = environment.LOCALAPPDATA ?? '';
  if (process.platform === 'win32' && isAbsolute(local)) return join(local, 'vitrine', 'lint-fold');
  const home = environment.HOME ?? '';
  return join(isAbsolute(home) ? home : homedir(), '.local', 'state', 'vitrine', 'lint-fold');
}

/** `root` is a real path, `state` what `stateFolder` gives. */
export function seal(state: string, root: string, manifest: Uint8Array): void {
  mkdirSync(state, { recursive: true, mode: 0o700 });
  const path = sealPath(state, root);
  rmSync(path, { force: true });
  writeSynced(path, Buffer.from(`${sha256(manifest)}\n`), 0o600);
}

/** False also where the state folder lies in the repository: it may have come with it. */
export function isSealed(state: string, root: string, manifest: Uint8Array): boolean {
  const path = sealPath(state, root);
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile() || stat.size !== 65) return false;
  if (`${realpathSync(state)}${sep}`.startsWith(root + sep)) return false;
  return readFileSync(path, 'utf8') === `${sha256(manifest)}\n`;
}

export function breakSeal(state: string, root: string): void {
  if (existsSync(state)) rmSync(sealPath(state, root), { force: true });
}

function sealPath(state: string, root: string): string {
  return join(state, sha256(Buffer.from(root)));
}

export function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
