/**
 * A file on its way: `<name>.<source>.part`, its SHA-256 computed as it grows, and beside it
 * `<…>.part.json` with what a later resume must know: which version of the file this is the start
 * of.
 */
import { createHash, type Hash } from 'node:crypto';
import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { writeFileAtomic } from './atomic.ts';
import { hashFile } from './digest.ts';
import { fileSystemError } from './errors.ts';

export interface PartIdentity {
  /** The server's strong ETag, quotes included; without one nothing can be resumed. */
  readonly etag: string | undefined;
  readonly bytesTotal: number;
  /** SHA-256 that the source itself named. */
  readonly sha256?: string;
}

export class PartFile {
  readonly path: string;
  /** Bytes on disk and in the hash. */
  bytes = 0;
  identity: PartIdentity | undefined;
  #file: FileHandle | undefined;
  #hash: Hash = createHash('sha256');

  constructor(path: string) {
    this.path = path;
  }

  /**
   * Takes up what an earlier pull left, hashing it again; starts empty when there is nothing that
   * can be resumed.
   */
  async resume(onBytes?: (bytes: number, total: number) => void, signal?: AbortSignal) {
    const identity = await readIdentity(this.path);
    const size = await sizeOf(this.path);
    if (!isUsable(identity, size)) {
      await this.restart(undefined);
      return;
    }
    this.#hash = createHash('sha256');
    this.bytes = await hashFile(this.path, this.#hash, { onBytes, signal });
    this.identity = identity;
    await this.#open('r+');
  }

  /** True when every byte is there. */
  get isWhole(): boolean {
    return this.identity !== undefined && this.bytes === this.identity.bytesTotal;
  }

  /** Throws away what there is. With an identity, records it for later resumes. */
  async restart(identity: PartIdentity | undefined): Promise<void> {
    await this.#closeFile();
    await rm(metaPath(this.path), { force: true });
    this.#hash = createHash('sha256');
    this.bytes = 0;
    this.identity = identity;
    await this.#open('w');
    if (identity === undefined) return;
    try {
      await writeFileAtomic(metaPath(this.path), `${JSON.stringify(identity)}\n`);
    } catch (error) {
      throw fileSystemError(this.path, error);
    }
  }

  async append(chunk: Uint8Array): Promise<void> {
    try {
      let done = 0;
      while (done < chunk.length) {
        const rest = chunk.length - done;
        const { bytesWritten } = await this.#must().write(chunk, done, rest, this.bytes + done);
        done += bytesWritten;
      }
    } catch (error) {
      throw fileSystemError(this.path, error);
    }
    this.#hash.update(chunk);
    this.bytes += chunk.length;
  }

  /** Makes the content durable, closes, and returns its SHA-256. */
  async finish(): Promise<string> {
    try {
      await this.#must().sync();
    } catch (error) {
      throw fileSystemError(this.path, error);
    }
    await this.#closeFile();
    return this.#hash.copy().digest('hex');
  }

  /** Closes and keeps the part for the next pull, when a next pull can use it. */
  async suspend(): Promise<void> {
    await this.#closeFile();
    if (!isUsable(this.identity, this.bytes)) await removePart(this.path);
  }

  async discard(): Promise<void> {
    await this.#closeFile();
    await removePart(this.path);
  }

  async #open(flags: 'w' | 'r+'): Promise<void> {
    try {
      this.#file = await open(this.path, flags, 0o644);
    } catch (error) {
      throw fileSystemError(this.path, error);
    }
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  #must(): FileHandle {
    if (this.#file === undefined) throw new Error(`assertion failed: ${this.path} is closed`);
    return this.#file;
  }
}

/** Removes a part and what is known about it; returns the bytes freed. */
export async function removePart(path: string): Promise<number> {
  const bytes = Math.max(0, await sizeOf(path));
  await rm(path, { force: true });
  await rm(metaPath(path), { force: true });
  return bytes;
}

export function metaPath(path: string): string {
  return `${path}.json`;
}

/** A start can be continued by its ETag; a whole file needs none. */
function isUsable(identity: PartIdentity | undefined, bytes: number): boolean {
  if (identity === undefined || bytes <= 0 || bytes > identity.bytesTotal) return false;
  return identity.etag !== undefined || bytes === identity.bytesTotal;
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return -1;
  }
}

/** Undefined when there is none, or one that nobody can read: then the download starts again. */
async function readIdentity(path: string): Promise<PartIdentity | undefined> {
  try {
    const { etag, bytesTotal, sha256 } = JSON.parse(await readFile(metaPath(path), 'utf8'));
    if (!Number.isSafeInteger(bytesTotal)) return undefined;
    return {
      etag: typeof etag === 'string' ? etag : undefined,
      bytesTotal,
      sha256: typeof sha256 === 'string' ? sha256 : undefined,
    };
  } catch {
    return undefined;
  }
}
