/**
 * The architectures: which classes of transformers they are, what their configuration says in
 * GGUF's keys beyond what all say, and what happens to which tensor. Names and keys are
 * llama.cpp's.
 */
import type { TypedValue } from '../../engine/gguf/index.ts';
import { convertError } from '../errors.ts';
import { f32, u32 } from '../plan.ts';
import { ENCODERS } from './encoders.ts';
import type { JsonObject } from './json-file.ts';
import type { Changes, Placed } from './placing.ts';

export interface Family {
  /** `general.architecture`, and the prefix of its keys. */
  readonly architecture: string;
  readonly classes: readonly string[];
  /** Base of the rotation when the configuration has none. */
  readonly ropeBase: number;
  /** Queries and keys are permuted so that neighbours pair. */
  readonly isPermuted?: boolean;
  /** Norms are stored as their difference from 1. */
  readonly normsAddOne?: boolean;
  /** post_attention_layernorm stands behind attention, not before the feed-forward. */
  readonly hasPostNorms?: boolean;
  /** attention.sliding_window says something to readers of this architecture. */
  readonly hasWindows?: boolean;
  /** Keys after the prefix. */
  read?(config: JsonObject, shape: Shape): ReadonlyMap<string, TypedValue>;
}

export interface Shape {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  readonly headDimension: number;
}

export const FAMILIES: readonly Family[] = [
  {
    architecture: 'llama',
    classes: ['LlamaForCausalLM', 'MistralForCausalLM'],
    ropeBase: 10000,
    isPermuted: true,
  },
  { architecture: 'qwen2', classes: ['Qwen2ForCausalLM'], ropeBase: 10000 },
  { architecture: 'qwen3', classes: ['Qwen3ForCausalLM'], ropeBase: 10000 },
  {
    architecture: 'gemma2',
    classes: ['Gemma2ForCausalLM'],
    ...{ ropeBase: 10000, normsAddOne: true, hasPostNorms: true, hasWindows: true },
    read: (config, shape) => {
      checkQueryScale(config, shape, 46);
      return new Map([
        ['attn_logit_softcapping', f32(config.number('attn_logit_softcapping') ?? 0)],
        ['final_logit_softcapping', f32(config.number('final_logit_softcapping') ?? 0)],
        ['attention.sliding_window', u32(config.needSize('sliding_window'))],
      ]);
    },
  },
  {
    architecture: 'gemma3',
    classes: ['Gemma3ForCausalLM', 'Gemma3ForConditionalGeneration'],
    ...{ ropeBase: 1e6, normsAddOne: true, hasPostNorms: true, hasWindows: true },
    read: (config, shape) => {
      checkQueryScale(config, shape, 62);
      const keys = new Map([['attention.sliding_window', u32(config.needSize('sliding_window'))]]);
      const softcap = config.number('final_logit_softcapping') ?? 0;
      if (softcap !== 0) keys.set('final_logit_softcapping', f32(softcap));
      const pattern = windowPattern(config, shape.layers);
      if (pattern !== undefined) keys.set('attention.sliding_window_pattern', pattern);
      return keys;
    },
  },
  {
    architecture: 'phi3',
    classes: ['Phi3ForCausalLM'],
    ...{ ropeBase: 10000, hasWindows: true },
    read: (config) =>
      new Map([
        // 0: none; readers that find no key take a width of their own.
        ['attention.sliding_window', u32(config.size('sliding_window') ?? 0)],
        [
          'rope.scaling.original_context_length',
          u32(config.needSize('original_max_position_embeddings', 'max_position_embeddings')),
        ],
      ]),
  },
  {
    architecture: 'granite',
    classes: ['GraniteForCausalLM'],
    ...{ ropeBase: 10000, isPermuted: true },
    read: (config) => {
      const keys = new Map<string, TypedValue>();
      for (const [key, name] of [
        ['embedding_multiplier', 'embedding_scale'],
        ['attention_multiplier', 'attention.scale'],
        ['residual_multiplier', 'residual_scale'],
        ['logits_scaling', 'logit_scale'],
      ]) {
        keys.set(name, f32(config.number(key) ?? 1));
      }
      return keys;
    },
  },
  { architecture: 'olmo2', classes: ['Olmo2ForCausalLM'], ropeBase: 10000, hasPostNorms: true },
];

/** @throws VitrineError not-convertible */
export function familyOf(config: JsonObject): Family {
  const [name] = config.list('architectures') ?? [];
  const found = FAMILIES.find(({ classes }) => classes.includes(String(name)));
  if (found !== undefined) return found;
  const known = [...FAMILIES, ...ENCODERS].flatMap(({ classes }) => classes).join(', ');
  throw convertError(
    'not-convertible',
    `${config.file}: architectures is ${JSON.stringify(name ?? 'missing')}; converted are ${known}`,
  );
}

/** GGUF has no key for the scale of Gemma's queries: readers derive it from the shape. */
function checkQueryScale(config: JsonObject, shape: Shape, largestLayers: number): void {
  const { width, heads, layers, headDimension } = shape;
  const derived = layers === largestLayers ? width / heads : headDimension;
  const given = config.number('query_pre_attn_scalar') ?? derived;
  if (given === derived) return;
  throw convertError(
    'not-convertible',
    `${config.file}: query_pre_attn_scalar is ${given}; readers of GGUF take ${derived} for a ` +
      'model of this shape, and no key says otherwise',
  );
}

/** Which layers have a window, where that is not five of six. */
function windowPattern(config: JsonObject, layers: number): TypedValue | undefined {
  const types = config.list('layer_types');
  const period = config.size('sliding_window_pattern', '_sliding_window_pattern') ?? 6;
  const isWindowed = Array.from({ length: layers }, (_, i) =>
    types === undefined ? i % period !== period - 1 : types[i] === 'sliding_attention',
  );
  if (isWindowed.every((each, i) => each === (i % 6 !== 5))) return undefined;
  return { type: 'array', elementType: 'bool', value: isWindowed };
}

const PARTS: Readonly<Record<string, string>> = {
  'self_attn.q_proj': 'attn_q',
  'self_attn.k_proj': 'attn_k',
  'self_attn.v_proj': 'attn_v',
  'self_attn.qkv_proj': 'attn_qkv',
  'self_attn.o_proj': 'attn_output',
  'self_attn.q_norm': 'attn_q_norm',
  'self_attn.k_norm': 'attn_k_norm',
  'mlp.gate_proj': 'ffn_gate',
  'mlp.up_proj': 'ffn_up',
  'mlp.gate_up_proj': 'ffn_up',
  'mlp.down_proj': 'ffn_down',
  input_layernorm: 'attn_norm',
  pre_feedforward_layernorm: 'ffn_norm',
  post_feedforward_layernorm: 'post_ffw_norm',
};

const WHOLE: Readonly<Record<string, string>> = {
  'embed_tokens.weight': 'token_embd.weight',
  'norm.weight': 'output_norm.weight',
  'lm_head.weight': 'output.weight',
};

/** Tables that readers compute themselves. */
const LEFT_OUT = /(rotary_emb\.inv_freq|\.attention\.(bias|masked_bias))$/;
/** What belongs to images in a model that also reads text. */
const IMAGES = /^(model\.)?(vision_tower|multi_modal_projector|vision_model)\./;

/** The name of a tensor of transformers in GGUF. */
export function placeTensor(family: Family, name: string): Placed {
  if (LEFT_OUT.test(name)) return { kind: 'left-out' };
  if (IMAGES.test(name)) return { kind: 'image' };
  const short = name.replace(/^(model\.)?language_model\./, '').replace(/^model\./, '');
  if (Object.hasOwn(WHOLE, short)) return { kind: 'named', name: WHOLE[short] };
  const [, layer, part, kind] = /^layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(short) ?? [];
  if (part === undefined) return { kind: 'unknown' };
  const own =
    part === 'post_attention_layernorm'
      ? family.hasPostNorms
        ? 'post_attention_norm'
        : 'ffn_norm'
      : Object.hasOwn(PARTS, part)
        ? PARTS[part]
        : undefined;
  if (own === undefined) return { kind: 'unknown' };
  return { kind: 'named', name: `blk.${Number(layer)}.${own}.${kind}` };
}

/** What is done to the values of a tensor on their way. */
export function changesOf(
  family: Family,
  name: string,
  heads: { query: number; key: number },
): Changes {
  if (family.isPermuted === true) {
    if (name.endsWith('.attn_q.weight')) return { permutedHeads: heads.query };
    if (name.endsWith('.attn_k.weight')) return { permutedHeads: heads.key };
  }
  return family.normsAddOne === true && name.endsWith('norm.weight') ? { added: 1 } : {};
}
