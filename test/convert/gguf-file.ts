/** A GGUF file in memory: header, and the bytes of its tensors by name. */
import { readFileSync } from 'node:fs';
import { type GgufHeader, readGgufHeader, type TensorInfo } from '../../src/engine/gguf/index.ts';

export interface GgufFile {
  readonly header: GgufHeader;
  readonly infos: readonly TensorInfo[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export async function readGguf(path: string): Promise<GgufFile> {
  const file = readFileSync(path);
  const header = await readGgufHeader(async (length) => file.subarray(0, length), {
    fileBytes: file.length,
  });
  const contents = new Map(
    header.tensors.map(({ name, offsetBytes, sizeBytes }) => [
      name,
      new Uint8Array(file.subarray(offsetBytes, offsetBytes + sizeBytes)),
    ]),
  );
  return { header, infos: header.tensors, contents };
}
