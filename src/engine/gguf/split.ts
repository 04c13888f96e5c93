/**
 * Models split over several files, as `llama-gguf-split` of llama.cpp makes them: each part is a
 * GGUF file with tensors of its own; all metadata stand in the first one.
 *
 *   file name            STEM-00001-of-00003.gguf
 *   split.no             u16, from 0
 *   split.count          u16
 *   split.tensors.count  i32, tensors of all parts together
 */
import { assert } from '../../base/index.ts';
import { ggufError, quote } from './errors.ts';
import type { GgufHeader } from './header.ts';
import { metadataNumber } from './metadata.ts';
import type { TensorInfo } from './tensor-table.ts';

/** The largest models come in some hundred parts. */
const PART_COUNT_MAX = 4096;

const NAME = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/s;

export interface SplitName {
  /** What all parts have in common. */
  readonly stem: string;
  /** From 1. */
  readonly part: number;
  readonly count: number;
}

/** What a file name says; undefined for the name of a whole model. */
export function parseSplitName(fileName: string): SplitName | undefined {
  const [, stem, part, count] = NAME.exec(fileName) ?? [];
  if (stem === undefined) return undefined;
  const name = { stem, part: Number(part), count: Number(count) };
  return name.count > 1 && name.part >= 1 && name.part <= name.count ? name : undefined;
}

/**
 * The names of all files of the model that this file belongs to, in order; the name itself when it
 * is no part.
 * @throws VitrineError bad-header: more parts than any model has
 */
export function splitPartNames(fileName: string): string[] {
  const name = parseSplitName(fileName);
  if (name === undefined) return [fileName];
  if (name.count > PART_COUNT_MAX) {
    throw ggufError(
      'bad-header',
      `${quote(fileName)} claims ${name.count} parts; at most ${PART_COUNT_MAX} are read`,
    );
  }
  const digits = (value: number): string => String(value).padStart(5, '0');
  return Array.from({ length: name.count }, (_, i) => {
    return `${name.stem}-${digits(i + 1)}-of-${digits(name.count)}.gguf`;
  });
}

export interface SplitPart {
  /** For messages. */
  readonly fileName: string;
  readonly header: GgufHeader;
}

/**
 * One header of all parts, in order: the metadata of the first, the tensors of all, each with the
 * index of its file. Of one file: its own header, when that says nothing else.
 * @throws VitrineError bad-header: the parts do not belong together
 */
export function joinSplit(parts: readonly SplitPart[]): GgufHeader {
  const [first] = parts;
  assert(first !== undefined, 'a model has a file');
  for (const [i, part] of parts.entries()) checkPart(part, i, parts.length);
  if (parts.length === 1) return first.header;
  const tensors = parts.flatMap(({ header }, file) =>
    header.tensors.map((tensor): TensorInfo => ({ ...tensor, file })),
  );
  const places = new Map<string, number>();
  for (const { name, file = 0 } of tensors) {
    const other = places.get(name);
    if (other !== undefined) {
      throw ggufError(
        'bad-header',
        `the tensor ${quote(name)} stands in ${parts[other].fileName} and in ` +
          `${parts[file].fileName}: the parts are not of one model`,
      );
    }
    places.set(name, file);
  }
  checkTensorCount(parts, tensors.length);
  return { ...first.header, tensors };
}

function checkPart({ fileName, header }: SplitPart, index: number, count: number): void {
  const said = metadataNumber(header.metadata, 'split.count') ?? 1;
  const no = metadataNumber(header.metadata, 'split.no') ?? 0;
  if (said === count && no === index) return;
  const isWhole = said <= 1;
  const what = isWhole ? 'a whole model' : `part ${no + 1} of ${said}`;
  const wanted =
    count === 1
      ? `its name must end in -${String(no + 1).padStart(5, '0')}-of-${String(said).padStart(5, '0')}.gguf`
      : `its name says part ${index + 1} of ${count}`;
  throw ggufError(
    'bad-header',
    `${fileName} is ${what} by its metadata (split.no, split.count), but ${wanted}; give the ` +
      'files the names that they were made with',
  );
}

function checkTensorCount(parts: readonly SplitPart[], count: number): void {
  for (const { fileName, header } of parts) {
    const said = metadataNumber(header.metadata, 'split.tensors.count');
    if (said === undefined || said === count) continue;
    throw ggufError(
      'bad-header',
      `${fileName} speaks of ${said} tensors (split.tensors.count); the ${parts.length} parts ` +
        `have ${count}: they are not of one model`,
    );
  }
}
