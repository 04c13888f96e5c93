/** Turns the results of ESLint's Node API (either system) into a `LintRun`. */
import { relative, sep } from 'node:path';
import type { LintRun, Severity, Violation } from './model.ts';

export interface EslintResult {
  readonly filePath: string;
  readonly errorCount: number;
  readonly warningCount: number;
  readonly messages: readonly {
    readonly ruleId: string | null;
    readonly severity: number;
    readonly line?: number;
    readonly column?: number;
    readonly message: string;
  }[];
}

export function lintRun(root: string, results: readonly EslintResult[]): LintRun {
  const files: Record<string, Violation[]> = {};
  let errorCount = 0;
  let warningCount = 0;
  for (const result of results) {
    errorCount += result.errorCount;
    warningCount += result.warningCount;
    files[toRelative(root, result.filePath)] = result.messages.map((message) => ({
      rule: message.ruleId,
      severity: message.severity as Severity,
      line: message.line ?? 0,
      column: message.column ?? 0,
      message: message.message,
    }));
  }
  return { files, errorCount, warningCount };
}

/** Relative to the root, with forward slashes. */
export function toRelative(root: string, path: string): string {
  const result = relative(root, path);
  return sep === '/' ? result : result.split(sep).join('/');
}
