/**
 * Models of several files (engine/gguf, split.ts): a reference to any part means all of them. Each
 * part is pulled, recorded and checked as a file of its own, under names that keep them together;
 * the model's digest is that of the parts one after the other.
 */
import { basename, dirname, join } from 'node:path';
import { parseSplitName, splitPartNames } from '../engine/gguf/index.ts';
import type { ModelRef } from './refs.ts';

/** Paths of all files of the model that this one belongs to, in order. */
export function partPaths(path: string): string[] {
  const names = splitPartNames(basename(path));
  return names.length === 1 ? [path] : names.map((name) => join(dirname(path), name));
}

/** References to all parts, in order; the reference itself when it names a whole model. */
export function partRefs(ref: ModelRef): ModelRef[] {
  switch (ref.kind) {
    case 'hf':
      return partPaths(ref.file).map((file) => ({ ...ref, file }));
    case 'pip': {
      if (ref.file === undefined) return [ref];
      return partPaths(ref.file).map((file) => ({ ...ref, file }));
    }
    case 'url': {
      const url = new URL(ref.url);
      return partPaths(url.pathname).map((pathname) => {
        url.pathname = pathname;
        return { ...ref, url: url.href };
      });
    }
    default:
      return [ref];
  }
}

/** Names in the data directory of all parts, from that of any: `x-00001-of-00002`. */
export function partModelNames(name: string): string[] {
  return splitPartNames(`${name}.gguf`).map((file) => file.slice(0, -'.gguf'.length));
}

/** A name that is taken, made another one by a hash, which part it is staying last. */
export function distinctName(name: string, hash: string): string {
  const split = parseSplitName(`${name}.gguf`);
  if (split === undefined) return `${name}-${hash}`;
  return `${split.stem}-${hash}${name.slice(split.stem.length)}`;
}
