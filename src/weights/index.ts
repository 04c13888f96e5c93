/**
 * Weights: references, the catalogue, pulling, digests, the lock file, licences (DESIGN section 6).
 * Does not read model files: that is engine/gguf. Does not print: progress goes to a callback.
 */
export {
  BUNDLED_MEMORY_BYTES,
  BUNDLED_NAME,
  type BundledModel,
  bundledModel,
  CATALOGUE,
  type CatalogueModel,
  catalogueModel,
  catalogueNames,
} from './catalogue.ts';
export { sha256OfFile, verifyFile } from './digest.ts';
export {
  failuresOf,
  NoSourceError,
  type SourceFailure,
  type WeightsErrorCode,
  withCommonReason,
} from './errors.ts';
export {
  checkLicence,
  isOsiLicence,
  LICENCE_UNKNOWN,
  type LicenceGround,
  normaliseLicence,
} from './licence.ts';
export { type LockEntries, type LockEntry, lockFilePath, readLockFile } from './lock-file.ts';
export {
  LONG_PATIENCE,
  type OnProgress,
  PATIENCE,
  type Patience,
  type Phase,
  type Progress,
} from './progress.ts';
export type { LocalModel, PullOptions } from './pull.ts';
export {
  formatRef,
  type HubRef,
  type ModelRef,
  type NameRef,
  type PathRef,
  type PipRef,
  parseRef,
  type UrlRef,
} from './refs.ts';
export { pullModel, type ResolveOptions, resolveModel } from './resolve.ts';
export {
  listModels,
  type RemovedModel,
  removeModel,
  type StoredModel,
  storedPaths,
} from './store.ts';
