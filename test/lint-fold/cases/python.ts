/** Black, Flake8 and isort in many folders. */
import type { PythonCase } from './case.ts';

/** Breaks Black, Flake8 and isort at once; long lines of 85 and 95 columns. */
export const SLOPPY_PYTHON = `import sys
import os
import json, re
f = lambda x : x
a = "${'a'.repeat(79)}"
b = "${'b'.repeat(89)}"
print( sys, os,f )
`;

export const PYTHON: readonly PythonCase[] = [
  {
    name: 'Black: two folders that agree become one table',
    files: {
      'a/pyproject.toml': '[tool.black]\nline-length = 100\ntarget-version = ["py311"]\n',
      'b/pyproject.toml':
        '[build-system]\nrequires = ["x"]\n\n[tool.black]\nline-length = 100\ntarget-version = ["py311"]\n',
      'a/m.py': SLOPPY_PYTHON,
      'b/m.py': SLOPPY_PYTHON,
    },
    folders: { black: ['a', 'b'] },
    contains: [/\[tool\.black\]\nline-length = 100\ntarget-version = \["py311"\]/],
  },
  {
    name: 'Black: a folder with another line length stays where it is',
    files: {
      'pyproject.toml': '[tool.black]\nline-length = 100\n',
      'b/pyproject.toml': '[tool.black]\nline-length = 80\n',
      'c/pyproject.toml': '[tool.black]\nline-length = 100\n',
      'm.py': SLOPPY_PYTHON,
      'b/m.py': SLOPPY_PYTHON,
      'c/m.py': SLOPPY_PYTHON,
    },
    folders: {},
    left: { black: ['b'] },
    contains: [/extend-exclude = "\^\/b\/"/],
  },
  {
    name: 'Black: excludes of inner folders, one of them verbose, get the path of the folder',
    files: {
      'a/pyproject.toml': "[tool.black]\nextend-exclude = '^/gen/'\n",
      'b/pyproject.toml':
        "[tool.black]\nextend-exclude = '''\n(\n  old  # not ours\n  | made\\.py\n)\n'''\n",
      'a/gen/m.py': SLOPPY_PYTHON,
      'a/x/gen/m.py': SLOPPY_PYTHON,
      'b/old/m.py': SLOPPY_PYTHON,
      'b/made.py': SLOPPY_PYTHON,
      'b/m.py': SLOPPY_PYTHON,
    },
    folders: { black: ['a', 'b'] },
  },
  {
    name: 'Black: the target version inferred from requires-python counts',
    files: {
      'a/pyproject.toml':
        '[project]\nname = "a"\nrequires-python = ">=3.11"\n\n[tool.black]\nline-length = 90\n',
      'b/pyproject.toml': '[tool.black]\nline-length = 90\n',
      'a/m.py': SLOPPY_PYTHON,
      'a/n.py': SLOPPY_PYTHON,
      'b/m.py': SLOPPY_PYTHON,
    },
    folders: { black: ['a', 'b'] },
    left: { black: ['b'] },
  },
  {
    name: 'Flake8: setup.cfg, tox.ini and .flake8 that differ in what they ignore',
    files: {
      'a/setup.cfg': '[metadata]\nname = a\n\n[flake8]\nignore = E203, W503, E731\n',
      'b/tox.ini': '[tox]\nenvlist = py\n\n[flake8]\nignore =\n    E203\n    W503\n    E401\n',
      'c/.flake8': '[flake8]\nignore = E203,W503\n',
      'a/m.py': SLOPPY_PYTHON,
      'b/m.py': SLOPPY_PYTHON,
      'c/m.py': SLOPPY_PYTHON,
    },
    folders: { flake8: ['a', 'b', 'c'] },
    contains: [/ignore = \["E203", "W503"\]/, /"a\/\*:E731"/, /"b\/\*:E401"/],
  },
  {
    name: 'Flake8: the default ignores against an explicit list',
    files: {
      'a/.flake8': '[flake8]\nmax-line-length = 79\n',
      'b/.flake8': '[flake8]\nextend-ignore = E501\n',
      'a/m.py': 'x = (1\n     + 2)\ny = 1+2\nz = 1-2\n',
      'b/m.py': SLOPPY_PYTHON,
    },
    folders: { flake8: ['a', 'b'] },
  },
  {
    name: 'Flake8: other line lengths and complexity stay or are voted on',
    files: {
      'a/.flake8': '[flake8]\nmax-line-length = 88\nmax-complexity = 1\n',
      'b/.flake8': '[flake8]\nmax-line-length = 88\nmax-complexity = 1\n',
      'c/.flake8': '[flake8]\nmax-line-length = 100\n',
      'a/m.py': 'def f(x):\n    if x:\n        return 1\n    return 2\n',
      'b/m.py': SLOPPY_PYTHON,
      'c/m.py': SLOPPY_PYTHON,
    },
    folders: { flake8: ['a', 'b', 'c'] },
    left: { flake8: ['c'] },
  },
  {
    name: 'Flake8: per-file-ignores and excludes of inner folders get their path',
    files: {
      'a/.flake8':
        '[flake8]\nexclude = gen, old/x.py\nper-file-ignores =\n    __init__.py: F401\n    t/*.py:E731,E501\n',
      'b/.flake8': '[flake8]\nextend-exclude = gen\n',
      'a/__init__.py': 'import os\n',
      'a/s/__init__.py': 'import os\n',
      'a/t/m.py': SLOPPY_PYTHON,
      'a/gen/m.py': SLOPPY_PYTHON,
      'a/s/gen/m.py': SLOPPY_PYTHON,
      'a/old/x.py': SLOPPY_PYTHON,
      'b/gen/m.py': SLOPPY_PYTHON,
      'b/__init__.py': 'import os\n',
    },
    folders: { flake8: ['a', 'b'] },
    contains: [/a\/__init__\.py:F401/, /"a\/gen"/],
  },
  {
    name: 'isort: .isort.cfg, setup.cfg and pyproject.toml with one profile',
    files: {
      'a/.isort.cfg': '[settings]\nprofile = black\n',
      'b/setup.cfg': '[isort]\nprofile = black\n\n[metadata]\nname = b\n',
      'c/pyproject.toml': '[tool.isort]\nprofile = "black"\n',
      'a/m.py': SLOPPY_PYTHON,
      'b/m.py': SLOPPY_PYTHON,
      'c/m.py': 'import os\nimport sys\n\nprint(os, sys)\n',
    },
    folders: { isort: ['a', 'b', 'c'] },
    contains: [/profile = "black"/],
  },
  {
    name: 'isort: what was first party in a folder stays first party',
    files: {
      'a/.isort.cfg': '[settings]\nforce_single_line = true\n',
      'b/.isort.cfg': '[settings]\nforce_single_line = true\n',
      'a/local_a/__init__.py': '',
      'a/src/srcpkg/__init__.py': '',
      'a/m.py':
        'import os\n\nimport requests\n\nimport local_a\nimport srcpkg\n\nprint(os, requests, local_a, srcpkg)\n',
      'b/local_b/__init__.py': '',
      'b/m.py': 'import requests\n\nimport local_b\n\nprint(requests, local_b)\n',
    },
    folders: { isort: ['a', 'b'] },
    contains: [/src_paths = \["a", "a\/src", "b", "b\/src"\]/],
  },
  {
    name: 'isort: another line length stays, and its folder is skipped from the root',
    files: {
      'pyproject.toml':
        '# about the project\n[project]\nname = "r"\n\n[tool.isort]\nline_length = 100\n\n[tool.other]\nx = 1\n',
      'b/.isort.cfg': '[settings]\nline_length = 60\n',
      'm.py': SLOPPY_PYTHON,
      'b/m.py': SLOPPY_PYTHON,
    },
    folders: {},
    left: { isort: ['b'] },
    contains: [
      /^# about the project\n\[project\]/,
      /\[tool\.other\]\nx = 1/,
      /extend_skip_glob = \["b\/\*"\]/,
    ],
  },
  {
    name: 'all three tools at once, settings of one file for two of them',
    files: {
      'setup.cfg':
        '[flake8]\nmax-line-length = 88\n\n[isort]\nprofile = black\n\n[metadata]\nname = r\n',
      'pyproject.toml': '[tool.black]\nline-length = 88\n',
      'sub/tox.ini':
        '[flake8]\nmax-line-length = 88\nextend-ignore = E731\n\n[isort]\nprofile = black\n',
      'm.py': SLOPPY_PYTHON,
      'sub/m.py': SLOPPY_PYTHON,
    },
    folders: {},
    contains: [/\[tool\.flake8\]/, /\[tool\.isort\]/, /\[tool\.black\]/],
  },
];
