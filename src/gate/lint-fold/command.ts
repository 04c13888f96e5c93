/** `vitrine gate lint-fold`: options, the two folds, the report, and what is written. */
import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isVitrineError, messageOf } from '../../base/index.ts';
import { type Discovery, discover, expectNoPipes } from './discover.ts';
import { fail, isLintFoldError, LintFoldError } from './errors.ts';
import { foldEslint } from './eslint/fold.ts';
import { eslintReportText, hasLosses, plural } from './eslint/report.ts';
import { hasBackup, refuseSecondWrite, undoChanges, writeChanges } from './files/backup.ts';
import type { FileChange } from './files/change.ts';
import { BACKUP_PATH } from './files/manifest.ts';
import { stateFolder } from './files/seal.ts';
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
  const state = stateFolder(io.env);
  if (options.action === 'undo') {
    const { force, trustBackup: trust } = options;
    const { restored, already } = undoChanges(root, { force, trust, state });
    const same = already.length === 0 ? '' : ` (${already.length} were as before already)`;
    const list = restored.map((path) => `  ${path}\n`).join('');
    io.stdout.write(visible(`restored ${plural(restored.length, 'file')}${same}\n${list}`));
    return 0;
  }
  if (options.action === 'write') refuseSecondWrite(root);
  const result = await fold(root, options, io);
  const diff = options.diff ? unifiedDiff(result.changes) : undefined;
  if (options.json) {
    const all = { ...result.reports, ...(diff === undefined ? {} : { diff }) };
    io.stdout.write(`${JSON.stringify(all, null, 2)}\n`);
  } else io.stdout.write(visible(result.text) + (diff ?? ''));
  if (io.signal?.aborted) throw fail('interrupted', 'interrupted; nothing was changed.');
  if (options.action === 'write') {
    writeChanges(root, result.changes, state);
    io.stderr.write(`written; --undo restores the old state from ${BACKUP_PATH}\n`);
  } else io.stderr.write('dry run: nothing was changed (--write does it, --diff shows it)\n');
  return result.losses ? 1 : 0;
}

/** Names of files and comments are the repository's: they cannot steer the terminal. */
function visible(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}]/gu, (char) =>
    char === '\n' || char === '\t' ? char : `\\u{${char.charCodeAt(0).toString(16)}}`,
  );
}

interface Folded {
  readonly changes: readonly FileChange[];
  readonly reports: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly losses: boolean;
}

async function fold(root: string, options: LintFoldOptions, io: LintFoldIo): Promise<Folded> {
  try {
    return await foldBoth(discover(root), root, options, io);
  } catch (error) {
    const isDone = isLintFoldError(error) && DONE_CODES.has(error.code) && hasBackup(root);
    if (!isDone) throw error;
    throw new LintFoldError(
      error.code,
      `${error.message} An earlier --write is in place: --undo takes it back.`,
      { cause: error },
    );
  }
}

/** What a repository that was folded already looks like. */
const DONE_CODES: ReadonlySet<string> = new Set(['nothing-to-fold', 'already-flat']);

async function foldBoth(
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
        `Black, Flake8 or isort settings).${unreadableText(discovery)}`,
    );
  }
  expectNoPipes(root, discovery);
  const folded: Folded[] = [];
  if (hasEslint) {
    const { report, changes } = await foldEslint(discovery, {
      ...common,
      allowJs: options.allowJs,
      ...(options.extensions === undefined ? {} : { extensions: options.extensions }),
      ...here(io.cwd, 'eslintBefore', options.eslintBefore),
      ...here(io.cwd, 'eslintAfter', options.eslintAfter),
    });
    const text = eslintReportText(report);
    folded.push({ changes, reports: { eslint: report }, text, losses: hasLosses(report) });
  }
  if (hasPython) {
    const { report, changes } = await foldPython(discovery, {
      ...common,
      ruff: options.ruff,
      allowPython: options.allowPython,
      // Without a slash it is a name on PATH.
      ...(/[\\/]/.test(options.python ?? '')
        ? here(io.cwd, 'python', options.python)
        : options.python === undefined
          ? {}
          : { python: options.python }),
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

function unreadableText({ unreadable }: Discovery): string {
  return unreadable.length === 0 ? '' : ` ${unreadable.join(', ')}: no files (links to nowhere?).`;
}

function here<Key extends string>(cwd: string, key: Key, path: string | undefined) {
  return (path === undefined ? {} : { [key]: resolve(cwd, path) }) as { [K in Key]?: string };
}

/** Real path, since the linters name files by it. */
function rootOf(folder: string): string {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) throw fail('bad-option', `expected a folder, got ${folder}.`);
  return realpathSync(folder);
}
