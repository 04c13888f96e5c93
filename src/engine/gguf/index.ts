export { HEADER_BYTES_MAX } from './byte-reader.ts';
export { DEQUANTIZED_TYPES, dequantize } from './dequantize.ts';
export type { GgufErrorCode } from './errors.ts';
export { bfloatToFloat, floatToHalf, halfToFloat } from './half.ts';
export {
  type GgufHeader,
  type GgufHeaderResult,
  HEADER_BYTES_FIRST,
  parseGgufHeader,
  readGgufHeader,
} from './header.ts';
export {
  type Metadata,
  type MetadataArray,
  type MetadataScalar,
  type MetadataType,
  type MetadataValue,
  metadataBoolean,
  metadataNumber,
  metadataNumbers,
  metadataString,
  metadataStrings,
  type NumberArray,
  type TypedArrayValue,
  type TypedScalar,
  type TypedValue,
} from './metadata.ts';
export { findNonFinite } from './non-finite.ts';
export {
  joinSplit,
  parseSplitName,
  type SplitName,
  type SplitPart,
  splitPartNames,
} from './split.ts';
export type { TensorInfo } from './tensor-table.ts';
export {
  TENSOR_TYPES,
  type TensorType,
  type TensorTypeName,
  tensorBytes,
  tensorType,
  tensorTypeName,
} from './tensor-types.ts';
export {
  type GgufHead,
  type TensorShape,
  type TensorToWrite,
  type WriteOptions,
  writeGguf,
  writeGgufHead,
} from './write.ts';
