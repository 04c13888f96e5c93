/** Tensors in files, whatever the files: what each is, and its bytes on demand. */
import { type FileHandle, open } from 'node:fs/promises';
import type { TensorTypeName } from '../../engine/gguf/index.ts';
import { convertError } from '../errors.ts';

/** Types of elements as they are read; F64 and the 8-bit ones only stand in checkpoints. */
export type SourceType = TensorTypeName;

export interface SourceTensor {
  readonly name: string;
  readonly type: SourceType;
  /**
   * The type in the words of the file, where that has no counterpart; such a tensor is not read.
   */
  readonly foreignType?: string;
  /** Another tensor of the file that is these very bytes. */
  readonly sameAs?: string;
  /** dims[0] = columns (k, contiguous): the shape of PyTorch the other way round. */
  readonly dims: readonly number[];
  readonly sizeBytes: number;
  /** Bytes `from` to `from + byteLength` of the tensor. */
  read(from: number, byteLength: number): Promise<Uint8Array>;
}

/** Files that are open; whoever opened the source closes it. */
export class OpenFiles {
  readonly #files: FileHandle[] = [];

  /** @throws VitrineError bad-source */
  async open(path: string): Promise<OpenFile> {
    let file: FileHandle;
    try {
      file = await open(path, 'r');
    } catch (cause) {
      const code = (cause as NodeJS.ErrnoException).code ?? 'unknown error';
      const what = code === 'ENOENT' ? 'is missing' : `cannot be opened (${code})`;
      throw convertError('bad-source', `${path} ${what}; check the path`, cause);
    }
    this.#files.push(file);
    const stat = await file.stat();
    if (!stat.isFile()) throw convertError('bad-source', `${path} is no file`);
    return new OpenFile(path, file, stat.size);
  }

  async close(): Promise<void> {
    await Promise.all(this.#files.map((file) => file.close()));
  }
}

export class OpenFile {
  readonly path: string;
  readonly fileBytes: number;
  readonly #file: FileHandle;

  constructor(path: string, file: FileHandle, fileBytes: number) {
    this.path = path;
    this.#file = file;
    this.fileBytes = fileBytes;
  }

  /** Exactly these bytes. @throws VitrineError bad-checkpoint: the file is shorter */
  async read(at: number, byteLength: number): Promise<Buffer<ArrayBuffer>> {
    if (at + byteLength > this.fileBytes) throw this.#cut(at + byteLength);
    const bytes = Buffer.alloc(byteLength);
    for (let done = 0; done < byteLength; ) {
      const { bytesRead } = await this.#file.read(bytes, done, byteLength - done, at + done);
      if (bytesRead === 0) throw this.#cut(at + byteLength);
      done += bytesRead;
    }
    return bytes;
  }

  #cut(end: number): Error {
    const message = `${this.path} ends at byte ${this.fileBytes}, before byte ${end}; fetch it again`;
    return convertError('bad-checkpoint', message);
  }
}
