import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removeSections, tomlTable } from './sections.ts';
import { tomlTableText } from './toml-text.ts';

test('a TOML table goes with its sub-tables, whatever the spelling of its header', () => {
  const text =
    '# project\n[project]\nname = "x"\n\n[tool.isort]\nprofile = "black"\n\n' +
    '[ tool . "isort" . sections ] # more\na = 1\n\n[tool.isortish]\nb = 2\n';
  assert.equal(
    removeSections(text, tomlTable('tool.isort')),
    '# project\n[project]\nname = "x"\n\n[tool.isortish]\nb = 2\n',
  );
});

test('a header inside a multi-line string is text', () => {
  const text = "[tool.black]\nexclude = '''\n[tool.other]\n'''\nline-length = 1\n[next]\nx = 1\n";
  assert.equal(removeSections(text, tomlTable('tool.black')), '[next]\nx = 1\n');
  const kept = "[a]\nx = '''\n[tool.black]\n'''\n";
  assert.equal(removeSections(kept, tomlTable('tool.black')), kept);
});

test('an INI section goes, comments and CRLF of the others stay', () => {
  const text =
    '[metadata]\r\nname = x ; [flake8]\r\n\r\n[flake8]\r\nignore =\r\n    E1\r\n\r\n[x]\r\n';
  assert.equal(
    removeSections(text, (name) => name === 'flake8'),
    '[metadata]\r\nname = x ; [flake8]\r\n\r\n[x]\r\n',
  );
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
