/** A GGUF file, or all parts of a split one, as a source: metadata as they are, tensors. */
import { basename, dirname, join } from 'node:path';
import {
  type GgufHeader,
  joinSplit,
  readGgufHeader,
  type SplitPart,
  splitPartNames,
} from '../../engine/gguf/index.ts';
import type { OpenFile, OpenFiles, SourceTensor } from './tensor-source.ts';

export interface GgufSource {
  readonly header: GgufHeader;
  readonly tensors: readonly SourceTensor[];
}

/** @throws VitrineError of gguf, bad-source: a part is missing */
export async function openGguf(path: string, files: OpenFiles): Promise<GgufSource> {
  const opened: OpenFile[] = [];
  const parts: SplitPart[] = [];
  for (const fileName of splitPartNames(basename(path))) {
    const file = await files.open(join(dirname(path), fileName));
    const { fileBytes } = file;
    // A first read may be longer than what is there.
    const read = (byteLength: number) => file.read(0, Math.min(byteLength, fileBytes));
    parts.push({ fileName, header: await readGgufHeader(read, { fileBytes }) });
    opened.push(file);
  }
  const header = joinSplit(parts);
  const tensors = header.tensors.map(
    ({ name, type, dims, offsetBytes, sizeBytes, file = 0 }): SourceTensor => ({
      ...{ name, type, dims, sizeBytes },
      read: (from, byteLength) => opened[file].read(offsetBytes + from, byteLength),
    }),
  );
  return { header, tensors };
}
