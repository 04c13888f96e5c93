/**
 * Writes a planned GGUF file, chunk by chunk: a few megabytes of a tensor are read, turned into
 * f32, quantised and written, so memory does not grow with the model. The file is there whole or
 * not at all: written beside, fsync, rename.
 */
import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatBytes, isVitrineError, VitrineError } from '../base/index.ts';
import { type GgufHead, writeGgufHead } from '../engine/gguf/index.ts';
import { chunksOf } from './chunks.ts';
import { type ConvertErrorCode, convertError } from './errors.ts';
import type { ConversionPlan } from './plan.ts';
import { QuantizerPool } from './quantize/pool.ts';

/** Kept free beside the file. */
const MARGIN_BYTES = 32 << 20;

export interface WriteFileOptions {
  readonly path: string;
  /** Replaces a file that is there. */
  readonly force: boolean;
  readonly threads: number;
  readonly signal: AbortSignal;
  onProgress(bytesDone: number, bytesTotal: number): void;
}

/** Refuses an output that is there already or cannot be. @throws VitrineError file-exists */
export async function checkOutput(path: string, force: boolean): Promise<void> {
  const entry = await stat(path).catch(() => undefined);
  if (entry === undefined) return;
  if (!entry.isFile()) throw convertError('file-exists', `${path} is a folder; name a file`);
  if (force) return;
  throw convertError('file-exists', `${path} is there already; --force replaces it`);
}

/**
 * @returns size of the file, bytes
 * @throws VitrineError file-exists, no-space, cannot-write, cancelled, bad-checkpoint
 */
export async function writePlan(plan: ConversionPlan, options: WriteFileOptions): Promise<number> {
  const { path, force, signal } = options;
  const head = writeGgufHead(plan.metadata, plan.tensors);
  await checkOutput(path, force);
  await checkSpace(path, head.fileBytes);
  const beside = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  try {
    await writeAll(beside, head, plan, options);
    signal.throwIfAborted();
    await checkOutput(path, force);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    if (!signal.aborted) throw explained(error, path);
    throw convertError('cancelled', `converting to ${path} was cancelled; nothing is kept.`, error);
  }
  return head.fileBytes;
}

async function writeAll(
  path: string,
  head: GgufHead,
  plan: ConversionPlan,
  { threads, signal, onProgress }: WriteFileOptions,
): Promise<void> {
  const file = await open(path, 'wx', 0o644);
  const pool = new QuantizerPool(threads);
  const pending = new Set<Promise<void>>();
  let bytesDone = 0;
  const write = async (bytes: Uint8Array, at: number): Promise<void> => {
    await put(file, bytes, at);
    bytesDone += bytes.length;
    onProgress(bytesDone, head.fileBytes);
  };
  try {
    await file.truncate(head.fileBytes);
    await write(head.bytes, 0);
    for (const [i, tensor] of plan.tensors.entries()) {
      let at = head.offsetsBytes[i];
      for await (const chunk of chunksOf(tensor)) {
        signal.throwIfAborted();
        const place = at;
        at += chunk.byteLength;
        const task = chunk.make(pool).then((bytes) => write(bytes, place));
        pending.add(task);
        // A failure is thrown where the tasks are waited for.
        task.then(
          () => pending.delete(task),
          () => undefined,
        );
        // One more than there are threads, so that none waits for the disk.
        if (pending.size > pool.threads) await Promise.race(pending);
      }
    }
    await Promise.all(pending);
    await file.sync();
  } finally {
    await pool.close();
    await Promise.allSettled(pending);
    await file.close();
  }
}

async function put(file: FileHandle, bytes: Uint8Array, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

async function checkSpace(path: string, bytesNeeded: number): Promise<void> {
  const folder = dirname(path);
  let free: { bavail: number; bsize: number };
  try {
    free = await statfs(folder);
  } catch (error) {
    throw explained(error, path);
  }
  const bytesFree = free.bavail * free.bsize;
  if (bytesFree >= bytesNeeded + MARGIN_BYTES) return;
  throw convertError(
    'no-space',
    `${folder} has ${formatBytes(bytesFree)} free; the file needs ${formatBytes(bytesNeeded)} and ` +
      `${formatBytes(MARGIN_BYTES)} to spare. Free some, or give --out on another disk.`,
  );
}

function explained(error: unknown, path: string): unknown {
  if (isVitrineError(error)) return error;
  const code = (error as NodeJS.ErrnoException)?.code;
  if (code === undefined || typeof code !== 'string') return error;
  const isFull = code === 'ENOSPC' || code === 'EDQUOT';
  const message = isFull
    ? `no space left while writing ${path}. Free some, or give --out on another disk.`
    : `cannot write ${path} (${code}). Check the folder and its permissions.`;
  return new VitrineError<ConvertErrorCode>(isFull ? 'no-space' : 'cannot-write', message, {
    cause: error,
  });
}
