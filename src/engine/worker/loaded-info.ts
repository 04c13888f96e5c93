/** What the engine is told about a model that was loaded. */
import { isEncoder } from '../model/index.ts';
import type { LoadedModel } from './load-model.ts';
import type { FromCoordinator } from './protocol.ts';

export function describeLoaded(loaded: LoadedModel, loadMs: number): FromCoordinator {
  const { model, header, digest, fileBytes, kernels, team } = loaded;
  const tensorTypes: Record<string, number> = {};
  let parameterCount = 0;
  let tensorBytes = 0;
  for (const tensor of model.weights.all) {
    tensorTypes[tensor.type] = (tensorTypes[tensor.type] ?? 0) + 1;
    parameterCount += tensor.N * tensor.K;
    tensorBytes += tensor.sizeBytes;
  }
  const { config, plan } = model;
  return {
    type: 'loaded',
    metadata: header.metadata,
    info: {
      ...{ digest, fileBytes, parameterCount, tensorTypes, tensorBytes, loadMs },
      architecture: config.architecture,
      contextTokens: plan.contextTokens,
      trainedContextTokens: config.trainedContextTokens,
      vocabularySize: config.vocabularySize,
      memoryBytes: plan.totalBytes,
      kernels: kernels.variant,
      kernelDigest: kernels.digest,
      threads: team.workers,
      slotCount: plan.sequenceCount,
      embedding:
        isEncoder(model) && config.encoder !== undefined
          ? { pooling: config.encoder.pooling, dimensions: config.width }
          : undefined,
    },
  };
}
