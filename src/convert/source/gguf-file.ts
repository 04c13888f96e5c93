/** A GGUF file as a source: its metadata as they are, its tensors. */
import { type GgufHeader, readGgufHeader } from '../../engine/gguf/index.ts';
import type { OpenFiles, SourceTensor } from './tensor-source.ts';

export interface GgufSource {
  readonly header: GgufHeader;
  readonly tensors: readonly SourceTensor[];
}

/** @throws VitrineError of gguf, bad-source */
export async function openGguf(path: string, files: OpenFiles): Promise<GgufSource> {
  const file = await files.open(path);
  const header = await readGgufHeader((byteLength) => file.read(0, byteLength), {
    fileBytes: file.fileBytes,
  });
  const tensors = header.tensors.map(
    ({ name, type, dims, offsetBytes, sizeBytes }): SourceTensor => ({
      ...{ name, type, dims, sizeBytes },
      read: (from, byteLength) => file.read(offsetBytes + from, byteLength),
    }),
  );
  return { header, tensors };
}
