import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runLintFold } from './command.ts';
import { BACKUP_PATH } from './files/manifest.ts';
import { parseOptions } from './options.ts';

/** `cwd` and what `make` does are inside the folder that `files` fill. */
async function lintFold(
  files: Readonly<Record<string, string>>,
  args: readonly string[],
  { cwd = '', make = () => {} }: { cwd?: string; make?: (root: string) => void } = {},
) {
  const root = mkdtempSync(join(tmpdir(), 'lint-fold-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  make(root);
  let stdout = '';
  let stderr = '';
  const code = await runLintFold(args, {
    cwd: join(root, cwd),
    env: { ...process.env, XDG_STATE_HOME: join(tmpdir(), 'no-such-state') },
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  rmSync(root, { recursive: true });
  return { code, stdout, stderr };
}

test('help names every option', async () => {
  const { code, stdout } = await lintFold({}, ['--help']);
  assert.equal(code, 0);
  for (const flag of [
    '--exact',
    '--unify',
    '--dry-run',
    '--write',
    '--undo',
    '--allow-js',
    '--ruff',
  ]) {
    assert.ok(stdout.includes(flag), flag);
  }
});

test('mistakes on the command line say what to do and exit with 2', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['--unifi'], /unknown option --unifi\. Did you mean --unify\?/],
    [['--exact', '--unify'], /expected one of --exact, --unify, got all of them/],
    [['--write', '--undo'], /expected one of --write, --undo/],
    [['--only', 'go'], /--only: expected eslint or python, got "go"/],
    [['--ext', '.js,*'], /--ext: expected extensions like \.js,\.jsx/],
    [['--force'], /--force goes with --undo only/],
    [['a', 'b'], /expected one folder, got 2/],
    [['no-such-folder'], /expected a folder, got .*no-such-folder/],
  ];
  for (const [args, message] of cases) {
    const told = await lintFold({}, args);
    assert.equal(told.code, 2, args.join(' '));
    assert.match(told.stderr, message);
    assert.equal(told.stderr.trim().split('\n').length, 1, 'one line');
  }
});

test('the default is a dry run of the exact mode', () => {
  const { action, mode, folder } = parseOptions([]);
  assert.deepEqual([action, mode, folder], ['dry-run', 'exact', '.']);
  assert.deepEqual(parseOptions(['--ext', '.js, jsx,.d.ts']).extensions, ['js', 'jsx', 'd.ts']);
});

test('a repository without configurations could not run, which is not a pass', async () => {
  const { code, stderr } = await lintFold({ 'package.json': '{}' }, []);
  assert.equal(code, 2);
  assert.match(stderr, /expected lint configurations below .*, found none/);
});

test('JavaScript configurations are refused before any tool is looked for', async () => {
  const { code, stderr } = await lintFold({ 'a/.eslintrc.cjs': 'process.exit(9)' }, []);
  assert.equal(code, 2);
  assert.match(stderr, /a\/\.eslintrc\.cjs: JavaScript configurations are programs/);
});

test('a repository without ESLint is told how to name one', async () => {
  const { code, stderr } = await lintFold({ '.eslintrc': '{}' }, []);
  assert.equal(code, 2);
  assert.match(stderr, /expected ESLint in .*found none.*--eslint-before DIR/);
});

test('a flat configuration that is there is never overwritten', async () => {
  const { code, stderr } = await lintFold({ '.eslintrc': '{}', 'eslint.config.js': '' }, []);
  assert.equal(code, 2);
  assert.match(stderr, /expected no flat configuration yet, found eslint\.config\.js/);
});

test('a folder in the place of the file that would be written is named', async () => {
  for (const [files, args, name] of [
    [{ '.eslintrc': '{}', 'eslint.config.mjs/x': '' }, [], 'eslint.config.mjs'],
    [{ 'a/.flake8': '[flake8]\n', 'pyproject.toml/x': '' }, ['--python', 'no'], 'pyproject.toml'],
  ] as const) {
    const { code, stderr } = await lintFold(files, args);
    assert.equal(code, 2);
    assert.match(stderr, new RegExp(`error: ${name} is in the way: expected a file or nothing`));
  }
});

test('paths of options are relative to where the command is given', async () => {
  const files = { 'a/.eslintrc': '{}', 'a/.flake8': '[flake8]\n', 'tools/package.json': '{}' };
  const before = await lintFold(files, ['a', '--eslint-before', 'tools']);
  assert.match(before.stderr, /expected ESLint in \S*\/lint-fold-\w+\/tools, found none/);
  const python = await lintFold(files, ['a', '--only', 'python', '--python', './py']);
  assert.match(python.stderr, /cannot start \S*\/lint-fold-\w+\/py:/);
});

test('a second write speaks of the backup, whatever is left to fold', async () => {
  const make = (root: string) => mkdirSync(join(root, BACKUP_PATH), { recursive: true });
  const trees: Record<string, string>[] = [{}, { '.eslintrc': '{}', 'eslint.config.mjs': '' }];
  for (const files of trees) {
    const { code, stderr } = await lintFold(files, ['--write'], { make });
    assert.equal(code, 2);
    assert.match(stderr, /expected no earlier backup, found .*Take that run back with --undo/);
    const dry = await lintFold(files, [], { make });
    assert.match(dry.stderr, /An earlier --write is in place: --undo takes it back\.\n$/);
  }
});

test('a backup that came with the repository is not used', async () => {
  const { code, stderr } = await lintFold({}, ['--undo'], {
    make: (root) => {
      mkdirSync(join(root, BACKUP_PATH), { recursive: true });
      const manifest = { version: 2, entries: [{ path: 'x', before: null, after: null }] };
      writeFileSync(join(root, BACKUP_PATH, 'manifest.json'), JSON.stringify(manifest));
    },
  });
  assert.equal(code, 2);
  assert.match(stderr, /expected a backup that you made here.*--trust-backup/);
});

test('a configuration that is a pipe or leads nowhere is no configuration', async () => {
  const { code, stderr } = await lintFold({}, [], {
    make: (root) => {
      symlinkSync('nowhere', join(root, '.eslintrc'));
      symlinkSync('package.json', join(root, 'package.json'));
      assert.equal(spawnSync('mkfifo', [join(root, 'setup.cfg')]).status, 0);
    },
  });
  assert.equal(code, 2);
  assert.match(stderr, /found none .*\.eslintrc, package\.json, setup\.cfg: no files/);
});

test('a pipe or a device that a linter would read for ever is refused by name', async () => {
  const files = { 'setup.cfg': '[flake8]\nmax-line-length = 90\n', 'm.py': 'x = 1\n' };
  const { code, stderr } = await lintFold(files, [], {
    make: (root) => symlinkSync('/dev/null', join(root, 'p.py')),
  });
  assert.equal(code, 2);
  assert.match(stderr, /p\.py is in the way: expected a file, not a pipe or device/);
});
