export { type ModelConfig, readConfig, SUPPORTED_ARCHITECTURES } from './config.ts';
export type { ModelErrorCode } from './errors.ts';
export { buildForward, type Model, type StepShape } from './forward.ts';
export { type MemoryPlan, type PlanOptions, planMemory } from './memory-plan.ts';
export { fillRopeTable, fillRopeTables } from './rope.ts';
export { readTensors, type Tensor, vocabularySizeOf, type Weights } from './tensors.ts';
