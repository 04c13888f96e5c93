export { type ModelConfig, readConfig, SUPPORTED_ARCHITECTURES } from './config.ts';
export {
  type AnyModel,
  buildEncoderForward,
  type EncoderModel,
  type EncoderSlice,
  isEncoder,
} from './encoder-forward.ts';
export { type EncoderWeights, readEncoderTensors } from './encoder-tensors.ts';
export type { ModelErrorCode } from './errors.ts';
export { buildForward, type Model, type StepShape } from './forward.ts';
export { type MemoryPlan, type PlanOptions, planMemory } from './memory-plan.ts';
export { type Pooling, pool } from './pooling.ts';
export { fillRopeTable, fillRopeTables } from './rope.ts';
export {
  readTensors,
  type Tensor,
  type TensorSet,
  vocabularySizeOf,
  type Weights,
} from './tensors.ts';
