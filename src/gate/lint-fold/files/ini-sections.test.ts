import assert from 'node:assert/strict';
import { test } from 'node:test';
import { iniSectionNames, removeIniSections } from './ini-sections.ts';

const without = (text: string, ...names: string[]) => removeIniSections(text, names).text;

test('an INI section goes, the others keep their bytes and line ends', () => {
  const text =
    '[metadata]\r\nname = x ; [flake8]\r\n\r\n[flake8]\r\nignore =\r\n    E1\r\n\r\n[x]\r\n';
  assert.equal(without(text, 'flake8'), '[metadata]\r\nname = x ; [flake8]\r\n\r\n[x]\r\n');
});

test('triple quotes are three characters in an INI file', () => {
  const text = '[flake8]\ndocstring-quotes = """\n\n[metadata]\nname = x\n\n[options]\na = 1\n';
  assert.equal(without(text, 'flake8'), '[metadata]\nname = x\n\n[options]\na = 1\n');
});

test('a line that is indented deeper than its option is a value, though it looks like a header', () => {
  const text = '[options]\nx =\n  a\n  [flake8]\n  b\n[flake8]\nignore = E1\n[y]\n';
  assert.deepEqual(iniSectionNames(text), ['options', 'flake8', 'y']);
  assert.equal(without(text, 'flake8'), '[options]\nx =\n  a\n  [flake8]\n  b\n[y]\n');
  assert.deepEqual(iniSectionNames('[a]\nx = 1\n[b] ; why\n'), ['a', 'b']);
});

test('comments above the next section stay, those of the section are named', () => {
  const text =
    '# the file\n[flake8] \nignore =\n  E1\n  # W503 is noise\n# Black says so\nmax = 1\n\n' +
    '# about x\n; and more\n[x]\na = 1\n';
  const { text: left, comments } = removeIniSections(text, ['flake8']);
  assert.equal(left, '# the file\n\n# about x\n; and more\n[x]\na = 1\n');
  assert.deepEqual(comments, ['# W503 is noise', '# Black says so']);
});

test('the last section goes with the blank line above it; nothing left is an empty text', () => {
  assert.equal(without('[a]\nx = 1\n\n[flake8]\ny = 1', 'flake8'), '[a]\nx = 1\n');
  assert.equal(without('[flake8]\ny = 1\n\n', 'flake8'), '');
  assert.equal(without('[a]\nx = 1\n', 'flake8'), '[a]\nx = 1\n');
});

test('a byte order mark, lone carriage returns and bytes of any encoding stay', () => {
  const mark = '\u00ef\u00bb\u00bf';
  assert.equal(
    without(`${mark}[flake8]\ny = 1\n[a]\nb = \u00e9\u00a0\n`, 'flake8'),
    `${mark}[a]\nb = \u00e9\u00a0\n`,
  );
  assert.equal(without('[flake8]\ry = 1\r[a]\r', 'flake8'), '[a]\r');
});

test('a long line, or many blank ones, takes no time', () => {
  const long = `[a]\nx = ${' '.repeat(1_000_000)}y\n${'\n'.repeat(1_000_000)}[flake8]\n`;
  assert.deepEqual(iniSectionNames(long), ['a', 'flake8']);
  assert.equal(without(long, 'flake8').length, long.indexOf('y') + 2);
});
