export { activationBytes } from './activations.ts';
export { floatToHalf, halfToFloat } from './half.ts';
export {
  columnMultiple,
  fileRowBytes,
  formOf,
  isWeightType,
  pack,
  packedBytes,
  WEIGHT_TYPES,
  type WeightType,
} from './layout.ts';
export { expF32, expF64, geluErfF32, logF64, roundTiesToEven, sinCosF64 } from './math.ts';
export { ABORTED, CONTROL, FAULT, HEAP_START, initializeMemory } from './memory-map.ts';
export {
  ATTENTION_TILE_ROWS,
  attentionScratchBytes,
  type Form,
  OpList,
  PAGE_POSITIONS,
  RECORD_BYTES,
  type RowsCall,
  type Source,
} from './ops.ts';
export { buildSelfTest, passesSelfTest, Random, randomWeights } from './self-test.ts';
export {
  bindModule,
  bindReference,
  createMemory,
  type Kernels,
  type KernelVariant,
} from './wasm.ts';
