/** A model folder of transformers -> what is to be written. */
import { basename, join, resolve } from 'node:path';
import type { TypedValue } from '../../engine/gguf/index.ts';
import { convertError, quoted } from '../errors.ts';
import { f32, text, u32 } from '../plan.ts';
import type { OpenFiles, SourceTensor } from '../source/tensor-source.ts';
import type { UntypedPlan, UntypedTensor } from '../typed-plan.ts';
import { readVocabulary } from '../vocabulary/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { ENCODERS, type Encoder, encoderKeys, placeInEncoder } from './encoders.ts';
import { changesOf, type Family, familyOf, placeTensor } from './families.ts';
import { JsonObject, readBounded, readJson } from './json-file.ts';
import { type Placed, type Placement, placeAll } from './placing.ts';
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
  const notes: string[] = [];
  const encoder = encoderOf(whole);
  const described =
    encoder === undefined
      ? await describeDecoder(whole, notes)
      : await describeEncoder(encoder, whole, folder);
  const { architecture } = described.placement;
  const placed = placeAll(await readCheckpoint(folder, files), described.placement, notes);
  const vocabularySize = placed.find(({ name }) => name === 'token_embd.weight')?.dims[1] ?? 0;
  const vocabulary = await readVocabulary(folder, {
    ...{ size: vocabularySize, preSplit: options.preSplit, config: whole },
  });
  notes.push(...vocabulary.notes);
  const metadata = new Map<string, TypedValue>([
    ['general.architecture', text(architecture)],
    ['general.type', text('model')],
    ['general.name', text(basename(resolve(folder)))],
    ...(await licenceOf(folder)),
    ...[...described.keys].map(([key, value]) => [`${architecture}.${key}`, value] as const),
    [`${architecture}.vocab_size`, u32(vocabularySize)],
    ...vocabulary.metadata,
  ]);
  const types = encoder === undefined ? undefined : whole.size('type_vocab_size');
  if (types !== undefined) metadata.set('tokenizer.ggml.token_type_count', u32(types));
  return { metadata, tensors: [...described.tensors, ...placed], notes };
}

interface Described {
  /** Metadata after the prefix. */
  readonly keys: ReadonlyMap<string, TypedValue>;
  /** Tensors that no file has. */
  readonly tensors: readonly UntypedTensor[];
  readonly placement: Placement;
}

async function describeEncoder(
  encoder: Encoder,
  config: JsonObject,
  folder: string,
): Promise<Described> {
  const { architecture } = encoder;
  const keys = await encoderKeys(encoder, config, folder);
  const layers = config.needSize('num_hidden_layers', 'n_layer');
  const ends = ['token_embd.weight', 'token_embd_norm.weight', 'token_embd_norm.bias'];
  const place = ({ name }: SourceTensor): Placed => {
    const own = placeInEncoder(encoder, name);
    if (own === undefined) return { kind: 'unknown' };
    return own === null ? { kind: 'left-out' } : { kind: 'named', name: own };
  };
  return { keys, tensors: [], placement: { architecture, layers, ends, place } };
}

function encoderOf(config: JsonObject): Encoder | undefined {
  const [name] = config.list('architectures') ?? [];
  return ENCODERS.find(({ classes }) => classes.includes(String(name)));
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

async function describeDecoder(whole: JsonObject, notes: string[]): Promise<Described> {
  const family = familyOf(whole);
  const config = textConfig(whole, family);
  refuseVariants(config);
  const width = config.needSize('hidden_size');
  const heads = config.needSize('num_attention_heads');
  const kvHeads = config.size('num_key_value_heads') ?? heads;
  const layers = config.needSize('num_hidden_layers');
  const ownDimension = config.size('head_dim');
  const headDimension = ownDimension ?? width / heads;
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
  const more = family.read?.(config, { width, layers, heads, headDimension });
  for (const [key, value] of [...(more ?? []), ...rope.metadata]) keys.set(key, value);
  const { architecture } = family;
  const ends = ['token_embd.weight', 'output_norm.weight'];
  const place = (tensor: SourceTensor): Placed => {
    const placed = placeTensor(family, tensor.name);
    if (placed.kind !== 'named') return placed;
    if (placed.name === 'output.weight' && isTied(config, tensor)) return { kind: 'left-out' };
    return { ...placed, changes: changesOf(family, placed.name, { query: heads, key: kvHeads }) };
  };
  return { keys, tensors: rope.tensors, placement: { architecture, layers, ends, place } };
}

function isTied(config: JsonObject, tensor: SourceTensor): boolean {
  if (tensor.sameAs !== undefined) return true;
  return config.boolean('tie_word_embeddings') ?? false;
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

/** The `license:` of the model card. */
async function licenceOf(folder: string): Promise<[string, TypedValue][]> {
  const card = (await readBounded(join(folder, 'README.md')))?.toString('utf8') ?? '';
  const front = /^---\r?\n([\s\S]*?)\r?\n---/.exec(card)?.[1] ?? '';
  const licence = /^license:[ \t]*["']?([A-Za-z0-9._+-]{1,100})["']?[ \t]*$/m.exec(front)?.[1];
  return licence === undefined ? [] : [['general.license', text(licence)]];
}
