/**
 * Writes a planned GGUF file, chunk by chunk: a few megabytes of a tensor are read, turned into
 * f32, quantised and written, so memory does not grow with the model. The file is there whole or
 * not at all: written beside, fsync, rename.
 */
import { type FileHandle, open, rename, rm, stat, statfs } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { formatBytes, isVitrineError, VitrineError } from '../base/index.ts';
import {
  DEQUANTIZED_TYPES,
  dequantize,
  findNonFinite,
  type TensorTypeName,
  tensorBytes,
  writeGgufHead,
} from '../engine/gguf/index.ts';
import { type ConvertErrorCode, convertError, quoted } from './errors.ts';
import type { ConversionPlan, PlannedTensor } from './plan.ts';
import { type QuantizedType, quantize } from './quantize/index.ts';

/** Elements of a chunk, about: 4 MB as f32. */
const CHUNK_ELEMENTS = 1 << 20;
/** Kept free beside the file. */
const MARGIN_BYTES = 32 << 20;

export interface WriteFileOptions {
  readonly path: string;
  /** Replaces a file that is there. */
  readonly force: boolean;
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
    const file = await open(beside, 'wx', 0o644);
    try {
      await file.truncate(head.fileBytes);
      await put(file, head.bytes, 0);
      let bytesDone = head.bytes.length;
      options.onProgress(bytesDone, head.fileBytes);
      for (const [i, tensor] of plan.tensors.entries()) {
        let at = head.offsetsBytes[i];
        for await (const bytes of chunksOf(tensor)) {
          signal.throwIfAborted();
          await put(file, bytes, at);
          at += bytes.length;
          bytesDone += bytes.length;
          options.onProgress(bytesDone, head.fileBytes);
        }
      }
      await file.sync();
    } finally {
      await file.close();
    }
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

/** The bytes of a tensor in its new type, in pieces. */
async function* chunksOf(tensor: PlannedTensor): AsyncGenerator<Uint8Array> {
  const { values, type, name } = tensor;
  if (values.kind === 'given') {
    yield encoded(name, type, values.values);
    return;
  }
  const source = values.tensor;
  const isSame = source.type === type && !values.added && values.permutedHeads === undefined;
  const columns = source.dims[0];
  const rows = source.dims.slice(1).reduce((product, dim) => product * dim, 1);
  const rowBytes = source.sizeBytes / rows;
  const headRows = values.permutedHeads === undefined ? 1 : rows / values.permutedHeads;
  const pieceRows = headRows * Math.max(1, Math.floor(CHUNK_ELEMENTS / (columns * headRows)));
  for (let row = 0; row < rows; row += pieceRows) {
    const count = Math.min(pieceRows, rows - row);
    const bytes = await source.read(row * rowBytes, count * rowBytes);
    if (isSame) {
      refuseNonFinite(name, type, bytes);
      yield bytes;
      continue;
    }
    const ordered = values.permutedHeads === undefined ? bytes : paired(bytes, headRows, rowBytes);
    yield encoded(name, type, decoded(name, source.type, ordered, columns * count, values.added));
  }
}

/** Rows of each head: i and i + D/2 become neighbours, as llama.cpp rotates them. */
function paired(bytes: Uint8Array, headRows: number, rowBytes: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  const half = headRows / 2;
  for (let row = 0; row * rowBytes < bytes.length; row += 1) {
    const within = row % headRows;
    const from = row - within + (within & 1) * half + (within >> 1);
    out.set(bytes.subarray(from * rowBytes, (from + 1) * rowBytes), row * rowBytes);
  }
  return out;
}

function decoded(
  name: string,
  type: TensorTypeName,
  bytes: Uint8Array,
  count: number,
  added = 0,
): Float32Array {
  const values = new Float32Array(count);
  if (type === 'F64') {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let i = 0; i < count; i += 1) values[i] = view.getFloat64(8 * i, true);
  } else if (DEQUANTIZED_TYPES.includes(type)) dequantize(type, bytes, values);
  else throw convertError('not-convertible', `${name} has type ${type}, which cannot be read`);
  if (added !== 0) for (let i = 0; i < count; i += 1) values[i] += added;
  return values;
}

function encoded(name: string, type: TensorTypeName, values: Float32Array): Uint8Array {
  for (let i = 0; i < values.length; i += 1) {
    if (Number.isFinite(values[i])) continue;
    throw convertError('bad-checkpoint', `the tensor ${quoted(name)} has a NaN or infinity`);
  }
  const bytes = new Uint8Array(tensorBytes(type, values.length));
  quantize(type as QuantizedType, values, bytes);
  if (findNonFinite(type, bytes) < 0) return bytes;
  throw convertError(
    'bad-checkpoint',
    `the tensor ${quoted(name)} has values beyond the range of ${type}; try BF16 or F32`,
  );
}

function refuseNonFinite(name: string, type: TensorTypeName, bytes: Uint8Array): void {
  // Types that cannot be computed are copied unread.
  if (!DEQUANTIZED_TYPES.includes(type)) return;
  if (findNonFinite(type, bytes) < 0) return;
  throw convertError('bad-checkpoint', `the tensor ${quoted(name)} has a NaN or infinity`);
}
