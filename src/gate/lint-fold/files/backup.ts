/**
 * Writes planned changes so that they can be undone byte for byte, whenever the process dies.
 *
 *   .vitrine/lint-fold/backup/manifest.json   what was there and what was put there
 *   .vitrine/lint-fold/backup/0, 1, ...       the old bytes
 *
 * The backup is complete and on the disk (written beside, synced, sealed, renamed) before the first
 * file changes, and goes away only after the last one is restored. Undo may be repeated: it looks
 * at what each file is, not at how far the run came. A write that fails takes itself back.
 */
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { messageOf } from '../../../base/index.ts';
import { fail, isLintFoldError } from '../errors.ts';
import type { FileChange } from './change.ts';
import {
  BACKUP_PATH,
  badManifest,
  type Entry,
  isEdited,
  isRestored,
  MANIFEST_BYTES_MAX,
  manifestText,
  parseManifest,
  stateOf,
} from './manifest.ts';
import { makeFolderIn, placeIn } from './place.ts';
import { breakSeal, isSealed, seal, sha256 } from './seal.ts';
import { syncFolder, writeSynced } from './synced.ts';

const HOME_PATH = dirname(BACKUP_PATH);

/** @throws LintFoldError bad-config when something else is in its place */
export function hasBackup(root: string): boolean {
  const path = placeIn(root, BACKUP_PATH, 'allowed');
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined || stat.isDirectory()) return stat !== undefined;
  throw fail('bad-config', `expected ${BACKUP_PATH} to be a folder. Remove what is there.`);
}

/** @throws LintFoldError backup-exists */
export function refuseSecondWrite(root: string): void {
  if (!hasBackup(root)) return;
  throw fail(
    'backup-exists',
    `expected no earlier backup, found ${BACKUP_PATH}. Take that run back with --undo, or, to ` +
      'keep its result, delete the folder.',
  );
}

/**
 * `state`: the user's state folder (`stateFolder`).
 *
 * @throws LintFoldError backup-exists, changed-since, bad-config: nothing is changed;
 *   write-failed: the message says whether everything was taken back
 */
export function writeChanges(root: string, changes: readonly FileChange[], state: string): void {
  let entries: Entry[];
  try {
    refuseSecondWrite(root);
    for (const change of changes) expectUnchanged(root, change);
    entries = saveBackup(root, changes, state);
  } catch (error) {
    if (isLintFoldError(error)) throw error;
    throw fail('write-failed', `${messageOf(error)}; nothing was changed.`, error);
  }
  try {
    // New files first: a crash leaves a repository that still has its configurations.
    for (const change of [...changes].sort((a, b) => rank(a) - rank(b))) apply(root, change);
  } catch (error) {
    throw takenBack(root, entries, state, error);
  }
}

export interface Undone {
  readonly restored: readonly string[];
  /** As they were before already, so nothing was done. */
  readonly already: readonly string[];
}

export interface UndoOptions {
  /** Restore files that were edited since. */
  readonly force: boolean;
  /** Use a backup that has no seal of this user. */
  readonly trust: boolean;
  readonly state: string;
}

/** @throws LintFoldError no-backup, not-trusted, changed-since, bad-config */
export function undoChanges(root: string, { force, trust, state }: UndoOptions): Undone {
  if (!hasBackup(root)) {
    throw fail('no-backup', `expected a backup in ${join(root, BACKUP_PATH)}, found none.`);
  }
  const bytes = readManifest(root);
  if (!trust && !isSealed(state, root, bytes)) {
    throw fail(
      'not-trusted',
      `expected a backup that you made here, but ${BACKUP_PATH} came with the repository, was ` +
        'moved or was edited. Read its manifest.json, then give --trust-backup, or delete it.',
    );
  }
  const entries = parseManifest(bytes);
  const edited = entries.filter((entry) =>
    isEdited(entry, stateOf(placeIn(root, entry.path, 'allowed'))),
  );
  if (edited.length > 0 && !force) {
    throw fail(
      'changed-since',
      `edited since the fold: ${edited.map(({ path }) => path).join(', ')}. ` +
        'Undo would lose that; give --force to undo all the same.',
    );
  }
  const undone = restoreAll(root, entries);
  dropBackup(root, state);
  return undone;
}

function rank(change: FileChange): number {
  if (change.before === undefined) return 0;
  return change.after === undefined ? 2 : 1;
}

function expectUnchanged(root: string, { path, before }: FileChange): void {
  const place = placeIn(root, path, 'refused');
  // The fold reads through a link to a file; what is neither file nor link is in the way.
  const kind = stateOf(place).kind;
  if (kind === 'other') {
    throw fail('bad-config', `${path} is in the way: expected a file or nothing. Move it.`);
  }
  const now = kind === 'nothing' ? undefined : readIfThere(place);
  if (now === undefined ? before === undefined : before !== undefined && now.equals(before)) return;
  throw fail('changed-since', `${path} changed while lint-fold was running; run it again.`);
}

function apply(root: string, { path, after }: FileChange): void {
  const place = placeIn(root, path, 'refused');
  if (after === undefined) rmSync(place);
  else {
    const now = stateOf(place);
    replaceFile(place, after, now.kind === 'file' ? now.mode : 0o644);
  }
}

function takenBack(root: string, entries: readonly Entry[], state: string, error: unknown) {
  try {
    restoreAll(root, entries);
    dropBackup(root, state);
  } catch {
    return fail(
      'write-failed',
      `${messageOf(error)}; some files are changed already. Mend that, then give --undo.`,
      error,
    );
  }
  return fail('write-failed', `${messageOf(error)}; every change was taken back.`, error);
}

function saveBackup(root: string, changes: readonly FileChange[], state: string): Entry[] {
  try {
    const home = makeFolderIn(root, HOME_PATH);
    for (const name of readdirSync(home)) {
      if (name.startsWith('part-')) rmSync(join(home, name), { recursive: true });
    }
    rmSync(join(home, '.gitignore'), { force: true });
    writeSynced(join(home, '.gitignore'), Buffer.from('*\n'), 0o644);
    const part = join(home, `part-${process.pid}`);
    mkdirSync(part, { mode: 0o700 });
    const entries = changes.map((change, index) => save(root, part, change, String(index)));
    const manifest = Buffer.from(manifestText(entries));
    writeSynced(join(part, 'manifest.json'), manifest, 0o600);
    syncFolder(part);
    seal(state, root, manifest);
    renameSync(part, join(home, basename(BACKUP_PATH)));
    syncFolder(home);
    return entries;
  } catch (error) {
    // Nothing is changed yet, so the backup has no use.
    attempt(() => removeHome(root));
    attempt(() => breakSeal(state, root));
    throw error;
  }
}

function save(root: string, part: string, { path, after }: FileChange, blob: string): Entry {
  const place = placeIn(root, path, 'refused');
  const now = stateOf(place);
  const entry = { path, after: after === undefined ? null : sha256(after) };
  if (now.kind === 'link') return { ...entry, before: { link: now.link } };
  if (now.kind !== 'file') return { ...entry, before: null };
  const bytes = readFileSync(place);
  writeSynced(join(part, blob), bytes, 0o600);
  return { ...entry, before: { blob, mode: now.mode, sha256: sha256(bytes) } };
}

function readManifest(root: string): Buffer {
  const path = placeIn(root, `${BACKUP_PATH}/manifest.json`, 'refused');
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (!stat?.isFile()) throw badManifest('it is no file');
  if (stat.size > MANIFEST_BYTES_MAX) throw badManifest('it is too large');
  return readFileSync(path);
}

function restoreAll(root: string, entries: readonly Entry[]): Undone {
  const restored: string[] = [];
  const already: string[] = [];
  for (const entry of entries) {
    if (restore(root, entry)) restored.push(entry.path);
    else already.push(entry.path);
  }
  return { restored, already };
}

/** False when the file was right already. */
function restore(root: string, entry: Entry): boolean {
  const place = placeIn(root, entry.path, 'allowed');
  rmSync(temporaryOf(place), { force: true });
  const { path, before } = entry;
  if (isRestored(entry, stateOf(place))) return false;
  if (before === null) rmSync(place, { force: true });
  else if ('link' in before) {
    rmSync(place, { force: true });
    symlinkSync(before.link, place);
  } else {
    const blob = placeIn(root, `${BACKUP_PATH}/${before.blob}`, 'refused');
    if (stateOf(blob).kind !== 'file') throw badManifest(`blob ${before.blob} is missing`);
    const bytes = readFileSync(blob);
    if (sha256(bytes) !== before.sha256) throw badManifest(`blob ${before.blob} is damaged`);
    if (path.includes('/')) makeFolderIn(root, dirname(path));
    replaceFile(place, bytes, before.mode);
  }
  return true;
}

function dropBackup(root: string, state: string): void {
  const backup = placeIn(root, BACKUP_PATH, 'refused');
  // Renamed first: a half-deleted backup must not be taken for one.
  renameSync(backup, join(dirname(backup), `part-${process.pid}`));
  removeHome(root);
  breakSeal(state, root);
}

function removeHome(root: string): void {
  rmSync(placeIn(root, HOME_PATH, 'allowed'), { recursive: true, force: true });
  const parent = placeIn(root, dirname(HOME_PATH), 'refused');
  if (readdirSync(parent).length === 0) rmdirSync(parent);
}

function replaceFile(path: string, bytes: Uint8Array, mode: number): void {
  const temporary = temporaryOf(path);
  rmSync(temporary, { force: true });
  try {
    writeSynced(temporary, bytes, mode);
    renameSync(temporary, path);
  } catch (error) {
    attempt(() => rmSync(temporary, { force: true }));
    throw error;
  }
}

function temporaryOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.vitrine-lint-fold`);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if ((error as { code?: string }).code === 'ENOENT') return undefined;
    throw error;
  }
}

function attempt(call: () => void): void {
  try {
    call();
  } catch {
    // The error that led here is the one to report.
  }
}
