/**
 * Real runs of the tools: `black --check`, `flake8`, `isort --check-only`, `ruff check` and
 * `ruff format --check`. A finding is one line of Flake8 or Ruff, or one file the formatter would
 * change. Files a folder does not govern are left out: their own folder's run counts them.
 */
import { posix, relative, sep } from 'node:path';
import { fail } from '../errors.ts';
import { inFolder } from './governed.ts';
import { type Interpreter, lastLine, type Output, runPython } from './interpreter.ts';
import type { Tool } from './model.ts';

export interface Finding {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** E501, F401, ..., or `format` and `imports` for a whole file. */
  readonly code: string;
}

export interface PythonRun {
  readonly findings: readonly Finding[];
  /** Files the tool looked at, where it says so. */
  readonly checked?: readonly string[];
}

/**
 * Runs `tool` in `folder` of `root`. `targets` are relative to the folder. isort is told to take
 * the folder's own settings, since by itself it looks at the place of the first file.
 */
export async function runTool(
  interpreter: Interpreter,
  tool: Tool | 'ruff' | 'ruff format',
  root: string,
  folder: string,
  targets: readonly string[],
): Promise<PythonRun> {
  const cwd = posix.join(root, folder);
  const run = (args: readonly string[]) => runPython(interpreter, cwd, [...args, ...targets]);
  const place = (path: string) => placeOf(root, folder, path);
  if (tool === 'black') {
    // Elsewhere Python starts new interpreters for workers, out of sight of the guard.
    const workers = process.platform === 'linux' ? [] : ['--workers=1'];
    const args = ['black', '--check', '--verbose', '--no-color', ...workers];
    return blackRun(await run(args), place);
  }
  if (tool === 'isort') {
    return isortRun(await run(['isort', '--check-only', '--settings-path', '.']), place);
  }
  if (tool === 'flake8') {
    const format = '--format=%(path)s\t%(row)d\t%(col)d\t%(code)s';
    return flake8Run(await run(['flake8', '--exit-zero', format]), place);
  }
  if (tool === 'ruff format') {
    return ruffFormatRun(await run(['ruff', 'format', '--check', '--no-cache']), place);
  }
  return ruffRun(
    await run(['ruff', 'check', '--output-format=json', '--exit-zero', '--no-cache']),
    place,
  );
}

type Place = (path: string) => string;

function placeOf(root: string, folder: string, path: string): string {
  if (posix.isAbsolute(path)) return relative(root, path).split(sep).join('/');
  return inFolder(folder, path.replace(/^\.\//, ''));
}

function blackRun(output: Output, place: Place): PythonRun {
  if (output.code !== 0 && output.code !== 1 && output.code !== 123) throw broken('black', output);
  const findings: Finding[] = [];
  const checked: string[] = [];
  for (const line of output.stderr.split('\n')) {
    const would = /^would reformat (.+)$/.exec(line)?.[1];
    const well =
      /^(.+) (?:already well formatted, good job|wasn't modified on disk since last run)\.$/.exec(
        line,
      )?.[1];
    const cannot = /^error: cannot format (.+?): /.exec(line)?.[1];
    const path = would ?? well ?? cannot;
    if (path === undefined) continue;
    checked.push(place(path));
    const code = cannot === undefined ? 'format' : 'cannot format';
    if (well === undefined) findings.push({ file: place(path), line: 0, column: 0, code });
  }
  const told = [...output.stderr.matchAll(/(\d+) files? would (?:be reformatted|fail to)/g)];
  const count = told.reduce((sum, [, number]) => sum + Number(number), 0);
  // Also when a setting stops Black: it ends with 1, as it does when it has something to say.
  if (count !== findings.length || (count === 0) !== (output.code === 0)) {
    throw broken('black', output);
  }
  return { findings, checked };
}

function isortRun(output: Output, place: Place): PythonRun {
  if (output.code !== 0 && output.code !== 1) throw broken('isort', output);
  const lines = `${output.stdout}\n${output.stderr}`.matchAll(
    /^ERROR: (.+?) Imports are incorrectly/gm,
  );
  const findings = [...lines].map(([, path = '']) => ({
    file: place(path),
    line: 0,
    column: 0,
    code: 'imports',
  }));
  if (findings.length === 0 && output.stderr.includes('Traceback')) throw broken('isort', output);
  return { findings };
}

function flake8Run(output: Output, place: Place): PythonRun {
  if (output.code !== 0) throw broken('flake8', output);
  const findings = output.stdout.split('\n').flatMap((text): Finding[] => {
    const [path, row, column, code] = text.split('\t');
    if (path === undefined || code === undefined || !/^\d+$/.test(row ?? '')) return [];
    return [{ file: place(path), line: Number(row), column: Number(column), code }];
  });
  return { findings };
}

interface RuffFinding {
  readonly filename: string;
  readonly code: string | null;
  readonly location: { readonly row: number; readonly column: number };
}

function ruffRun(output: Output, place: Place): PythonRun {
  if (output.code !== 0) throw broken('ruff', output);
  const found = JSON.parse(output.stdout) as RuffFinding[];
  const findings = found.map(({ filename, code, location }) => ({
    file: place(filename),
    line: location.row,
    column: location.column,
    code: code ?? 'syntax',
  }));
  return { findings };
}

function ruffFormatRun(output: Output, place: Place): PythonRun {
  if (output.code !== 0 && output.code !== 1) throw broken('ruff format', output);
  // Older Ruff: "Would reformat: a.py"; newer: " --> a.py:4:1" below each heading.
  const lines = output.stdout.matchAll(/^(?:Would reformat: (.+)|\s*--> (.+?)(?::\d+)*)$/gm);
  const findings = [...lines].map(([, older, newer]) => ({
    file: place(older ?? newer ?? ''),
    line: 0,
    column: 0,
    code: 'format',
  }));
  const count = Number(/^(\d+) files? would be reformatted/m.exec(output.stdout)?.[1] ?? 0);
  if (count !== findings.length) {
    const told = `it says ${count} files, ${findings.length} were read from its output`;
    throw fail('tool-failed', `ruff format: ${told}.`);
  }
  return { findings };
}

function broken(tool: string, output: Output) {
  const hint = output.stdout.includes('No module named') ? output.stdout : lastLine(output);
  return fail('tool-failed', `${tool} could not run: ${hint}`);
}
