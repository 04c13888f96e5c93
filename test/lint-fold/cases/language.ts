/** Environments, globals, parser options, settings, linter options, ignores. */
import { type EslintCase, SLOPPY } from './case.ts';

const json = (value: unknown) => JSON.stringify(value, null, 2);

export const LANGUAGE: readonly EslintCase[] = [
  {
    name: 'parserOptions outside win over env inside',
    files: {
      '.eslintrc.json': json({ parserOptions: { ecmaVersion: 2020 }, rules: { 'no-undef': 2 } }),
      'a/.eslintrc.json': json({ env: { es6: true } }),
      'a/x.js': 'const p = new Promise(() => {}); export_(p ?? 1);\n',
      'x.js': 'const a = b?.c; Promise.all(a);\n',
    },
  },
  {
    name: 'globals outside win over env inside',
    files: {
      '.eslintrc.json': json({ globals: { window: 'off', mine: true }, rules: { 'no-undef': 2 } }),
      'a/.eslintrc.json': json({ env: { browser: true }, globals: { mine: 'readonly' } }),
      'a/x.js': 'window.x = mine; document.y = 1; mine = 2;\n',
      'x.js': 'mine = window;\n',
    },
  },
  {
    name: 'an environment is taken back inside',
    files: {
      '.eslintrc.json': json({ env: { node: true }, rules: { 'no-undef': 2 } }),
      'a/.eslintrc.json': json({ env: { node: false, browser: true } }),
      'a/x.js': 'process.exit(); console.log(document);\n',
      'x.js': 'if (process.argv[2]) return; document.x = 1;\n',
    },
  },
  {
    name: 'ecmaVersion without env es6 leaves Promise undefined',
    files: {
      '.eslintrc.json': json({ parserOptions: { ecmaVersion: 2018 }, rules: { 'no-undef': 2 } }),
      'a/.eslintrc.json': json({ env: { es2021: true } }),
      'x.js': 'const x = async () => new Promise(Map);\n',
      'a/x.js': 'const x = async () => new Promise(WeakRef);\n',
    },
  },
  {
    name: 'eslint-env comments, which flat configuration ignores, move into it',
    files: {
      '.eslintrc.json': json({ rules: { 'no-undef': 2 }, globals: { process: 'off' } }),
      'quiet/.eslintrc.json': json({ noInlineConfig: true }),
      'x.js':
        '/* eslint-env browser, es6 */\nconst a = new Map(); document.x = a; process.exit();\n',
      'y.js': '/* eslint-env node -- a script */\nif (require.main) return;\ndocument.x = 1;\n',
      'z.js': 'document.x = require;\n',
      'quiet/x.js': '/* eslint-env browser */\ndocument.x = 1;\n',
    },
    contains: /pinned to the old values/,
  },
  {
    name: 'modules in one folder, scripts with a top-level return in another',
    files: {
      '.eslintrc.json': json({ env: { node: true }, rules: { strict: [2, 'global'] } }),
      'esm/.eslintrc.json': json({ parserOptions: { sourceType: 'module', ecmaVersion: 2022 } }),
      'esm/x.js': 'import a from "a"; export default await a;\n',
      'x.js': 'if (module.parent) return;\n',
    },
    contains: /ecmaFeatures: \{ globalReturn: false \}/,
  },
  {
    name: 'arrays in settings merge item by item',
    files: {
      '.eslintrc.json': json({
        settings: { list: ['a', 'b', 'c'], deep: { x: 1 } },
        rules: { semi: 2 },
      }),
      'a/.eslintrc.json': json({ settings: { list: ['z'], deep: { y: 2 } } }),
      'x.js': SLOPPY,
      'a/x.js': SLOPPY,
    },
    contains: /pinned to the old values/,
  },
  {
    name: 'inline configuration forbidden, and unused directives reported',
    files: {
      '.eslintrc.json': json({ reportUnusedDisableDirectives: true, rules: { semi: 2 } }),
      'a/.eslintrc.json': json({ noInlineConfig: true }),
      'x.js':
        '// eslint-disable-next-line no-var\nvar a = 1;\n/* eslint-disable-next-line semi */\nvar b = 1\n',
      'a/x.js': '/* eslint semi: 0 */\nvar b = 1\n',
    },
  },
  {
    name: '.eslintignore with comments, negation and anchors',
    files: {
      '.eslintrc.json': json({ rules: { semi: 2 } }),
      '.eslintignore': '# made by hand\n\n/build\nvendor/*\n!vendor/own.js\n*.min.js\ndocs/gen/\n',
      'build/x.js': SLOPPY,
      'src/build/x.js': SLOPPY,
      'vendor/x.js': SLOPPY,
      'vendor/own.js': SLOPPY,
      'src/x.min.js': SLOPPY,
      'docs/gen/x.js': SLOPPY,
      'other/docs/gen/x.js': SLOPPY,
    },
  },
  {
    name: 'ignorePatterns of inner folders, with and without a slash',
    files: {
      '.eslintrc.json': json({ ignorePatterns: ['dist', '/only-root.js'], rules: { semi: 2 } }),
      'a/.eslintrc.json': json({ ignorePatterns: ['gen/', '/top.js', 'x/y.js', '!dist'] }),
      'only-root.js': SLOPPY,
      'a/only-root.js': SLOPPY,
      'a/top.js': SLOPPY,
      'a/b/top.js': SLOPPY,
      'a/b/gen/x.js': SLOPPY,
      'a/b/x/y.js': SLOPPY,
      'b/dist/x.js': SLOPPY,
      'b/gen/x.js': SLOPPY,
    },
  },
  {
    name: 'dot folders are ignored unless taken back, eslintIgnore in package.json',
    files: {
      'package.json': json({ name: 'r', eslintIgnore: ['out', '!.storybook'] }),
      '.eslintrc.json': json({ rules: { semi: 2 } }),
      '.storybook/main.js': SLOPPY,
      '.hidden/x.js': SLOPPY,
      '.dot.js': SLOPPY,
      'out/x.js': SLOPPY,
      'x.js': SLOPPY,
    },
  },
  {
    name: '.mjs and .cjs were not linted, but for those an override names',
    files: {
      '.eslintrc.json': json({
        rules: { semi: 2 },
        overrides: [
          { files: 'tools/*.mjs', parserOptions: { sourceType: 'module', ecmaVersion: 2020 } },
        ],
      }),
      'x.js': SLOPPY,
      'x.mjs': SLOPPY,
      'x.cjs': SLOPPY,
      'tools/y.mjs': SLOPPY,
    },
  },
  {
    name: 'extensions come from the lint script',
    files: {
      'package.json': json({ name: 'r', scripts: { lint: 'eslint --ext .js,.jsx,.es6 .' } }),
      '.eslintrc.json': json({
        parserOptions: { ecmaVersion: 2018, ecmaFeatures: { jsx: true } },
        rules: { semi: 2 },
      }),
      'x.jsx': 'var a = <b/>\n',
      'x.es6': 'const a = 1\n',
      'x.mjs': SLOPPY,
    },
    ext: '.js,.jsx,.es6',
  },
];
