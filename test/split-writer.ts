/** Cuts a GGUF file into parts as `llama-gguf-split` does: metadata first, tensors shared out. */

import { readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import {
  parseGgufHeader,
  splitPartNames,
  type TensorToWrite,
  type TypedValue,
  writeGguf,
} from '../src/engine/gguf/index.ts';

export interface SplitChanges {
  /** Metadata of a part, as they will be written. */
  change?(metadata: Map<string, TypedValue>, index: number): void;
  /** Tensors of a part. */
  tensors?(tensors: TensorToWrite[], index: number): TensorToWrite[];
}

/** Writes `STEM-00001-of-0000N.gguf` and so on beside the file; their paths. */
export function writeSplit(path: string, count: number, changes: SplitChanges = {}): string[] {
  const file = readFileSync(path);
  const result = parseGgufHeader(file, { fileBytes: file.length });
  if (result.kind !== 'header') throw new Error('the whole file was given');
  const { header } = result;
  const all = header.tensors.map(
    ({ name, type, dims, offsetBytes, sizeBytes }): TensorToWrite => ({
      ...{ name, type, dims },
      data: file.subarray(offsetBytes, offsetBytes + sizeBytes),
    }),
  );
  const stem = basename(path, '.gguf');
  const digits = String(count).padStart(5, '0');
  const names = splitPartNames(`${stem}-00001-of-${digits}.gguf`);
  const share = Math.ceil(all.length / count);
  return names.map((name, index) => {
    const metadata = new Map<string, TypedValue>(index === 0 ? header.typedMetadata : []);
    metadata.set('split.no', { type: 'u16', value: index });
    metadata.set('split.count', { type: 'u16', value: count });
    metadata.set('split.tensors.count', { type: 'i32', value: all.length });
    changes.change?.(metadata, index);
    const own = all.slice(index * share, (index + 1) * share);
    const part = join(dirname(path), name);
    writeFileSync(part, writeGguf(metadata, changes.tensors?.(own, index) ?? own));
    return part;
  });
}
