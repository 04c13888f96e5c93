/** A model folder of transformers -> what is to be written. */
import { basename, join, resolve } from 'node:path';
import type { TypedValue } from '../../engine/gguf/index.ts';
import { convertError, quoted } from '../errors.ts';
import { f32, text, u32 } from '../plan.ts';
import type { OpenFiles, SourceTensor } from '../source/tensor-source.ts';
import type { UntypedPlan, UntypedTensor } from '../typed-plan.ts';
import { readVocabulary } from '../vocabulary/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { changesOf, type Family, familyOf, placeTensor, type Shape } from './families.ts';
import { JsonObject, readBounded, readJson } from './json-file.ts';
import { readRope } from './rope.ts';

export interface FolderOptions {
  readonly preSplit?: string;
}

/** @throws VitrineError of this part */
export async function planFolder(
  folder: string,
  files: OpenFiles,
  options: FolderOptions,
): Promise<UntypedPlan> {
  const whole = await readJson(join(folder, 'config.json'));
  if (whole === undefined) {
    throw convertError(
      'bad-source',
      `${folder} has no config.json; expected a model folder of transformers`,
    );
  }
  const family = familyOf(whole);
  const config = textConfig(whole, family);
  const notes: string[] = [];
  const described = describe(config, family, notes);
  const checkpoint = await readCheckpoint(folder, files);
  const tensors = placeAll(checkpoint, config, family, described.shape, notes);
  const vocabularySize = tensors.find(({ name }) => name === 'token_embd.weight')?.dims[1] ?? 0;
  const vocabulary = await readVocabulary(folder, {
    ...{ size: vocabularySize, preSplit: options.preSplit, config: whole },
  });
  notes.push(...vocabulary.notes);
  const metadata = new Map<string, TypedValue>([
    ['general.architecture', text(family.architecture)],
    ['general.type', text('model')],
    ['general.name', text(basename(resolve(folder)))],
    ...(await licenceOf(folder)),
    ...described.metadata,
    [`${family.architecture}.vocab_size`, u32(vocabularySize)],
    ...vocabulary.metadata,
  ]);
  return { metadata, tensors: [...described.tensors, ...tensors], notes };
}

/** Where text and images are described apart, the text's part with the defaults of its class. */
function textConfig(whole: JsonObject, family: Family): JsonObject {
  const inner = whole.value('text_config');
  if (inner === undefined) return whole;
  const defaults = family.architecture === 'gemma3' ? GEMMA3_DEFAULTS : {};
  return new JsonObject('config.json, text_config', { ...defaults, ...(inner as object) });
}

/** Of Gemma3TextConfig: a nested configuration leaves out what equals them. */
const GEMMA3_DEFAULTS = {
  ...{ vocab_size: 262208, hidden_size: 2304, intermediate_size: 9216, num_hidden_layers: 26 },
  ...{ num_attention_heads: 8, num_key_value_heads: 4, head_dim: 256, sliding_window: 4096 },
  ...{ max_position_embeddings: 131072, rms_norm_eps: 1e-6, query_pre_attn_scalar: 256 },
  ...{ rope_theta: 1e6, rope_local_base_freq: 1e4, tie_word_embeddings: true },
};

interface Described {
  readonly metadata: ReadonlyMap<string, TypedValue>;
  readonly tensors: readonly UntypedTensor[];
  readonly shape: Shape & { readonly kvHeads: number };
}

function describe(config: JsonObject, family: Family, notes: string[]): Described {
  refuseVariants(config);
  const width = config.needSize('hidden_size');
  const heads = config.needSize('num_attention_heads');
  const kvHeads = config.size('num_key_value_heads') ?? heads;
  const layers = config.needSize('num_hidden_layers');
  const ownDimension = config.size('head_dim');
  const headDimension = ownDimension ?? width / heads;
  const shape = { width, heads, kvHeads, layers, headDimension };
  const rope = readRope(config, headDimension, family.ropeBase);
  notes.push(...rope.notes);
  const keys = new Map<string, TypedValue>([
    ['context_length', u32(contextOf(config, family, notes))],
    ['embedding_length', u32(width)],
    ['block_count', u32(layers)],
    ['feed_forward_length', u32(config.needSize('intermediate_size'))],
    ['attention.head_count', u32(heads)],
    ['attention.head_count_kv', u32(kvHeads)],
    ['attention.layer_norm_rms_epsilon', f32(config.number('rms_norm_eps') ?? 1e-6)],
    ['rope.dimension_count', u32(Math.trunc(headDimension * rope.share))],
    ['rope.freq_base', f32(rope.base)],
  ]);
  if (ownDimension !== undefined) {
    keys.set('attention.key_length', u32(ownDimension));
    keys.set('attention.value_length', u32(ownDimension));
  }
  if (rope.localBase !== undefined && family.architecture === 'gemma3') {
    keys.set('rope.freq_base_swa', f32(rope.localBase));
  }
  for (const [key, value] of family.read?.(config, shape) ?? []) keys.set(key, value);
  for (const [key, value] of rope.metadata) keys.set(key, value);
  const metadata = new Map<string, TypedValue>();
  for (const [key, value] of keys) metadata.set(`${family.architecture}.${key}`, value);
  return { metadata, shape, tensors: rope.tensors };
}

/** What would change the numbers and has no place in the file. */
function refuseVariants(config: JsonObject): void {
  const activation = config.string('hidden_activation') ?? config.string('hidden_act') ?? 'silu';
  if (!['silu', 'gelu_pytorch_tanh', 'gelu'].includes(activation)) {
    throw convertError('not-convertible', `${config.file}: activation ${quoted(activation)}`);
  }
  for (const key of ['num_local_experts', 'num_experts']) {
    if ((config.size(key) ?? 0) > 0) {
      throw convertError('not-convertible', `${config.file}: mixtures of experts (${key})`);
    }
  }
}

/** Positions; where readers know no window for this architecture, those that it does not reach. */
function contextOf(config: JsonObject, family: Family, notes: string[]): number {
  const context = config.needSize('max_position_embeddings');
  const window = config.size('sliding_window');
  const isUsed = config.boolean('use_sliding_window') !== false;
  if (family.hasWindows || window === undefined || window >= context || !isUsed) return context;
  notes.push(
    `attention sees ${window} positions back, which files of ${family.architecture} cannot say: ` +
      `the context is cut from ${context} to ${window}, where both are the same`,
  );
  return window;
}

function placeAll(
  checkpoint: ReadonlyMap<string, SourceTensor>,
  config: JsonObject,
  family: Family,
  shape: Described['shape'],
  notes: string[],
): UntypedTensor[] {
  const heads = { query: shape.heads, key: shape.kvHeads };
  const found = new Map<string, UntypedTensor>();
  let imageCount = 0;
  for (const tensor of checkpoint.values()) {
    const placed = placeTensor(family, tensor.name);
    if (placed.kind === 'image') imageCount += 1;
    if (placed.kind === 'unknown') {
      throw convertError(
        'not-convertible',
        `the tensor ${quoted(tensor.name)} is no part of ${family.architecture} as it is known here`,
      );
    }
    if (placed.kind !== 'named') continue;
    const { name } = placed;
    if (name === 'output.weight' && isTied(config, tensor)) continue;
    if (found.has(name)) {
      throw convertError('bad-checkpoint', `${quoted(tensor.name)} would be a second ${name}`);
    }
    checkType(tensor);
    const changes = changesOf(family, name, heads);
    checkHeads(tensor, changes.permutedHeads);
    const values = { kind: 'tensor', tensor, ...changes } as const;
    found.set(name, { name, dims: tensor.dims, values });
  }
  if (imageCount > 0) notes.push(`${imageCount} tensors for images are left out; text remains`);
  checkComplete(found, shape.layers);
  return inOrder(found);
}

function isTied(config: JsonObject, tensor: SourceTensor): boolean {
  if (tensor.sameAs !== undefined) return true;
  return config.boolean('tie_word_embeddings') ?? false;
}

function checkType({ name, type, foreignType, dims }: SourceTensor): void {
  const isFloat = ['F32', 'F16', 'BF16', 'F64'].includes(type);
  if (isFloat && foreignType === undefined && dims.length <= 2 && !dims.includes(0)) return;
  throw convertError(
    'not-convertible',
    `the tensor ${quoted(name)} is ${foreignType ?? type} of shape ${[...dims].reverse().join(' x ')}; ` +
      'expected a vector or matrix of floats (a model that is quantised already is not read)',
  );
}

function checkHeads({ name, dims }: SourceTensor, heads: number | undefined): void {
  if (heads === undefined || (dims.length === 2 && dims[1] % (2 * heads) === 0)) return;
  throw convertError(
    'bad-checkpoint',
    `the tensor ${quoted(name)} has ${dims[1] ?? 1} rows for ${heads} heads`,
  );
}

/** Every layer has what the first one has, and the ends are there. */
function checkComplete(found: ReadonlyMap<string, UntypedTensor>, layers: number): void {
  const first = [...found.keys()].filter((name) => name.startsWith('blk.0.'));
  const wanted = ['token_embd.weight', 'output_norm.weight'];
  for (let i = 0; i < layers; i += 1) {
    wanted.push(...first.map((name) => name.replace('blk.0.', `blk.${i}.`)));
  }
  const missing = wanted.filter((name) => !found.has(name));
  const layered = [...found.keys()].filter((name) => name.startsWith('blk.')).length;
  if (first.length === 0) missing.push('blk.0');
  if (missing.length > 0) {
    throw convertError(
      'bad-checkpoint',
      `the weights lack ${missing.length} tensors, among them ${missing[0]}; fetch all files`,
    );
  }
  if (layered !== first.length * layers) {
    throw convertError(
      'bad-checkpoint',
      `the weights have ${layered} tensors in layers; expected ${layers} times ${first.length}`,
    );
  }
}

/** Embedding, layers by number, ends: as files of llama.cpp have it. */
function inOrder(found: ReadonlyMap<string, UntypedTensor>): UntypedTensor[] {
  const rank = (name: string): number => {
    const [, layer] = /^blk\.(\d+)\./.exec(name) ?? [];
    if (layer !== undefined) return Number(layer);
    return name.startsWith('token_embd') ? -1 : Number.POSITIVE_INFINITY;
  };
  const names = [...found.keys()];
  const order = new Map(names.map((name, i) => [name, i]));
  names.sort((a, b) => {
    const [first, second] = [rank(a), rank(b)];
    return first === second ? (order.get(a) as number) - (order.get(b) as number) : first - second;
  });
  return names.map((name) => found.get(name) as UntypedTensor);
}

/** The `license:` of the model card. */
async function licenceOf(folder: string): Promise<[string, TypedValue][]> {
  const card = (await readBounded(join(folder, 'README.md')))?.toString('utf8') ?? '';
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? '';
  const licence = /^license:[ \t]*["']?([A-Za-z0-9._+-]{1,100})["']?[ \t]*$/m.exec(front)?.[1];
  return licence === undefined ? [] : [['general.license', text(licence)]];
}
