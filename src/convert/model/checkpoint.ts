/** The weights of a model folder: one file or many, safetensors before PyTorch. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { convertError, quoted } from '../errors.ts';
import { readPytorch } from '../source/pytorch.ts';
import { readSafetensors } from '../source/safetensors.ts';
import type { OpenFiles, SourceTensor } from '../source/tensor-source.ts';
import { type JsonObject, readJson } from './json-file.ts';

const SHARD_COUNT_MAX = 4096;

/** Index first: a folder may hold parts of an older download beside it. */
const KINDS = [
  { index: 'model.safetensors.index.json', single: 'model.safetensors', read: readSafetensors },
  { index: 'pytorch_model.bin.index.json', single: 'pytorch_model.bin', read: readPytorch },
] as const;

/** @throws VitrineError bad-source, bad-config, bad-checkpoint, unsafe-pickle */
export async function readCheckpoint(
  folder: string,
  files: OpenFiles,
): Promise<Map<string, SourceTensor>> {
  const names = await readdir(folder);
  for (const { index, single, read } of KINDS) {
    const shards = names.includes(index)
      ? shardsOf((await readJson(join(folder, index))) as JsonObject)
      : names.includes(single)
        ? [single]
        : [];
    if (shards.length > 0) return readShards(folder, shards, names, read, files);
  }
  const others = names.filter((name) => /\.(safetensors|bin|pt|pth)$/.test(name)).sort();
  if (others.length === 1) {
    const read = others[0].endsWith('.safetensors') ? readSafetensors : readPytorch;
    return readShards(folder, others, names, read, files);
  }
  const found = others.length === 0 ? 'none' : others.slice(0, 5).join(', ');
  throw convertError(
    'bad-source',
    `${folder} has no model.safetensors, pytorch_model.bin or index of either; other weights: ` +
      `${found}. Name the file as transformers does, or keep one.`,
  );
}

/** Names of the files that an index lists. */
function shardsOf(index: JsonObject): string[] {
  const map = index.object('weight_map');
  if (map === undefined) throw convertError('bad-config', `${index.file} lacks weight_map`);
  const shards = new Set<string>();
  for (const key of map.keys) shards.add(map.string(key) as string);
  if (shards.size === 0 || shards.size > SHARD_COUNT_MAX) {
    throw convertError('bad-config', `${index.file} lists ${shards.size} files`);
  }
  return [...shards].sort();
}

async function readShards(
  folder: string,
  shards: readonly string[],
  names: readonly string[],
  read: (file: Awaited<ReturnType<OpenFiles['open']>>) => Promise<SourceTensor[]>,
  files: OpenFiles,
): Promise<Map<string, SourceTensor>> {
  const missing = shards.filter((shard) => !names.includes(shard));
  if (missing.length > 0) {
    throw convertError(
      'bad-source',
      `${folder} lacks ${missing.slice(0, 3).map(quoted).join(', ')}: ${missing.length} of ` +
        `${shards.length} files that its index lists; fetch the rest`,
    );
  }
  const tensors = new Map<string, SourceTensor>();
  for (const shard of shards) {
    for (const tensor of await read(await files.open(join(folder, shard)))) {
      if (tensors.has(tensor.name)) {
        throw convertError('bad-checkpoint', `${shard} has ${quoted(tensor.name)} a second time`);
      }
      tensors.set(tensor.name, tensor);
    }
  }
  return tensors;
}
