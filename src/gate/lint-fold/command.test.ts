import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runLintFold } from './command.ts';
import { parseOptions } from './options.ts';

async function lintFold(files: Readonly<Record<string, string>>, args: readonly string[]) {
  const root = mkdtempSync(join(tmpdir(), 'lint-fold-'));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  let stdout = '';
  let stderr = '';
  const code = await runLintFold(args, {
    cwd: root,
    env: process.env,
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
