export { assert, must } from './assert.ts';
export { formatBytes, toHex } from './bytes.ts';
export {
  booleanSetting,
  DECLARATIONS,
  type Declaration,
  type EnvErrorCode,
  integerSetting,
  readSettings,
  type Setting,
  type Settings,
  stringSetting,
  type VariableName,
} from './env.ts';
export { isVitrineError, messageOf, VitrineError } from './errors.ts';
export { type FolderMaker, makeFolders } from './folders.ts';
export { BODY_BYTES_MAX, WASM_MEMORY_BYTES_MAX } from './limits.ts';
export { editDistance, nearest } from './suggest.ts';
