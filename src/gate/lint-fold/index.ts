export { type LintFoldIo, runLintFold } from './command.ts';
export type { LintFoldErrorCode } from './errors.ts';
export type { EslintReport } from './eslint/fold.ts';
export type { PythonReport } from './python/fold.ts';
export type { Tool as PythonTool } from './python/model.ts';
