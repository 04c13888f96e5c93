/**
 * `vitrine.lock` in the data directory: which models were pulled, from where, and their digests.
 * JSON with stable order, replaced atomically, changed by one process at a time.
 *
 *   { "version": 1, "models": { NAME: { ref, source, file, sha256, bytes, licence, … } } }
 */
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { VitrineError } from '../base/index.ts';
import { writeFileAtomic } from './atomic.ts';
import { fileSystemError, type WeightsErrorCode } from './errors.ts';
import { withExclusive } from './exclusive.ts';
import type { LicenceGround } from './licence.ts';

export interface LockEntry {
  /** What was asked for. */
  readonly ref: string;
  /** The source that delivered. */
  readonly source: string;
  /** File name inside `models/`. */
  readonly file: string;
  readonly sha256: string;
  readonly bytes: number;
  readonly licence: string;
  /** `osi`: on the allow-list; `accepted`: the reader named it. */
  readonly licenceGround: LicenceGround;
  /** ISO 8601, UTC. */
  readonly pulledAt: string;
}

export type LockEntries = ReadonlyMap<string, LockEntry>;

const LOCK_BYTES_MAX = 4 << 20;

export function lockFilePath(dataDir: string): string {
  return resolve(dataDir, 'vitrine.lock');
}

/** No lock file is an empty one. @throws VitrineError bad-lock-file, data-directory */
export async function readLockFile(dataDir: string): Promise<LockEntries> {
  const path = lockFilePath(dataDir);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
    throw fileSystemError(path, error);
  }
  try {
    return parseLockFile(text);
  } catch (error) {
    throw new VitrineError<WeightsErrorCode>(
      'bad-lock-file',
      `${path} cannot be read (${error instanceof Error ? error.message : error}). ` +
        'Move it away; models are found again by pulling them.',
      { cause: error },
    );
  }
}

/** Reads, changes and replaces the lock file while no other process does. */
export async function updateLockFile(
  dataDir: string,
  change: (entries: Map<string, LockEntry>) => void,
): Promise<void> {
  const path = lockFilePath(dataDir);
  await withExclusive(`${path}.busy`, {}, async (lock) => {
    const entries = new Map(await readLockFile(dataDir));
    change(entries);
    await lock.assertHeld();
    try {
      await writeFileAtomic(path, formatLockFile(entries));
    } catch (error) {
      throw fileSystemError(path, error);
    }
  });
}

export function formatLockFile(entries: LockEntries): string {
  const names = [...entries.keys()].sort();
  const models: Record<string, LockEntry> = {};
  for (const name of names) {
    const e = entries.get(name) as LockEntry;
    models[name] = {
      ref: e.ref,
      source: e.source,
      file: e.file,
      sha256: e.sha256,
      bytes: e.bytes,
      licence: e.licence,
      licenceGround: e.licenceGround,
      pulledAt: e.pulledAt,
    };
  }
  return `${JSON.stringify({ version: 1, models }, null, 2)}\n`;
}

/** Every entry is checked before any is returned. @throws Error with the entry's name */
export function parseLockFile(text: string): Map<string, LockEntry> {
  if (text.length > LOCK_BYTES_MAX) throw new Error('longer than 4 MB');
  const root = JSON.parse(text);
  if (root?.version !== 1) throw new Error(`expected version 1, got ${root?.version}`);
  if (typeof root.models !== 'object' || root.models === null) throw new Error('no models');
  const entries = new Map<string, LockEntry>();
  for (const [name, entry] of Object.entries(root.models)) {
    if (!isEntry(entry)) throw new Error(`the entry of ${JSON.stringify(name)} is not complete`);
    entries.set(name, entry);
  }
  return entries;
}

function isEntry(value: unknown): value is LockEntry {
  const entry = value as LockEntry;
  const texts = [entry?.ref, entry?.source, entry?.licence, entry?.pulledAt];
  return (
    texts.every((text) => typeof text === 'string') &&
    /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(entry.file) &&
    /^[0-9a-f]{64}$/.test(entry.sha256) &&
    Number.isSafeInteger(entry.bytes) &&
    entry.bytes > 0 &&
    (entry.licenceGround === 'osi' || entry.licenceGround === 'accepted')
  );
}
