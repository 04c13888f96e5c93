export { type LintFoldIo, runLintFold } from './command.ts';
export type { LintFoldErrorCode } from './errors.ts';
