export { checkFits, loadModel } from './load-model.ts';
export { type KernelReport, measureReadBandwidth, testKernels } from './machine.ts';
export type {
  EmbedJob,
  EndReason,
  FromCoordinator,
  GenerateJob,
  LoadedInfo,
  LoadOptions,
  ToCoordinator,
} from './protocol.ts';
export { type Coordinator, startCoordinator } from './start.ts';
