/**
 * Models on which the engine is held against docs/formats/numerics.md: the small ones of each
 * architecture (test/oracle/architectures), the same with quantised matrices, and one of each
 * tensor type. A model is a GGUF file and the tokens of one sequence. Encoders:
 * document-encoders.ts.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import {
  type GgufHeader,
  type MetadataValue,
  parseGgufHeader,
  type TensorInfo,
  type TensorToWrite,
  type TensorTypeName,
  type TypedValue,
  writeGguf,
} from '../../src/engine/gguf/index.ts';
import {
  columnMultiple,
  Random,
  randomWeights,
  WEIGHT_TYPES,
  type WeightType,
} from '../../src/engine/kernels/index.ts';
import { type ModelConfig, readConfig, vocabularySizeOf } from '../../src/engine/model/index.ts';
import { type Bind, type ModelContents, ModelRunner } from '../model-runner.ts';
import { randomModel } from '../random-model.ts';

/** Seed of the models whose digests are committed (test/oracle/numerics/forward.json). */
export const COMMITTED_SEED = 20261125;

export interface DocumentModel {
  name: string;
  file: Uint8Array;
  tokens: number[];
}

/** Past a KV page, every window and the trained contexts of the small models. */
export const LONG = 80;
/** Models of 256 columns are slow in plain TypeScript. */
const SHORT = 6;

const ARCHITECTURES = new URL('../oracle/architectures/', import.meta.url);
const TYPES = Object.keys(WEIGHT_TYPES) as WeightType[];
/** Those whose blocks fit the 32 columns of the small models. */
const NARROW = TYPES.filter((type) => columnMultiple(type) === 32 && type !== 'F32');

/** Tables of encoders, always F32. */
const ADDED = new Set(['token_types.weight', 'position_embd.weight']);

/** @param seed another is other weights and tokens, but for the files of the architectures */
export function* documentModels(seed: number): Generator<DocumentModel> {
  const random = new Random(seed);
  const names = readdirSync(ARCHITECTURES).filter((name) => name.endsWith('.gguf.gz'));
  for (const file of names.sort()) {
    const bytes = new Uint8Array(gunzipSync(readFileSync(new URL(file, ARCHITECTURES))));
    const name = file.replace('.gguf.gz', '');
    yield withTokens(name, bytes, LONG, random);
    yield withTokens(`${name} of mixed types`, quantised(bytes, random), LONG, random);
  }
  for (const type of TYPES) {
    const width = Math.max(64, columnMultiple(type));
    const file = randomModel({ seed: random.next(), width, types: [type] });
    yield withTokens(`llama ${type}`, file, width > 64 ? SHORT : LONG, random);
  }
}

export function withTokens(
  name: string,
  file: Uint8Array,
  count: number,
  random: Random,
): DocumentModel {
  const vocabulary = vocabularySizeOf(headerOf(file).tensors);
  const tokens = Array.from({ length: count }, () => random.next() % vocabulary);
  return { name, file, tokens };
}

function headerOf(file: Uint8Array): GgufHeader {
  const parsed = parseGgufHeader(file, { fileBytes: file.length });
  if (parsed.kind !== 'header') throw new Error('the header is incomplete');
  return parsed.header;
}

function contentsOf(file: Uint8Array, { offsetBytes, sizeBytes }: TensorInfo): Uint8Array {
  return file.slice(offsetBytes, offsetBytes + sizeBytes);
}

/** What a ModelRunner takes. */
export function openModel(file: Uint8Array): ModelContents & { config: ModelConfig } {
  const { metadata, tensors } = headerOf(file);
  return {
    config: readConfig(metadata, vocabularySizeOf(tensors)),
    infos: tensors,
    contents: new Map(tensors.map((info) => [info.name, contentsOf(file, info)])),
  };
}

/** The same model with random blocks of the narrow types in its matrices, in a random order. */
export function quantised(file: Uint8Array, random: Random): Uint8Array {
  const first = random.next();
  let count = 0;
  return rewritten(file, {}, (tensor) => {
    const { name, dims } = tensor;
    if (dims.length < 2 || ADDED.has(name)) return tensor;
    const type = NARROW[(first + count) % NARROW.length];
    count += 1;
    return { name, type, dims, data: randomWeights(type, dims[1], dims[0], random) };
  });
}

/** A file with more metadata, and each tensor as `change` makes it. */
export function rewritten(
  file: Uint8Array,
  more: Record<string, TypedValue>,
  change: (tensor: TensorToWrite) => TensorToWrite = (tensor) => tensor,
): Uint8Array {
  const { metadata, tensors } = headerOf(file);
  const written = tensors.map((info) => {
    const { name, type, dims } = info;
    return change({ name, type: type as TensorTypeName, dims, data: contentsOf(file, info) });
  });
  const entries = [...metadata].map(([key, value]): [string, TypedValue] => [key, typed(value)]);
  return writeGguf(new Map([...entries, ...Object.entries(more)]), written);
}

/** With a type that keeps the value; an f32 becomes an f64. */
function typed(value: MetadataValue): TypedValue {
  if (typeof value === 'string') return { type: 'string', value };
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') {
    return { type: Number.isSafeInteger(value) && value >= 0 ? 'u64' : 'f64', value };
  }
  if (Array.isArray(value) && value.every((each) => typeof each === 'boolean')) {
    return { type: 'array', elementType: 'bool', value };
  }
  if (Array.isArray(value) && value.every((each) => typeof each === 'string')) {
    return { type: 'array', elementType: 'string', value };
  }
  if (value instanceof Int32Array) return { type: 'array', elementType: 'i32', value };
  throw new Error('the small models have no other metadata');
}

export interface Digest {
  file: string;
  /** Of all logits; of an encoder what document-encoders.ts says. */
  outputs: string;
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

export function digestOf(file: Uint8Array, outputs: readonly Float32Array[]): Digest {
  const hash = createHash('sha256');
  for (const row of outputs) {
    hash.update(new Uint8Array(row.buffer, row.byteOffset, row.byteLength));
  }
  return { file: sha256(file), outputs: hash.digest('hex') };
}

/** What the engine gives for a model. @param chunks rows of the calls, again from the first */
export function engineDigest(
  bind: Bind,
  { file, tokens }: DocumentModel,
  chunks: readonly number[],
): Digest {
  const { config, ...contents } = openModel(file);
  const logits = new ModelRunner(bind, config, contents).sequence(tokens, chunks);
  return digestOf(file, logits);
}
