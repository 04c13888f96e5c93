/** What is to be written: metadata and tensors, each with where its values come from. */
import type { TypedValue } from '../engine/gguf/index.ts';
import type { QuantizedType } from './quantize/index.ts';
import type { SourceTensor } from './source/tensor-source.ts';

export interface PlannedTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: PlannedValues;
  /** Decided before anything is written; a type of the source that is kept as it is, as well. */
  readonly type: SourceTensor['type'];
}

export type PlannedValues =
  | {
      readonly kind: 'tensor';
      readonly tensor: SourceTensor;
      /** Heads whose rows go from halves to neighbours: rows i and i + D/2 become 2i and 2i + 1. */
      readonly permutedHeads?: number;
      /** Added to every value. */
      readonly added?: number;
    }
  /** Few values that no file has. */
  | { readonly kind: 'given'; readonly values: Float32Array };

export interface ConversionPlan {
  readonly metadata: ReadonlyMap<string, TypedValue>;
  readonly tensors: readonly PlannedTensor[];
  /** What the reader should know, one line each. */
  readonly notes: readonly string[];
}

/** Typed values, short. */
export const text = (value: string): TypedValue => ({ type: 'string', value });
export const u32 = (value: number): TypedValue => ({ type: 'u32', value });
export const f32 = (value: number): TypedValue => ({ type: 'f32', value: Math.fround(value) });
export const bool = (value: boolean): TypedValue => ({ type: 'bool', value });

export type { QuantizedType };
