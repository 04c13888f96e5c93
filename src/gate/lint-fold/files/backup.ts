/**
 * Writes planned changes so that they can be undone byte for byte, whenever the process dies.
 *
 *   .vitrine/lint-fold/backup/manifest.json   what was there and what was put there
 *   .vitrine/lint-fold/backup/0, 1, ...       the old bytes
 *
 * The backup is complete and on the disk (written beside, synced, renamed) before the first file
 * changes, and goes away only after the last one is restored. Undo may be repeated: it looks at
 * what each file is, not at how far the run came.
 */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { fail } from '../errors.ts';
import type { FileChange } from './change.ts';

export const BACKUP_PATH = '.vitrine/lint-fold/backup';

/** A manifest lists each changed file once; this is far above any repository. */
const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

interface Entry {
  readonly path: string;
  /** Name of the file with the old bytes; absent: the file did not exist. */
  readonly blob?: string;
  readonly mode?: number;
  /** The file was a symbolic link to this. */
  readonly link?: string;
  readonly beforeSha256?: string;
  readonly afterSha256?: string;
}

interface Manifest {
  readonly version: 1;
  readonly entries: readonly Entry[];
}

export function hasBackup(root: string): boolean {
  return existsSync(join(root, BACKUP_PATH));
}

/** @throws LintFoldError backup-exists, changed-since */
export function writeChanges(root: string, changes: readonly FileChange[]): void {
  if (hasBackup(root)) {
    throw fail(
      'backup-exists',
      `expected no earlier backup, found ${BACKUP_PATH}. Take that run back with --undo, or, to ` +
        'keep its result, delete the folder.',
    );
  }
  for (const change of changes) {
    const now = readIfThere(join(root, change.path));
    if (sha256(now) !== sha256(change.before)) {
      throw fail(
        'changed-since',
        `${change.path} changed while lint-fold was running; run it again.`,
      );
    }
  }
  saveBackup(root, changes);
  // New files first: a crash leaves a repository that still has its configurations.
  const ordered = [...changes].sort((a, b) => rank(a) - rank(b));
  for (const change of ordered) {
    const path = join(root, change.path);
    if (change.after === undefined) rmSync(path);
    else replaceFile(path, change.after, modeOf(path) ?? 0o644);
  }
}

/** Paths that were restored. @throws LintFoldError no-backup, changed-since, bad-config */
export function undoChanges(root: string, force: boolean): string[] {
  if (!hasBackup(root)) {
    throw fail('no-backup', `expected a backup in ${join(root, BACKUP_PATH)}, found none.`);
  }
  const { entries } = readManifest(root);
  const edited = entries.filter((entry) => isEdited(root, entry));
  if (edited.length > 0 && !force) {
    throw fail(
      'changed-since',
      `edited since the fold: ${edited.map(({ path }) => path).join(', ')}. ` +
        'Undo would lose that; give --force to undo all the same.',
    );
  }
  for (const entry of entries) restore(root, entry);
  dropBackup(root);
  return entries.map(({ path }) => path);
}

function rank(change: FileChange): number {
  if (change.before === undefined) return 0;
  return change.after === undefined ? 2 : 1;
}

function saveBackup(root: string, changes: readonly FileChange[]): void {
  const home = dirname(join(root, BACKUP_PATH));
  mkdirSync(home, { recursive: true });
  for (const name of readdirSync(home)) {
    if (name.startsWith('part-')) rmSync(join(home, name), { recursive: true });
  }
  writeSynced(join(home, '.gitignore'), Buffer.from('*\n'), 0o644);
  const part = join(home, `part-${process.pid}`);
  mkdirSync(part);
  const entries = changes.map((change, index): Entry => {
    const path = join(root, change.path);
    if (change.before !== undefined) writeSynced(join(part, String(index)), change.before, 0o600);
    const link = linkOf(path);
    return {
      path: change.path,
      ...(change.before === undefined ? {} : { blob: String(index), mode: modeOf(path) ?? 0o644 }),
      ...(link === undefined ? {} : { link }),
      ...(change.before === undefined ? {} : { beforeSha256: sha256(change.before) }),
      ...(change.after === undefined ? {} : { afterSha256: sha256(change.after) }),
    };
  });
  const manifest: Manifest = { version: 1, entries };
  writeSynced(
    join(part, 'manifest.json'),
    Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    0o600,
  );
  syncFolder(part);
  renameSync(part, join(root, BACKUP_PATH));
  syncFolder(home);
}

function readManifest(root: string): Manifest {
  const path = join(root, BACKUP_PATH, 'manifest.json');
  if (lstatSync(path).size > MANIFEST_BYTES_MAX) throw badManifest('it is too large');
  let manifest: Manifest;
  try {
    manifest = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw badManifest((error as Error).message);
  }
  if (manifest.version !== 1 || !Array.isArray(manifest.entries)) throw badManifest('wrong form');
  const realRoot = realpathSync(root);
  for (const { path: entry, blob } of manifest.entries) {
    const parts = String(entry).split('/');
    if (parts.includes('..') || parts.includes('') || (blob !== undefined && !/^\d+$/.test(blob))) {
      throw badManifest(`it names ${JSON.stringify(entry)}`);
    }
    const folder = dirname(join(root, entry));
    if (existsSync(folder) && !`${realpathSync(folder)}${sep}`.startsWith(`${realRoot}${sep}`)) {
      throw badManifest(`${JSON.stringify(entry)} leads out of the repository`);
    }
  }
  return manifest;
}

function badManifest(why: string) {
  return fail('bad-config', `${BACKUP_PATH}/manifest.json cannot be used: ${why}.`);
}

/** Neither what the fold found nor what it left. */
function isEdited(root: string, entry: Entry): boolean {
  const now = sha256(readIfThere(join(root, entry.path)));
  return now !== entry.beforeSha256 && now !== entry.afterSha256;
}

function restore(root: string, entry: Entry): void {
  const path = join(root, entry.path);
  rmSync(temporaryOf(path), { force: true });
  if (entry.blob === undefined) rmSync(path, { force: true });
  else if (entry.link !== undefined) {
    if (linkOf(path) === entry.link) return;
    rmSync(path, { force: true });
    symlinkSync(entry.link, path);
  } else {
    const bytes = readFileSync(join(root, BACKUP_PATH, entry.blob));
    if (sha256(bytes) !== entry.beforeSha256) throw badManifest(`blob ${entry.blob} is damaged`);
    mkdirSync(dirname(path), { recursive: true });
    replaceFile(path, bytes, entry.mode ?? 0o644);
  }
}

function dropBackup(root: string): void {
  const backup = join(root, BACKUP_PATH);
  const home = dirname(backup);
  // Renamed first: a half-deleted backup must not be taken for one.
  const part = join(home, `part-${process.pid}`);
  renameSync(backup, part);
  rmSync(home, { recursive: true });
  const parent = dirname(home);
  if (readdirSync(parent).length === 0) rmdirSync(parent);
}

function replaceFile(path: string, bytes: Uint8Array, mode: number): void {
  const temporary = temporaryOf(path);
  rmSync(temporary, { force: true });
  writeSynced(temporary, bytes, mode);
  renameSync(temporary, path);
}

function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.vitrine-lint-fold`);
}

function writeSynced(path: string, bytes: Uint8Array, mode: number): void {
  const file = openSync(path, 'w', mode);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  // The process's mask may have taken bits away.
  chmodSync(path, mode);
}

function syncFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function readIfThere(path: string): Uint8Array | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

function modeOf(path: string): number | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined || stat.isSymbolicLink() ? undefined : stat.mode & 0o7777;
}

function linkOf(path: string): string | undefined {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat?.isSymbolicLink() ? readlinkSync(path) : undefined;
}

function sha256(bytes: Uint8Array | undefined): string | undefined {
  return bytes === undefined ? undefined : createHash('sha256').update(bytes).digest('hex');
}
