/** Release gate: what a repository must pass before it ships. */
export {
  type EslintReport,
  type LintFoldErrorCode,
  type LintFoldIo,
  type PythonReport,
  type PythonTool,
  runLintFold,
} from './lint-fold/index.ts';
