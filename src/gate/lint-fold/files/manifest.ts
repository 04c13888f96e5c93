/**
 * `manifest.json` of a backup: what was there before each change, and what was put there. Read as
 * untrusted input: its form is checked completely before anything is done with it.
 */
import { lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { fail } from '../errors.ts';
import { sha256 } from './seal.ts';

export const BACKUP_PATH = '.vitrine/lint-fold/backup';

/** A manifest lists each changed file once; this is far above any repository. */
export const MANIFEST_BYTES_MAX = 64 * 1024 * 1024;

/** null: nothing. A link is kept as its target, a file as the blob that holds its bytes. */
export type Before =
  | null
  | { readonly link: string }
  | { readonly blob: string; readonly mode: number; readonly sha256: string };

export interface Entry {
  /** Relative to the root, with forward slashes. */
  readonly path: string;
  readonly before: Before;
  /** SHA-256 of what was written; null: the file was removed. */
  readonly after: string | null;
}

/** @throws LintFoldError bad-config */
export function parseManifest(bytes: Uint8Array): Entry[] {
  let manifest: { version?: unknown; entries?: unknown } | null;
  try {
    manifest = JSON.parse(Buffer.from(bytes).toString('utf8'));
  } catch (error) {
    throw badManifest((error as Error).message);
  }
  if (manifest?.version !== 2 || !Array.isArray(manifest.entries)) throw badManifest('wrong form');
  const entries: unknown[] = manifest.entries;
  for (const entry of entries) {
    if (!isEntry(entry)) throw badManifest(`wrong entry ${JSON.stringify(entry)?.slice(0, 200)}`);
    if (/^\.(git|vitrine)(\/|$)/i.test(entry.path)) throw badManifest(`it names ${entry.path}`);
  }
  return entries as Entry[];
}

export function manifestText(entries: readonly Entry[]): string {
  return `${JSON.stringify({ version: 2, entries }, null, 2)}\n`;
}

export function badManifest(why: string) {
  return fail('bad-config', `${BACKUP_PATH}/manifest.json cannot be used: ${why}.`);
}

function isEntry(value: unknown): value is Entry {
  if (typeof value !== 'object' || value === null) return false;
  const { path, before, after } = value as Record<string, unknown>;
  return typeof path === 'string' && isBefore(before) && (after === null || isHash(after));
}

function isBefore(value: unknown): value is Before {
  if (value === null) return true;
  if (typeof value !== 'object') return false;
  const { link, blob, mode, sha256: hash } = value as Record<string, unknown>;
  if (typeof link === 'string') return link !== '' && !link.includes('\0');
  const isMode = Number.isInteger(mode) && (mode as number) >= 0 && (mode as number) <= 0o7777;
  return typeof blob === 'string' && /^\d{1,9}$/.test(blob) && isMode && isHash(hash);
}

function isHash(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
}

/** What is at `path` now, the last name not followed when it is a link. */
export type Now =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'link'; readonly link: string }
  | { readonly kind: 'file'; readonly mode: number; readonly sha256: string }
  | { readonly kind: 'other' };

export function stateOf(path: string): Now {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return { kind: 'nothing' };
  if (stat.isSymbolicLink()) return { kind: 'link', link: readlinkSync(path) };
  if (!stat.isFile()) return { kind: 'other' };
  return { kind: 'file', mode: stat.mode & 0o7777, sha256: sha256(readFileSync(path)) };
}

/** The entry's old state, to the last bit. */
export function isRestored({ before }: Entry, now: Now): boolean {
  if (before === null) return now.kind === 'nothing';
  if ('link' in before) return now.kind === 'link' && now.link === before.link;
  return now.kind === 'file' && now.sha256 === before.sha256 && now.mode === before.mode;
}

/** Neither what the fold found nor what it left. A change of the mode alone is no edit. */
export function isEdited(entry: Entry, now: Now): boolean {
  if (isRestored(entry, now)) return false;
  if (now.kind === 'nothing') return entry.after !== null;
  if (now.kind !== 'file') return true;
  const { before, after } = entry;
  const old = before !== null && 'sha256' in before ? before.sha256 : undefined;
  return now.sha256 !== after && now.sha256 !== old;
}
