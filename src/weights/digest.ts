/** SHA-256 of files, streamed. */
import { createHash, type Hash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { VitrineError } from '../base/index.ts';
import { fileSystemError, type WeightsErrorCode } from './errors.ts';

const CHUNK_BYTES = 1 << 20;

export interface DigestOptions {
  /** Called after every chunk. */
  readonly onBytes?: (bytesDone: number, bytesTotal: number) => void;
  readonly signal?: AbortSignal;
}

/** Feeds a file to hashes, in order, and returns how many bytes it had. */
async function hashFile(
  path: string,
  hashes: readonly Hash[],
  options: DigestOptions = {},
): Promise<number> {
  const file = await open(path, 'r');
  try {
    const bytesTotal = (await file.stat()).size;
    const chunk = new Uint8Array(CHUNK_BYTES);
    let bytesDone = 0;
    for (;;) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, bytesDone);
      if (bytesRead === 0) return bytesDone;
      for (const hash of hashes) hash.update(chunk.subarray(0, bytesRead));
      bytesDone += bytesRead;
      options.onBytes?.(bytesDone, bytesTotal);
    }
  } finally {
    await file.close();
  }
}

/**
 * SHA-256 of a file, lower-case hexadecimal.
 * @throws VitrineError no-such-file, data-directory
 */
export async function sha256OfFile(path: string, options: DigestOptions = {}): Promise<string> {
  return (await sha256OfFiles([path], options)).together;
}

export interface FilesDigest {
  /** Of the files one after the other. */
  readonly together: string;
  readonly each: readonly string[];
  readonly bytes: number;
}

/**
 * SHA-256 of the parts of a model, read once; progress counts through all of them.
 * @throws VitrineError no-such-file, data-directory
 */
export async function sha256OfFiles(
  paths: readonly string[],
  options: DigestOptions & { readonly bytesTotal?: number } = {},
): Promise<FilesDigest> {
  const whole = createHash('sha256');
  const each: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    const own = createHash('sha256');
    const before = bytes;
    const onBytes = (done: number, total: number): void =>
      options.onBytes?.(before + done, options.bytesTotal ?? total);
    try {
      bytes += await hashFile(path, [whole, own], { onBytes, signal: options.signal });
    } catch (error) {
      if (options.signal?.aborted) throw error;
      throw cannotRead(path, error);
    }
    each.push(own.digest('hex'));
  }
  return { together: whole.digest('hex'), each, bytes };
}

/**
 * Refuses a file whose SHA-256 is not the expected one.
 * @throws VitrineError digest-mismatch, no-such-file, data-directory
 */
export async function verifyFile(
  path: string,
  sha256: string,
  onBytes?: (bytesDone: number, bytesTotal: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  checkDigest(path, sha256, await sha256OfFile(path, { onBytes, signal }));
}

/** @throws VitrineError digest-mismatch */
export function checkDigest(path: string, sha256: string, found: string): void {
  if (found === sha256) return;
  throw new VitrineError<WeightsErrorCode>(
    'digest-mismatch',
    `${path} is not the file that was recorded: expected SHA-256 ${sha256}, got ${found}. ` +
      'Remove it (`vitrine rm NAME`) and pull it again.',
  );
}

function cannotRead(path: string, error: unknown): VitrineError<WeightsErrorCode> {
  const code = (error as NodeJS.ErrnoException).code;
  if (code !== 'ENOENT' && code !== 'EISDIR' && code !== 'ENOTDIR') {
    return fileSystemError(path, error);
  }
  const what = code === 'EISDIR' ? 'is a folder' : 'does not exist';
  return new VitrineError(
    'no-such-file',
    `${path} ${what}; expected a GGUF file. Check the path.`,
    { cause: error },
  );
}
