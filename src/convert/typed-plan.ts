/** Gives every tensor of a plan its type, by the rules of a mixture or as in the source. */
import type { TypedValue } from '../engine/gguf/index.ts';
import { type ConversionPlan, type PlannedTensor, type PlannedValues, u32 } from './plan.ts';
import {
  chooseType,
  isFloat,
  isQuantized,
  type Mixture,
  type ModelShape,
  mixtureNamed,
} from './quantize/mixtures.ts';

/** A tensor whose type is not decided yet. */
export interface UntypedTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: PlannedValues;
}

export interface UntypedPlan {
  readonly metadata: ReadonlyMap<string, TypedValue>;
  readonly tensors: readonly UntypedTensor[];
  readonly notes: readonly string[];
}

/** `undefined`: matrices keep the type of the source. */
export function typedPlan(plan: UntypedPlan, typeName: string | undefined): ConversionPlan {
  const shape = shapeOf(plan);
  const mixture = typeName === undefined ? prevailing(plan.tensors) : mixtureNamed(typeName);
  const isKept = typeName === undefined;
  const fallbacks = new Map<string, number>();
  const tensors = plan.tensors.map((tensor): PlannedTensor => {
    const source = tensor.values.kind === 'tensor' ? tensor.values.tensor.type : 'F32';
    if (!isQuantized(tensor.name, tensor.dims)) {
      // Small tensors are computed with as they are; what is already F32 stays, the rest becomes
      // it.
      return { ...tensor, type: 'F32' };
    }
    if (isKept && source !== 'F64') return { ...tensor, type: source };
    const { type, instead } = chooseType(mixture, tensor.name, tensor.dims[0], shape);
    if (instead !== undefined) {
      const key = `${instead} -> ${type}`;
      fallbacks.set(key, (fallbacks.get(key) ?? 0) + 1);
    }
    return { ...tensor, type };
  });
  const metadata = new Map(plan.metadata);
  metadata.set('general.file_type', u32(mixture.fileType));
  metadata.set('general.quantization_version', u32(2));
  const notes = [...plan.notes];
  for (const [change, count] of fallbacks) {
    notes.push(`${count} tensors whose columns do not fill blocks of 256: ${change}`);
  }
  return { metadata, tensors, notes };
}

/** The type of most elements of matrices of floats: what a file kept as it is calls itself. */
function prevailing(tensors: readonly UntypedTensor[]): Mixture {
  const elements = new Map<string, number>();
  for (const { values, dims, name } of tensors) {
    if (values.kind !== 'tensor' || !isQuantized(name, dims)) continue;
    const type = isFloat(values.tensor.type) ? values.tensor.type : 'F32';
    const count = dims.reduce((product, dim) => product * dim, 1);
    elements.set(type, (elements.get(type) ?? 0) + count);
  }
  const [first] = [...elements].sort(([, a], [, b]) => b - a);
  return mixtureNamed(first?.[0] ?? 'F32');
}

function shapeOf({ metadata, tensors }: UntypedPlan): ModelShape {
  const architecture = String(metadata.get('general.architecture')?.value ?? '');
  const number = (key: string): number | undefined => {
    const value = metadata.get(`${architecture}.${key}`)?.value;
    return typeof value === 'number' ? value : undefined;
  };
  const heads = number('attention.head_count') ?? 1;
  return {
    ...{ architecture, heads, layers: number('block_count') ?? 1 },
    kvHeads: number('attention.head_count_kv') ?? heads,
    isTied: !tensors.some(({ name }) => name === 'output.weight'),
  };
}
