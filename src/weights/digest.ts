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

/** Feeds a file to a hash, in order, and returns how many bytes it had. */
async function hashFile(path: string, hash: Hash, options: DigestOptions = {}): Promise<number> {
  const file = await open(path, 'r');
  try {
    const bytesTotal = (await file.stat()).size;
    const chunk = new Uint8Array(CHUNK_BYTES);
    let bytesDone = 0;
    for (;;) {
      options.signal?.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, CHUNK_BYTES, bytesDone);
      if (bytesRead === 0) return bytesDone;
      hash.update(chunk.subarray(0, bytesRead));
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
  const hash = createHash('sha256');
  try {
    await hashFile(path, hash, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw cannotRead(path, error);
  }
  return hash.digest('hex');
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
  const found = await sha256OfFile(path, { onBytes, signal });
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
