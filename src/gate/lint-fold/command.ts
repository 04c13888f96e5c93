/** `vitrine gate lint-fold`: options, the two folds, the report, and what is written. */
import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isVitrineError, messageOf } from '../../base/index.ts';
import { type Discovery, discover } from './discover.ts';
import { fail } from './errors.ts';
import { foldEslint } from './eslint/fold.ts';
import { eslintReportText, hasLosses } from './eslint/report.ts';
import { BACKUP_PATH, undoChanges, writeChanges } from './files/backup.ts';
import type { FileChange } from './files/change.ts';
import { unifiedDiff } from './files/unified-diff.ts';
import { HELP, type LintFoldOptions, parseOptions } from './options.ts';
import { foldPython, hasPythonSettings } from './python/fold.ts';
import { hasPythonLosses, pythonReportText } from './python/report.ts';

/** What the command needs of the process it runs in. `process` itself fits, with cwd called. */
export interface LintFoldIo {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  /** Aborted on Ctrl-C: the linters are stopped and nothing is written. */
  readonly signal?: AbortSignal;
}

/** Gives the exit code: 0 folded, nothing lost; 1 something is listed; 2 could not run. */
export async function runLintFold(argv: readonly string[], io: LintFoldIo): Promise<number> {
  try {
    const options = parseOptions(argv);
    if (options.help) {
      io.stdout.write(HELP);
      return 0;
    }
    return await run(options, io);
  } catch (error) {
    if (!isVitrineError(error) && !isSystemError(error)) throw error;
    io.stderr.write(`vitrine: error: ${messageOf(error)}\n`);
    return 2;
  }
}

/** A full disk, a folder without permission: the message names the call and the path. */
function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error && 'code' in error;
}

async function run(options: LintFoldOptions, io: LintFoldIo): Promise<number> {
  const root = rootOf(resolve(io.cwd, options.folder));
  if (options.action === 'undo') {
    const restored = undoChanges(root, options.force);
    io.stdout.write(
      `restored ${restored.length} files:\n${restored.map((path) => `  ${path}\n`).join('')}`,
    );
    return 0;
  }
  const discovery = discover(root);
  const result = await fold(discovery, root, options, io);
  if (options.json) io.stdout.write(`${JSON.stringify(result.reports, null, 2)}\n`);
  else io.stdout.write(result.text);
  if (options.diff && !options.json) io.stdout.write(unifiedDiff(result.changes));
  if (io.signal?.aborted) throw fail('interrupted', 'interrupted; nothing was changed.');
  if (options.action === 'write') {
    writeChanges(root, result.changes);
    io.stderr.write(`written; --undo restores the old state from ${BACKUP_PATH}\n`);
  } else io.stderr.write('dry run: nothing was changed (--write does it, --diff shows it)\n');
  return result.losses ? 1 : 0;
}

interface Folded {
  readonly changes: readonly FileChange[];
  readonly reports: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly losses: boolean;
}

async function fold(
  discovery: Discovery,
  root: string,
  options: LintFoldOptions,
  io: LintFoldIo,
): Promise<Folded> {
  const common = {
    root,
    mode: options.mode,
    environment: io.env,
    progress: (text: string) => void io.stderr.write(`${text}\n`),
    ...(io.signal === undefined ? {} : { signal: io.signal }),
  };
  const hasEslint = discovery.eslintrc.length > 0 && options.only !== 'python';
  const hasPython = options.only !== 'eslint' && hasPythonSettings(root, discovery);
  if (!hasEslint && !hasPython) {
    throw fail(
      'nothing-to-fold',
      `expected lint configurations below ${root}, found none (.eslintrc*, eslintConfig; ` +
        'Black, Flake8 or isort settings).',
    );
  }
  const folded: Folded[] = [];
  if (hasEslint) {
    const { report, changes } = await foldEslint(discovery, {
      ...common,
      allowJs: options.allowJs,
      ...(options.extensions === undefined ? {} : { extensions: options.extensions }),
      ...(options.eslintBefore === undefined ? {} : { eslintBefore: options.eslintBefore }),
      ...(options.eslintAfter === undefined ? {} : { eslintAfter: options.eslintAfter }),
    });
    const text = eslintReportText(report);
    folded.push({ changes, reports: { eslint: report }, text, losses: hasLosses(report) });
  }
  if (hasPython) {
    const { report, changes } = await foldPython(discovery, {
      ...common,
      ruff: options.ruff,
      ...(options.python === undefined ? {} : { python: options.python }),
    });
    const text = pythonReportText(report);
    folded.push({ changes, reports: { python: report }, text, losses: hasPythonLosses(report) });
  }
  return {
    changes: folded.flatMap(({ changes }) => changes),
    reports: Object.assign({}, ...folded.map(({ reports }) => reports)),
    text: folded.map(({ text }) => text).join('\n'),
    losses: folded.some(({ losses }) => losses),
  };
}

/** Real path, since the linters name files by it. */
function rootOf(folder: string): string {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) throw fail('bad-option', `expected a folder, got ${folder}.`);
  return realpathSync(folder);
}
