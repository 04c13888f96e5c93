/** Release gate: what a repository must pass before it ships. */
export { type LintFoldErrorCode, type LintFoldIo, runLintFold } from './lint-fold/index.ts';
