/**
 * Which tensor gets which type: the names of mixtures (`Q4_K_M`) as llama.cpp's `llama-quantize`
 * knows them, and its rules, without an importance matrix and without experts. What is sensitive
 * (the output, values, the down projection, first and last layers) gets more bits.
 */
import { TENSOR_TYPES, type TensorTypeName } from '../../engine/gguf/index.ts';
import { convertError } from '../errors.ts';
import type { QuantizedType } from './index.ts';

export interface Mixture {
  readonly name: string;
  /** What most matrices get. */
  readonly type: QuantizedType;
  /** `general.file_type`. */
  readonly fileType: number;
}

const MIXTURES: readonly Mixture[] = [
  { name: 'F32', type: 'F32', fileType: 0 },
  { name: 'F16', type: 'F16', fileType: 1 },
  { name: 'BF16', type: 'BF16', fileType: 32 },
  { name: 'Q8_0', type: 'Q8_0', fileType: 7 },
  { name: 'Q4_0', type: 'Q4_0', fileType: 2 },
  { name: 'Q4_1', type: 'Q4_1', fileType: 3 },
  { name: 'Q5_0', type: 'Q5_0', fileType: 8 },
  { name: 'Q5_1', type: 'Q5_1', fileType: 9 },
  { name: 'Q2_K', type: 'Q2_K', fileType: 10 },
  { name: 'Q3_K_S', type: 'Q3_K', fileType: 11 },
  { name: 'Q3_K_M', type: 'Q3_K', fileType: 12 },
  { name: 'Q3_K_L', type: 'Q3_K', fileType: 13 },
  { name: 'Q4_K_S', type: 'Q4_K', fileType: 14 },
  { name: 'Q4_K_M', type: 'Q4_K', fileType: 15 },
  { name: 'Q5_K_S', type: 'Q5_K', fileType: 16 },
  { name: 'Q5_K_M', type: 'Q5_K', fileType: 17 },
  { name: 'Q6_K', type: 'Q6_K', fileType: 18 },
  { name: 'IQ4_NL', type: 'IQ4_NL', fileType: 25 },
  { name: 'IQ4_XS', type: 'IQ4_XS', fileType: 30 },
  { name: 'MXFP4', type: 'MXFP4', fileType: 38 },
];

/** Names without a size mean the middle one. */
const SHORT_NAMES: Readonly<Record<string, string>> = {
  Q3_K: 'Q3_K_M',
  Q4_K: 'Q4_K_M',
  Q5_K: 'Q5_K_M',
};

export const MIXTURE_NAMES: readonly string[] = MIXTURES.map(({ name }) => name);

/** @throws VitrineError unknown-type */
export function mixtureNamed(text: string): Mixture {
  const upper = text.toUpperCase();
  const name = SHORT_NAMES[upper] ?? upper;
  const found = MIXTURES.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw convertError(
    'unknown-type',
    `unknown type ${JSON.stringify(text)}; expected one of ${MIXTURE_NAMES.join(', ')}`,
  );
}

export function isFloat(type: TensorTypeName): boolean {
  return type === 'F32' || type === 'F16' || type === 'BF16';
}

/** What the rules look at. */
export interface ModelShape {
  readonly architecture: string;
  readonly layers: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** The embedding is the output too. */
  readonly isTied: boolean;
}

export interface Chosen {
  readonly type: QuantizedType;
  /** The type that the rules wanted, when the columns do not fill its blocks. */
  readonly instead?: QuantizedType;
}

/** Matrices are quantised; vectors, norms, positions and token types stay F32. */
export function isQuantized(name: string, dims: readonly number[]): boolean {
  const matrix = dims.slice(1).some((size) => size > 1);
  return (
    matrix &&
    name.endsWith('weight') &&
    !name.endsWith('_norm.weight') &&
    !['position_embd.weight', 'token_types.weight'].includes(name)
  );
}

/** The type of one matrix. */
export function chooseType(
  mixture: Mixture,
  name: string,
  columns: number,
  shape: ModelShape,
): Chosen {
  if (isFloat(mixture.type)) return { type: mixture.type };
  const wanted = wantedType(mixture, name, columns, shape);
  const type = fitting(wanted, columns);
  return type === wanted ? { type } : { type, instead: wanted };
}

function wantedType(
  mixture: Mixture,
  tensor: string,
  columns: number,
  shape: ModelShape,
): QuantizedType {
  const { type } = mixture;
  const isEmbedding = tensor === 'token_embd.weight';
  if (tensor === 'output.weight' || (shape.isTied && isEmbedding)) {
    const isUneven = columns % TENSOR_TYPES[type].blockElements !== 0;
    return isUneven || type === 'Q8_0' || type === 'MXFP4' ? 'Q8_0' : 'Q6_K';
  }
  const [, number = '', role = ''] = /^blk\.(\d+)\.(\w+)\.weight$/.exec(tensor) ?? [];
  const layer = Number(number);
  if (role === 'attn_v' || role === 'attn_qkv') return valueType(mixture, layer, shape);
  if (role === 'ffn_down') return downType(mixture, layer, shape.layers);
  if (role === 'attn_output') {
    const more: Record<string, QuantizedType> = { Q2_K: 'Q3_K', Q3_K_M: 'Q4_K', Q3_K_L: 'Q5_K' };
    return more[mixture.name] ?? type;
  }
  return type;
}

/** Whole numbers, as in C. */
function eighth(count: number): number {
  return Math.trunc(count / 8);
}

/** The first and last eighth of the layers, and every third between. */
function getsMore(layer: number, layers: number): boolean {
  const first = eighth(layers);
  return layer < first || layer >= eighth(7 * layers) || (layer - first) % 3 === 2;
}

function valueType(mixture: Mixture, layer: number, shape: ModelShape): QuantizedType {
  const { architecture, layers, heads, kvHeads } = shape;
  const isGrouped = heads / kvHeads >= 4;
  const type = ((): QuantizedType => {
    switch (mixture.name) {
      case 'Q2_K':
        return isGrouped ? 'Q4_K' : 'Q3_K';
      case 'Q3_K_M':
        return layer < 2 ? 'Q5_K' : 'Q4_K';
      case 'Q3_K_L':
        return 'Q5_K';
      case 'IQ4_NL':
      case 'IQ4_XS':
        return isGrouped ? 'Q5_K' : mixture.type;
      case 'Q4_K_M':
      case 'Q5_K_M':
        return getsMore(layer, layers) ? 'Q6_K' : mixture.type;
      case 'Q4_K_S':
        return layer < 4 ? 'Q5_K' : 'Q4_K';
      default:
        return mixture.type;
    }
  })();
  // Llama 2 and 3 of 70B: the values are an eighth of the queries, more bits cost little.
  const isLarge = architecture === 'llama' && layers === 80 && heads !== kvHeads;
  return isLarge && (type === 'Q3_K' || type === 'Q4_K') ? 'Q5_K' : type;
}

function downType(mixture: Mixture, layer: number, layers: number): QuantizedType {
  const isFirst = layer < eighth(layers);
  switch (mixture.name) {
    case 'Q2_K':
      return 'Q3_K';
    case 'Q3_K_M':
      return layer < Math.trunc(layers / 16) ? 'Q5_K' : 'Q4_K';
    case 'Q3_K_L':
      return 'Q5_K';
    case 'Q4_K_M':
    case 'Q5_K_M':
      return getsMore(layer, layers) ? 'Q6_K' : mixture.type;
    case 'Q4_K_S':
    case 'IQ4_NL':
    case 'IQ4_XS':
      return isFirst ? 'Q5_K' : mixture.type;
    default:
      return mixture.type;
  }
}

/** What stands in for types of 256 elements where the columns do not fill such blocks. */
const FALLBACKS: Partial<Record<QuantizedType, QuantizedType>> = {
  Q2_K: 'Q4_0',
  Q3_K: 'Q4_0',
  Q4_K: 'Q5_0',
  Q5_K: 'Q5_1',
  Q6_K: 'Q8_0',
  IQ4_XS: 'IQ4_NL',
};

function fitting(type: QuantizedType, columns: number): QuantizedType {
  const fits = (each: QuantizedType) => columns % TENSOR_TYPES[each].blockElements === 0;
  if (fits(type)) return type;
  const fallback = FALLBACKS[type] ?? type;
  return fits(fallback) ? fallback : 'F16';
}
