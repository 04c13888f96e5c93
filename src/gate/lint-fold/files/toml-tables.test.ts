import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addTomlTables, hasTomlTable, removeTomlTable, tomlValues } from './toml-tables.ts';
import { tomlTableText } from './toml-text.ts';

const BLACK = ['tool', 'black'];
const without = (text: string, name: readonly string[] = BLACK) =>
  removeTomlTable('p.toml', text, name).text;

test('a table goes with its sub-tables, whatever the spelling of its header', () => {
  const text =
    '# project\n[project]\nname = "x"\n\n[tool.isort]\nprofile = "black"\n\n' +
    '[ tool . "isort" . sections ] # more\na = 1\n\n[tool.isortish]\nb = 2\n\n[tool.isort.x]\n';
  assert.equal(
    without(text, ['tool', 'isort']),
    '# project\n[project]\nname = "x"\n\n[tool.isortish]\nb = 2\n',
  );
});

test('inline tables and dotted keys are seen and taken out', () => {
  for (const [text, left] of [
    ['[tool]\nblack = {line-length = 100} # why\nother = 1\n', '[tool]\nother = 1\n'],
    ['[tool]\nblack.line-length = 100\nother.x = 1\n', '[tool]\nother.x = 1\n'],
    ['tool.black.line-length = 100\nx = 1\n', 'x = 1\n'],
    ['tool = {a = 1, black = {x = 1}, c = 2}\n', 'tool = {a = 1, c = 2}\n'],
    ['tool = {a = 1, black = {x = 1}}\n', 'tool = {a = 1}\n'],
    ['tool = {black = {x = 1}}\n', 'tool = {}\n'],
  ] as const) {
    assert.ok(hasTomlTable(tomlValues('p', text), BLACK), text);
    assert.equal(without(text), left);
  }
});

test('an array is no header, and a header inside a multi-line string is text', () => {
  const nested = '[a]\nx = [\n  ["tool.black"],\n["b"],\n]\n';
  assert.equal(without(`${nested}\n[tool.black]\ny = [\n[1],\n]\n`), nested);
  const text = "[tool.black]\nexclude = '''\n[tool.other]\n'''\nline-length = 1\n[next]\nx = 1\n";
  assert.equal(without(text), '[next]\nx = 1\n');
  const kept = "[a]\nx = '''\n[tool.black]\n'''\n";
  assert.equal(without(kept), kept);
});

test('comments above the next table and CRLF stay, comments of the table are named', () => {
  const text =
    '[tool.black] # ours\r\n# long lines\r\nx = 1 # one\r\n\r\n# about a\r\n[a]\r\nb = 1\r\n';
  const { text: left, comments } = removeTomlTable('p.toml', text, BLACK);
  assert.equal(left, '# about a\r\n[a]\r\nb = 1\r\n');
  assert.deepEqual(comments, ['# ours', '# long lines', '# one']);
});

test('tables are added with the line ends of the file, and never into an inline table', () => {
  const table = { 'tool.black': { 'line-length': 100 } };
  assert.equal(
    addTomlTables('p', '[a]\r\nb = 1\r\n', table),
    '[a]\r\nb = 1\r\n\r\n[tool.black]\r\nline-length = 100\r\n',
  );
  assert.equal(addTomlTables('p', '', table), '[tool.black]\nline-length = 100\n');
  assert.throws(() => addTomlTables('p', 'tool = {a = 1}\n', table), { code: 'bad-config' });
});

test('a file that is not TOML is refused with its line', () => {
  assert.throws(() => without('a = 1\na = 2\n'), { code: 'bad-config', message: /^p\.toml:2: / });
});

test('a table is written with its types, long lists over several lines', () => {
  const text = tomlTableText('tool.x', {
    a: 'say "hi"',
    b: 3,
    c: true,
    d: ['p', 'q'],
    regex: '\\.py$',
    block: 'x\ny\n',
    none: undefined,
    long: Array.from({ length: 9 }, () => 'abcdefghijkl'),
    inner: { 'k/*': ['E1'] },
  });
  assert.equal(
    text,
    `[tool.x]\na = "say \\"hi\\""\nb = 3\nc = true\nd = ["p", "q"]\nregex = '\\.py$'\n` +
      `block = '''\nx\ny\n'''\nlong = [\n${'  "abcdefghijkl",\n'.repeat(9)}]\n` +
      `\n[tool.x.inner]\n"k/*" = ["E1"]\n`,
  );
});

test('many blank lines take no time', () => {
  const text = `[a]\n${'\n'.repeat(200_000)}b = 1\n\n[tool.black]\nx = 1\n`;
  assert.equal(without(text), text.slice(0, text.indexOf('b = 1') + 6));
});
