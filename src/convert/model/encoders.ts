/**
 * Encoders for embeddings: BERT (MiniLM, bge, e5 and their kin) and nomic-embed-text as it is
 * published. Names and keys are llama.cpp's; what the embedding of a text does not read (the
 * pooler, heads of training) is left out.
 */
import { join } from 'node:path';
import type { TypedValue } from '../../engine/gguf/index.ts';
import { convertError } from '../errors.ts';
import { bool, f32, u32 } from '../plan.ts';
import { type JsonObject, readJson } from './json-file.ts';

export interface Encoder {
  readonly architecture: 'bert' | 'nomic-bert';
  readonly classes: readonly string[];
  /** Part of a layer -> its name. */
  readonly parts: Readonly<Record<string, string>>;
  readonly whole: Readonly<Record<string, string>>;
  readonly layer: RegExp;
}

const EMBEDDINGS = {
  'embeddings.word_embeddings': 'token_embd',
  'embeddings.token_type_embeddings': 'token_types',
};

export const ENCODERS: readonly Encoder[] = [
  {
    architecture: 'bert',
    classes: ['BertModel', 'BertForMaskedLM'],
    parts: {
      'attention.self.query': 'attn_q',
      'attention.self.key': 'attn_k',
      'attention.self.value': 'attn_v',
      'attention.output.dense': 'attn_output',
      'attention.output.LayerNorm': 'attn_output_norm',
      'intermediate.dense': 'ffn_up',
      'output.dense': 'ffn_down',
      'output.LayerNorm': 'layer_output_norm',
    },
    whole: {
      ...EMBEDDINGS,
      'embeddings.position_embeddings': 'position_embd',
      'embeddings.LayerNorm': 'token_embd_norm',
    },
    layer: /^encoder\.layer\.(\d+)\.(.+)$/,
  },
  {
    architecture: 'nomic-bert',
    classes: ['NomicBertModel'],
    parts: {
      'attn.Wqkv': 'attn_qkv',
      'attn.out_proj': 'attn_output',
      norm1: 'attn_output_norm',
      'mlp.fc11': 'ffn_up',
      'mlp.fc12': 'ffn_gate',
      'mlp.fc2': 'ffn_down',
      norm2: 'layer_output_norm',
    },
    whole: { ...EMBEDDINGS, emb_ln: 'token_embd_norm' },
    layer: /^encoder\.layers\.(\d+)\.(.+)$/,
  },
];

const LEFT_OUT = /^(pooler\.|cls\.|embeddings\.position_ids$)/;

/** The name in GGUF; null: left out; undefined: unknown. */
export function placeInEncoder(encoder: Encoder, name: string): string | null | undefined {
  const short = name
    .replace(/^bert\./, '')
    .replace(/\.gamma$/, '.weight')
    .replace(/\.beta$/, '.bias');
  if (LEFT_OUT.test(short)) return null;
  const [, prefix = '', kind = ''] = /^(.+)\.(weight|bias)$/.exec(short) ?? [];
  if (Object.hasOwn(encoder.whole, prefix)) return `${encoder.whole[prefix]}.${kind}`;
  const [, layer, part = ''] = encoder.layer.exec(prefix) ?? [];
  if (!Object.hasOwn(encoder.parts, part)) return undefined;
  return `blk.${Number(layer)}.${encoder.parts[part]}.${kind}`;
}

/** Keys after the prefix. */
export async function encoderKeys(
  encoder: Encoder,
  config: JsonObject,
  folder: string,
): Promise<ReadonlyMap<string, TypedValue>> {
  refuseVariants(encoder, config);
  const keys = new Map<string, TypedValue>([
    ['context_length', u32(contextOf(config))],
    ['embedding_length', u32(config.needSize('hidden_size', 'n_embd'))],
    ['block_count', u32(config.needSize('num_hidden_layers', 'n_layer'))],
    ['feed_forward_length', u32(config.needSize('intermediate_size', 'n_inner'))],
    ['attention.head_count', u32(config.needSize('num_attention_heads', 'n_head'))],
    [
      'attention.layer_norm_epsilon',
      f32(config.number('layer_norm_eps', 'layer_norm_epsilon') ?? 1e-12),
    ],
    ['attention.causal', bool(false)],
    ['pooling_type', u32(await poolingOf(folder))],
  ]);
  if (encoder.architecture === 'nomic-bert') {
    keys.set('rope.freq_base', f32(config.number('rotary_emb_base') ?? 10000));
  }
  return keys;
}

/** nomic-embed-text names 8192 positions, which it reaches by scaling; it was trained for 2048. */
function contextOf(config: JsonObject): number {
  const positions = config.needSize('max_position_embeddings', 'n_positions');
  return Math.min(positions, config.size('max_trained_positions') ?? positions);
}

function refuseVariants(encoder: Encoder, config: JsonObject): void {
  const wanted: Readonly<Record<string, unknown>> =
    encoder.architecture === 'bert'
      ? { hidden_act: 'gelu', position_embedding_type: 'absolute' }
      : {
          ...{ activation_function: 'swiglu', prenorm: false, causal: false },
          ...{ qkv_proj_bias: false, mlp_fc1_bias: false, mlp_fc2_bias: false },
          ...{ rotary_emb_fraction: 1, rotary_emb_interleaved: false },
        };
  for (const [key, value] of Object.entries(wanted)) {
    const came = config.value(key);
    if (came === undefined || came === value) continue;
    throw convertError(
      'not-convertible',
      `${config.file}: ${key} is ${JSON.stringify(came)}; ${encoder.architecture} in GGUF has ` +
        JSON.stringify(value),
    );
  }
}

const MEAN = 1;
const CLS = 2;

/** As sentence-transformers says it, beside the model; mean when nothing does. */
async function poolingOf(folder: string): Promise<number> {
  const pooling = await readJson(join(folder, '1_Pooling', 'config.json'));
  if (pooling === undefined || pooling.boolean('pooling_mode_mean_tokens') === true) return MEAN;
  if (pooling.boolean('pooling_mode_cls_token') === true) return CLS;
  throw convertError('not-convertible', '1_Pooling/config.json: pooling is neither mean nor CLS');
}
