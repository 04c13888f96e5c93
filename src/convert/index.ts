/**
 * Conversion: a model folder of transformers, a PyTorch checkpoint beside its configuration, or a
 * GGUF file -> a GGUF file of any type that the engine computes. Files are read as data: no code in
 * them runs, pickles included. docs/convert.md.
 */
export { type ConversionResult, type ConvertOptions, convert } from './convert.ts';
export type { ConvertErrorCode } from './errors.ts';
export { QUANTIZED_TYPES, type QuantizedType, quantize } from './quantize/index.ts';
export { MIXTURE_NAMES } from './quantize/mixtures.ts';
