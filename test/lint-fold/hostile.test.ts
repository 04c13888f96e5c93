/** Repositories that nobody checked: nothing of them runs, nothing of them is lost. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import type { EslintReport, PythonReport } from '../../src/gate/index.ts';
import { SLOPPY_PYTHON } from './cases/python.ts';
import { makeVenv } from './venv.ts';
import { lintFold, makeWorkspace, snapshot } from './workspace.ts';

let python: string;

before(async () => {
  python = await makeVenv();
});

async function fold(root: string, args: readonly string[], env: Record<string, string> = {}) {
  const told = await lintFold(root, ['--json', '--python', python, ...args], env);
  const report = told.code === 2 ? undefined : JSON.parse(told.stdout);
  return { ...told, report: report as { python: PythonReport; eslint: EslintReport } };
}

test('sections, comments and line ends of the rest survive a fold of setup.cfg', async () => {
  const rest =
    '[metadata]\r\nname = caf\u00e9\r\n\r\n# about the options\r\n[options]\r\nx =\r\n  [flake8]\r\n  y\r\n';
  using workspace = makeWorkspace(undefined, {
    'setup.cfg': `# ours\r\n[flake8]\r\ndocstring-quotes = """\r\n# why: Black\r\nmax-line-length = 90\r\n\r\n${rest}`,
    'pyproject.toml': '[project] # x\r\nname = "x"\r\n\r\n\r\n',
    'a/.flake8': '# licence\n[flake8]\ndocstring-quotes = """\nmax-line-length = 90\n',
    'm.py': SLOPPY_PYTHON,
    'a/m.py': SLOPPY_PYTHON,
  });
  const { root } = workspace;
  const untouched = snapshot(root);
  const { code, report, stderr } = await fold(root, ['--write']);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(join(root, 'setup.cfg'), 'utf8'), `# ours\r\n\r\n${rest}`);
  const toml = readFileSync(join(root, 'pyproject.toml'), 'utf8');
  assert.ok(toml.startsWith('[project] # x\r\nname = "x"\r\n\r\n\r\n[tool.flake8]\r\n'), toml);
  assert.ok(!/[^\r]\n/.test(toml), 'line ends of the file');
  assert.ok(!existsSync(join(root, 'a/.flake8')));
  assert.deepEqual(report.python.comments, ['setup.cfg: # why: Black', 'a/.flake8: # licence']);
  assert.equal((await lintFold(root, ['--undo'])).code, 0);
  assert.deepEqual(snapshot(root), untouched);
});

/** A module that leaves a trace when it runs. */
const traceIn = (root: string) =>
  `open(${JSON.stringify(join(root, 'ran'))}, 'a').write(__name__)\n`;

test('no module of the repository runs, from wherever Python might take it', async () => {
  using workspace = makeWorkspace(undefined, {
    'pyproject.toml': '[tool.black]\nline-length = 100\n[tool.isort]\nprofile = "black"\n',
    '.flake8': '[flake8]\nmax-line-length = 100\n',
    'a/.flake8': '[flake8]\nmax-line-length = 100\n',
    'a/m.py': SLOPPY_PYTHON,
  });
  const { root } = workspace;
  const names = ['tomllib', 'black', 'flake8', 'isort', 'json', 'configparser', 'sitecustomize'];
  names.push('runpy', 'uvloop', 'colorama', 'multiprocessing', 'encodings', 'os', 'argparse');
  for (const name of names) {
    for (const folder of ['', 'a/'])
      writeFileSync(join(root, `${folder}${name}.py`), traceIn(root));
  }
  const before = snapshot(root);
  for (const args of [[], ['--ruff']]) {
    const told = await fold(root, args, {
      PYTHONPATH: `${root}:.:a`,
      PATH: `.:${process.env.PATH}`,
    });
    assert.notEqual(told.code, 2, told.stderr);
    assert.deepEqual(snapshot(root), before);
  }
});

test("Flake8's local plug-ins run with consent only", async () => {
  using workspace = makeWorkspace(undefined, {
    'setup.cfg':
      '[flake8]\nmax-line-length = 100\n\n[flake8:local-plugins]\nextension =\n  X1 = plug:Check\npaths = ./tools\n',
    'm.py': 'x = 1\n',
  });
  const { root } = workspace;
  mkdirSync(join(root, 'tools'));
  writeFileSync(
    join(root, 'tools/plug.py'),
    `${traceIn(root)}class Check:\n    name, version = 'x', '1'\n    def __init__(self, tree): pass\n` +
      "    def run(self): yield 1, 0, 'X100 found', type(self)\n",
  );
  const refused = await fold(root, []);
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /tools\/plug\.py is code.*--allow-python/);
  assert.ok(!existsSync(join(root, 'ran')));
  const allowed = await fold(root, ['--allow-python']);
  assert.notEqual(allowed.code, 2, allowed.stderr);
  assert.equal(allowed.report.python.tools[0]?.before[0]?.code, 'X100');
  assert.ok(existsSync(join(root, 'ran')));
});

test('options of Flake8 that hide its findings or write a file do neither', async () => {
  using workspace = makeWorkspace(undefined, {
    'a/.flake8':
      '[flake8]\nquiet = 2\noutput-file = ../stolen.txt\ntee = true\nshow-source = true\nformat = pylint\n',
    'a/m.py': SLOPPY_PYTHON,
  });
  const { root } = workspace;
  const before = snapshot(root);
  const { code, report, stderr } = await fold(root, []);
  assert.notEqual(code, 2, stderr);
  assert.ok((report.python.tools[0]?.before.length ?? 0) > 3);
  assert.deepEqual(report.python.tools[0]?.before, report.python.tools[0]?.after);
  assert.deepEqual(snapshot(root), before);
});

test('Black settings as an inline table are folded, and a stop of Black is no clean run', async () => {
  using workspace = makeWorkspace(undefined, {
    'a/pyproject.toml': '[tool]\nblack = {line-length = 100}\nother = {x = 1}\n',
    'b/pyproject.toml': '[tool.black]\nline-length = 100\n',
    'a/m.py': SLOPPY_PYTHON,
    'b/m.py': SLOPPY_PYTHON,
  });
  const { root } = workspace;
  const { code, stderr } = await fold(root, ['--write']);
  assert.equal(code, 0, stderr);
  assert.equal(readFileSync(join(root, 'a/pyproject.toml'), 'utf8'), '[tool]\nother = {x = 1}\n');
  assert.ok(!existsSync(join(root, 'b/pyproject.toml')));
  assert.equal((await lintFold(root, ['--undo'])).code, 0);
  writeFileSync(join(root, 'b/pyproject.toml'), '[tool.black]\nrequired-version = "1"\n');
  const stopped = await fold(root, []);
  assert.equal(stopped.code, 2);
  assert.match(stopped.stderr, /black could not run/);
});

test('links: one that leads nowhere is named, one out of the repository stays what it is', async () => {
  using workspace = makeWorkspace(undefined, {
    'a/pyproject.toml': '[tool.black]\nline-length = 100\n',
    'a/.flake8': '[flake8]\nmax-line-length = 100\n',
    'a/m.py': SLOPPY_PYTHON,
  });
  using outside = makeWorkspace(undefined, { 'x.py': SLOPPY_PYTHON });
  const { root } = workspace;
  symlinkSync('nowhere.py', join(root, 'a/gone.py'));
  symlinkSync('m.py', join(root, 'a/same.py'));
  symlinkSync(join(outside.root, 'x.py'), join(root, 'a/out.py'));
  const { code, report, stderr } = await fold(root, []);
  assert.equal(code, 0, stderr);
  assert.deepEqual(report.python.skipped, ['a/gone.py']);
  for (const { changedFiles } of report.python.tools) assert.deepEqual(changedFiles, []);
});

test('eslint: code of the repository is refused and the message says how to allow it', async () => {
  using workspace = makeWorkspace(undefined, { 'x.js': 'var a = 1\n' });
  const { root } = workspace;
  const code = 'require("fs").writeFileSync("ran", "")\n';
  for (const [file, says] of [
    ['p.js', /p\.js is code of the repository; give --allow-js/],
    ['p.cjs', /p\.cjs is code of the repository; give --allow-js/],
    ['p.mjs', /p\.mjs is invalid.*reads \.js and \.cjs only/],
  ] as const) {
    writeFileSync(join(root, file), code);
    writeFileSync(
      join(root, '.eslintrc.json'),
      JSON.stringify({ root: true, extends: `./${file}` }),
    );
    const told = await lintFold(root, []);
    assert.equal(told.code, 2);
    assert.match(told.stderr, says);
  }
  for (const file of ['p.cjs', 'p.node']) {
    writeFileSync(join(root, file), code);
    writeFileSync(
      join(root, '.eslintrc.json'),
      JSON.stringify({ root: true, parser: `./${file}` }),
    );
    const told = await lintFold(root, []);
    assert.equal(told.code, 2);
    assert.match(told.stderr, /is code of the repository; give --allow-js/, file);
  }
  assert.ok(!existsSync(join(root, 'ran')));
});

/** Loads a file of the repository in a thread and waits for it, as plug-ins with formatters do. */
const THREADED = `
const { Worker } = require('node:worker_threads');
module.exports = { rules: { threaded: { create: () => {
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(require.resolve('./thread.js'), { workerData: flag });
  worker.on('error', () => {});
  Atomics.wait(flag, 0, 0, 5000);
  return {};
} } } };
`;
const THREAD = `
const { workerData } = require('node:worker_threads');
try {
  require(process.cwd() + '/settings.cjs');
} finally {
  Atomics.store(workerData, 0, 1);
  Atomics.notify(workerData, 0);
}
`;

test('eslint: a plug-in that loads code of the repository in a thread is stopped there', async () => {
  using workspace = makeWorkspace(undefined, {
    '.eslintrc.json': '{"root": true, "plugins": ["threads"], "rules": {"threads/threaded": 2}}',
    'settings.cjs': 'require("fs").writeFileSync(__dirname + "/ran", "")\n',
    'x.js': 'var a = 1\n',
    'node_modules/eslint-plugin-threads/index.js': THREADED,
    'node_modules/eslint-plugin-threads/thread.js': THREAD,
    'node_modules/eslint-plugin-threads/package.json': '{"name": "eslint-plugin-threads"}',
  });
  const { root } = workspace;
  await lintFold(root, []);
  assert.ok(!existsSync(join(root, 'ran')));
  const allowed = await lintFold(root, ['--allow-js']);
  assert.notEqual(allowed.code, 2, allowed.stderr);
  assert.ok(existsSync(join(root, 'ran')));
});

test('eslint: a plug-in that goes on without the module that was refused is no clean run', async () => {
  using workspace = makeWorkspace(undefined, {
    '.eslintrc.json': JSON.stringify({
      root: true,
      plugins: ['import'],
      parserOptions: { ecmaVersion: 2020, sourceType: 'module' },
      rules: { 'import/no-unresolved': 2 },
      settings: { 'import/resolver': { './find.js': {} } },
    }),
    'find.js':
      'exports.interfaceVersion = 2; exports.resolve = () => ({ found: true, path: null });\n',
    'm.js': "import './x.js';\n",
  });
  const refused = await fold(workspace.root, []);
  assert.equal(refused.code, 2, refused.stdout);
  assert.match(refused.stderr, /find\.js is code of the repository; give --allow-js/);
  const { code, report } = await fold(workspace.root, ['--allow-js']);
  assert.equal(code, 0);
  assert.equal(report.eslint.before.errorCount, 0);
});

test('eslint: the diff is in the JSON report; bytes of package.json that are not UTF-8 stay', async () => {
  using workspace = makeWorkspace(undefined, { 'a/x.js': 'var a = 1\n' });
  const { root } = workspace;
  const text = '{"author": "caf\u00e9", "eslintConfig": {"rules": {"semi": 2}}}\n';
  writeFileSync(join(root, 'a/package.json'), Buffer.from(text, 'latin1'));
  const { code, stdout, stderr } = await lintFold(root, ['--json', '--diff', '--write']);
  assert.equal(code, 0, stderr);
  assert.match((JSON.parse(stdout) as { diff: string }).diff, /^\+\+\+ b\/eslint\.config\.mjs$/m);
  assert.equal(readFileSync(join(root, 'a/package.json'), 'latin1'), '{"author": "caf\u00e9"}\n');
});

test('a folder left in place is left out by its path, not wherever its name occurs', async () => {
  using workspace = makeWorkspace(undefined, {
    '.flake8': '[flake8]\nmax-line-length = 100\n',
    'tests/.flake8': '[flake8]\nmax-line-length = 80\n',
    'tests/m.py': 'x = 1\n',
    'a/tests/m.py': 'x = 1\n',
  });
  const { code, report, stdout, stderr } = await fold(workspace.root, ['--write']);
  assert.equal(code, 1, stderr);
  const [flake8] = report.python.tools;
  assert.deepEqual(
    flake8?.left.map(({ folder }) => folder),
    ['tests'],
  );
  assert.deepEqual(flake8?.differing, [], stdout);
  const toml = readFileSync(join(workspace.root, 'pyproject.toml'), 'utf8');
  assert.match(toml, /extend-exclude = \["\.\/tests"\]/);
});

test('files with odd names keep their ignores', async () => {
  const odd = 'a/o d,d:[x]*.py';
  using workspace = makeWorkspace(undefined, {
    '.flake8': '[flake8]\nignore = E1\n',
    'a/.flake8': '[flake8]\nignore = E1,E401,F401\n',
    'a/b/.flake8': '[flake8]\nignore = E1\n',
    'a/b/tox.ini': '[flake8]\nignore = E1\n',
    'a/b/setup.cfg': '[isort]\nprofile = black\n',
    'a/b/.isort.cfg': '[settings]\nprofile = black\n',
    'a/b/m.py': 'import os, sys\n',
    [odd]: 'import os, sys\n',
    'm.py': 'import os, sys\n',
  });
  const { code, report, stderr } = await fold(workspace.root, []);
  assert.equal(code, 0, stderr);
  const [flake8] = report.python.tools;
  assert.deepEqual(report.python.neverRead, [
    'a/b/.flake8: flake8 reads tox.ini there',
    'a/b/setup.cfg: isort reads .isort.cfg there',
  ]);
  assert.deepEqual([...new Set(flake8?.after.map(({ file }) => file))], ['a/b/m.py', 'm.py']);
});

test('a file that is not looked at any more is listed, findings or not', async () => {
  using workspace = makeWorkspace(undefined, {
    'a/.flake8': '[flake8]\nmax-line-length = 100\nexclude = ../b/m.py\n',
    'b/.flake8': '[flake8]\nmax-line-length = 100\n',
    'a/m.py': 'x = 1\n',
    'b/m.py': 'x = 1\n',
  });
  const { code, report, stderr } = await fold(workspace.root, []);
  assert.equal(code, 1, stderr);
  const [flake8] = report.python.tools;
  assert.deepEqual(
    flake8?.differing.map(({ before, after, files }) => [before, after, files]),
    [['checked', 'left out', ['b/m.py']]],
  );
});

test('a committed node_modules or virtual environment is code of the repository', async () => {
  const eslint = '{"name": "eslint", "version": "8.57.1", "main": "index.js"}';
  const leave = 'require("fs").writeFileSync(__dirname + "/ran", "")\n';
  using workspace = makeWorkspace(undefined, {
    '.eslintrc.json': '{}',
    'x.js': 'var a = 1\n',
    'own/package.json': eslint,
    'own/index.js': leave,
    'b/.eslintrc.json': '{}',
    'b/x.js': '',
    'b/node_modules/eslint/package.json': eslint,
    'b/node_modules/eslint/index.js': leave,
    '.flake8': '[flake8]\n',
    'm.py': '',
    '.venv/bin/python': '#!/bin/sh\ntouch ran\n',
  });
  const { root } = workspace;
  chmodSync(join(root, '.venv/bin/python'), 0o755);
  spawnSync('git', ['init', '--quiet'], { cwd: root });
  spawnSync('git', ['add', '--force', 'b', '.venv'], { cwd: root });
  rmSync(join(root, 'node_modules/eslint'));
  symlinkSync('../own', join(root, 'node_modules/eslint'));
  for (const [folder, only, says] of [
    ['b', 'eslint', /node_modules is committed.*--allow-js/],
    ['', 'eslint', /own is no installed package.*--allow-js/],
    ['', 'python', /\.venv is committed.*--allow-python/],
  ] as const) {
    const told = await lintFold(join(root, folder), ['--only', only]);
    assert.equal(told.code, 2);
    assert.match(told.stderr, says);
  }
  // A preset in a committed node_modules, for an ESLint that was named.
  const named = ['--only', 'eslint', '--eslint-before', join(root, 'node_modules/eslint-9')];
  writeFileSync(join(root, 'b/.eslintrc.json'), '{"root": true, "extends": "own"}');
  mkdirSync(join(root, 'b/node_modules/eslint-config-own'));
  writeFileSync(join(root, 'b/node_modules/eslint-config-own/index.js'), leave);
  const preset = await lintFold(join(root, 'b'), [...named, '--eslint-after', named[3] as string]);
  assert.equal(preset.code, 2);
  assert.match(preset.stderr, /eslint-config-own\/index\.js is code of the repository/);
  for (const place of ['own', 'b/node_modules/eslint', 'b/node_modules/eslint-config-own', '.']) {
    assert.ok(!existsSync(join(root, place, 'ran')));
  }
});

test('names that every object has are settings like any other', async () => {
  const names = '{"__proto__": {"a": 1}, "constructor": {"b": 1}, "toString": 1}';
  using workspace = makeWorkspace(undefined, {
    '.eslintrc.json': `{"settings": ${names}, "parserOptions": ${names}, "rules": {
      "__proto__": 2, "constructor": 2,
      "valid-jsdoc": [2, {"prefer": {"__proto__": "x", "constructor": "class"}}]}}`,
    'a.js': '/** @constructor */\nfunction a() {}\n',
  });
  const told = await lintFold(workspace.root, ['--diff']);
  assert.equal(told.code, 0, told.stderr + told.stdout);
  assert.match(told.stdout, /proof {3}1 of 1 file: the same effective settings/);
  assert.match(told.stdout, /prefer: \{ \['__proto__'\]: 'x', constructor: 'class' \}/);
});
