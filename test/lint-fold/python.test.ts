/** Every Python case of the corpus with Black, Flake8, isort and Ruff from PyPI. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { PythonReport, PythonTool as Tool } from '../../src/gate/index.ts';
import type { PythonCase } from './cases/case.ts';
import { PYTHON, SLOPPY_PYTHON } from './cases/python.ts';
import { makeVenv } from './venv.ts';
import { lintFold, makeWorkspace, run, snapshot } from './workspace.ts';

let python: string;

before(async () => {
  python = await makeVenv();
});

for (const each of PYTHON) {
  test(`python: ${each.name}`, async () => {
    using workspace = makeWorkspace(undefined, each.files);
    await exact(workspace.root, each);
    await unified(workspace.root, each);
  });
}

async function fold(root: string, mode: string, args: readonly string[] = []) {
  const told = await lintFold(root, [mode, '--json', '--python', python, ...args]);
  assert.notEqual(told.code, 2, told.stderr);
  return { told, report: (JSON.parse(told.stdout) as { python: PythonReport }).python };
}

async function exact(root: string, each: PythonCase): Promise<void> {
  const untouched = snapshot(root);
  const counts = await countsIn(root, each.folders);
  const dry = await fold(root, '--exact');
  assert.deepEqual(snapshot(root), untouched, 'a dry run changes nothing');
  const { told, report } = await fold(root, '--exact', ['--write']);
  const left = each.left ?? {};
  assert.equal(told.code, each.exit ?? (Object.keys(left).length > 0 ? 1 : 0), told.stdout);
  assert.deepEqual(report, dry.report, 'a dry run tells the same');
  for (const tool of report.tools) {
    assert.deepEqual(
      tool.left.map(({ folder }) => folder),
      left[tool.tool] ?? [],
    );
    assert.deepEqual(tool.differing, [], 'effective options, asked of the tool');
    assert.deepEqual(tool.changedFiles, [], 'the same findings, file by file');
    const counted = counts[tool.tool];
    if (counted !== undefined) assert.equal(tool.before.length, counted);
  }
  const pyproject = readFileSync(join(root, 'pyproject.toml'), 'utf8');
  for (const pattern of each.contains ?? []) assert.match(pyproject, pattern);
  for (const pattern of each.lacks ?? []) assert.doesNotMatch(pyproject, pattern);
  // The tools once more, from the root, on what was really written.
  await assertWritten(root, report);
  assert.equal((await lintFold(root, ['--undo'])).code, 0);
  assert.deepEqual(snapshot(root), untouched, 'undo restores every byte');
}

async function unified(root: string, each: PythonCase): Promise<void> {
  const untouched = snapshot(root);
  const { told, report } = await fold(root, '--unify', ['--write']);
  assert.equal(told.code, 0, told.stdout);
  for (const tool of report.tools) {
    assert.deepEqual(tool.left, []);
    assert.deepEqual(tool.differing, [], 'every changed option is listed');
    if (each.left?.[tool.tool] !== undefined) assert.ok(tool.changes.length > 0);
    else if (tool.changes.length === 0) assert.deepEqual(tool.changedFiles, []);
  }
  await assertWritten(root, report);
  assert.equal((await lintFold(root, ['--undo'])).code, 0);
  assert.deepEqual(snapshot(root), untouched, 'undo restores every byte');
}

/** Findings of one plain run per tool from the root, against the report's count after. */
async function assertWritten(root: string, report: PythonReport): Promise<void> {
  for (const tool of report.tools) {
    if (tool.left.length > 0) continue;
    const targets = tool.folded.includes('') ? ['.'] : tool.folded;
    assert.equal(await count(tool.tool, root, targets), tool.after.length, tool.tool);
  }
}

async function countsIn(root: string, folders: PythonCase['folders']) {
  const counts: Partial<Record<Tool, number>> = {};
  for (const [tool, names] of Object.entries(folders) as [Tool, readonly string[]][]) {
    counts[tool] = 0;
    for (const name of names) counts[tool] += await count(tool, join(root, name), ['.']);
  }
  return counts;
}

/** What the tool prints when a person starts it. */
async function count(tool: Tool, cwd: string, targets: readonly string[]): Promise<number> {
  if (tool === 'flake8') {
    const { stdout } = await run(python, ['-m', 'flake8', '--count', ...targets], cwd);
    // The last line is the count; nothing is printed when there is nothing.
    return Number(stdout.trim().split('\n').at(-1));
  }
  if (tool === 'black') {
    const { stderr } = await run(python, ['-m', 'black', '--check', ...targets], cwd);
    return stderr.split('\n').filter((line) => line.startsWith('would reformat')).length;
  }
  // From the folder's own settings, as `isort .` in that folder does.
  const { stderr } = await run(python, ['-m', 'isort', '--check-only', ...targets], cwd);
  return stderr.split('\n').filter((line) => line.startsWith('ERROR:')).length;
}

test('python: into Ruff, with a list of what it does not know', async () => {
  using workspace = makeWorkspace(undefined, {
    'setup.cfg':
      '[flake8]\nmax-line-length = 100\nignore = E203,W503\n\n[isort]\nprofile = google\nforce_grid_wrap = 2\n',
    'pyproject.toml': '[tool.black]\nline-length = 100\nskip-string-normalization = true\n',
    'a/.flake8': '[flake8]\nmax-line-length = 100\nignore = E203,W503,E731\n',
    'm.py': SLOPPY_PYTHON,
    'a/m.py': SLOPPY_PYTHON,
  });
  const { root } = workspace;
  const untouched = snapshot(root);
  const { told, report } = await fold(root, '--exact', ['--ruff', '--write']);
  assert.equal(told.code, 1, 'Ruff finds other things than Flake8, and that is listed');
  const notKept = report.ruff?.notKept.join('\n') ?? '';
  assert.match(notKept, /flake8 ignore W503: Ruff has no such code/);
  assert.match(notKept, /isort force_grid_wrap: no counterpart/);
  assert.match(notKept, /isort profile google/);
  const toml = readFileSync(join(root, 'pyproject.toml'), 'utf8');
  assert.match(toml, /\[tool\.ruff\]\nline-length = 100/);
  assert.match(toml, /"a\/\*\*" = \["E731"\]/);
  assert.match(toml, /quote-style = "preserve"/);
  assert.doesNotMatch(toml, /tool\.black|W503/);
  assert.ok(!existsSync(join(root, 'a/.flake8')));
  const checked = await run(
    python,
    ['-m', 'ruff', 'check', '--no-cache', '--output-format=json', '--exit-zero', '.'],
    root,
  );
  const found = JSON.parse(checked.stdout) as { code: string }[];
  const flake8 = report.tools.find(({ tool }) => tool === 'flake8');
  const isort = report.tools.find(({ tool }) => tool === 'isort');
  assert.equal(flake8?.after.length, found.filter(({ code }) => code !== 'I001').length);
  assert.equal(isort?.after.length, found.filter(({ code }) => code === 'I001').length);
  assert.equal((await lintFold(root, ['--undo'])).code, 0);
  assert.deepEqual(snapshot(root), untouched);
});

test('python: an interpreter that is missing, or lacks the tool, is refused with what to do', async () => {
  using workspace = makeWorkspace(undefined, { '.flake8': '[flake8]\n', 'm.py': '' });
  const { root } = workspace;
  const absent = await lintFold(root, ['--python', 'no-such-python']);
  assert.equal(absent.code, 2);
  assert.match(absent.stderr, /cannot start no-such-python.*--python PATH/);
  await run('python3', ['-m', 'venv', '--without-pip', join(root, '.venv')], root);
  const bare = await lintFold(root, []);
  assert.equal(bare.code, 2);
  assert.match(bare.stderr, /expected flake8 in .*\.venv\/bin\/python, found none/);
});

test('python: files that .editorconfig ruled for isort are listed', async () => {
  const files = {
    '.editorconfig': 'root = true\n[*.py]\nmax_line_length = 120\n',
    'a/.isort.cfg': '[settings]\nline_length = 99\n',
    'a/m.py': 'import os\n',
    'loose.py': 'import os\n',
    'b/loose.py': 'import os\n',
  };
  for (const mode of ['--exact', '--unify']) {
    using workspace = makeWorkspace(undefined, files);
    const { told, report } = await fold(workspace.root, mode);
    assert.equal(told.code, 1);
    const [isort] = report.tools;
    assert.deepEqual(isort?.overridden, [
      {
        ...{ tool: 'isort', folder: '', option: 'line_length', before: 120, after: 99 },
        files: ['b/loose.py', 'loose.py'],
      },
    ]);
    const { stdout } = await lintFold(workspace.root, [mode, '--python', python]);
    assert.match(stdout, /overridden.*\n +line_length 120 -> 99\n +b\/loose\.py\n +loose\.py\n/);
  }
  // Where it says nothing to isort, or the same, nothing is lost.
  for (const text of ['[*.js]\nmax_line_length = 120\n', '[*]\nmax_line_length = 99\n']) {
    using workspace = makeWorkspace(undefined, { ...files, '.editorconfig': text });
    const { told, report } = await fold(workspace.root, '--exact');
    assert.equal(told.code, 0, told.stdout);
    assert.deepEqual(report.tools[0]?.overridden, []);
  }
});
