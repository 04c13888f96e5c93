/**
 * A file on its way: `<name>.<source>.part`, and beside it `<…>.part.json` with what a later resume
 * must know: which version of the file this is the start of. Its SHA-256 is that of the file, read
 * when it is whole, not of the bytes that came: only what lies on disk will be loaded.
 */
import { type FileHandle, open, readFile, rm, stat } from 'node:fs/promises';
import { writeFileAtomic } from './atomic.ts';
import { sha256OfFile } from './digest.ts';
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
  /** Bytes on disk. */
  bytes = 0;
  identity: PartIdentity | undefined;
  #file: FileHandle | undefined;

  constructor(path: string) {
    this.path = path;
  }

  /** Takes up what an earlier pull left; starts empty when there is nothing to be resumed. */
  async resume(): Promise<void> {
    const identity = await readIdentity(this.path);
    const size = await sizeOf(this.path);
    if (!isUsable(identity, size)) {
      await this.restart(undefined);
      return;
    }
    this.bytes = size;
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
    this.bytes += chunk.length;
  }

  /**
   * Makes the content durable, closes, and returns the SHA-256 of the file on disk. Stopped by the
   * signal, the part stays whole for the next pull.
   */
  async finish(
    onBytes: (bytes: number, total: number) => void,
    signal: AbortSignal,
  ): Promise<string> {
    try {
      await this.#must().sync();
    } catch (error) {
      throw fileSystemError(this.path, error);
    }
    await this.#closeFile();
    return sha256OfFile(this.path, { onBytes, signal });
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
