export * from './api.ts';
export { createToolCallParser } from './chat/index.ts';
export { type MeasurableEngine, NUMERICS_VERSION, type OnLogits, openEngine } from './engine.ts';
export {
  checkFits,
  type KernelReport,
  measureReadBandwidth,
  testKernels,
} from './worker/index.ts';
