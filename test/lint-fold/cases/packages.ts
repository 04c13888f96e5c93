/**
 * Presets, plug-ins, parsers, processors, other versions of ESLint, configurations that are code.
 */
import { type EslintCase, SLOPPY } from './case.ts';

const json = (value: unknown) => JSON.stringify(value, null, 2);

const plugin = (message: string) =>
  `module.exports = { rules: { it: { create: (context) => ({ Program(node) {
    context.report({ node, message: ${JSON.stringify(message)} });
  } }) } } };\n`;

export const PACKAGES: readonly EslintCase[] = [
  {
    name: 'eslint:recommended is pinned to the version that was in force',
    files: {
      '.eslintrc.json': json({ extends: 'eslint:recommended', env: { node: true, es2021: true } }),
      'x.js': SLOPPY,
      'y.js': 'async function f() { return await f(); } f.x = function () { eval("1") };\n',
    },
    after: 'eslint-10',
  },
  {
    name: 'a preset of presets, extended in two folders',
    files: {
      '.eslintrc.json': json({ extends: 'airbnb-base' }),
      'a/.eslintrc.json': json({ root: true, extends: ['airbnb-base', 'eslint:recommended'] }),
      'x.js': SLOPPY,
      'a/x.js': "import a from './b';\nexport default a\n",
    },
  },
  {
    name: 'a parser and a plug-in for TypeScript by override',
    files: {
      '.eslintrc.json': json({
        root: true,
        extends: 'eslint:recommended',
        overrides: [
          {
            files: ['*.ts', '*.tsx'],
            parser: '@typescript-eslint/parser',
            plugins: ['@typescript-eslint'],
            extends: ['plugin:@typescript-eslint/recommended'],
            rules: { '@typescript-eslint/no-explicit-any': 'error' },
          },
        ],
      }),
      'a/.eslintrc.json': json({
        overrides: [{ files: '*.ts', rules: { '@typescript-eslint/ban-types': 0 } }],
      }),
      'x.js': SLOPPY,
      'x.ts': 'export const a: any = 1; let b: Function;\n',
      'a/x.ts': 'export const a: any = 1; let b: Function;\n',
    },
  },
  {
    name: 'React with settings, JSX and its own globals',
    files: {
      '.eslintrc.json': json({
        extends: ['plugin:react/recommended'],
        settings: { react: { version: '18.2' } },
        parserOptions: { ecmaVersion: 2020, sourceType: 'module' },
      }),
      'legacy/.eslintrc.json': json({ settings: { react: { version: '15.0' } } }),
      'x.js': 'export const A = (p) => <div class="x">{p.y}</div>;\n',
      'legacy/x.js': 'export const A = (p) => <div class="x">{p.y}</div>;\n',
    },
  },
  {
    name: 'a processor by override: code blocks of Markdown',
    files: {
      '.eslintrc.json': json({
        plugins: ['markdown'],
        rules: { semi: 2, 'no-var': 2 },
        overrides: [
          { files: '*.md', processor: 'markdown/markdown' },
          { files: '**/*.md/*.js', rules: { 'no-var': 0 } },
        ],
      }),
      'README.md': '# x\n\n```js\nvar a = 1\n```\n',
      'x.js': SLOPPY,
    },
  },
  {
    name: 'ESLint 9 reads both systems',
    files: {
      '.eslintrc.json': json({ extends: 'eslint:recommended', rules: { semi: 2 } }),
      'a/.eslintrc.json': json({ env: { browser: true }, rules: { semi: 'off', 'no-var': 1 } }),
      'x.js': SLOPPY,
      'a/x.js': SLOPPY,
    },
    before: 'eslint-9',
    after: 'eslint-9',
  },
  {
    name: 'a rule that the new ESLint no longer has is listed, the others are kept',
    files: {
      '.eslintrc.json': json({ rules: { 'valid-jsdoc': 'error', 'require-jsdoc': 1, semi: 2 } }),
      'x.js': '/** @param {x} */\nfunction f(a) { return a }\n',
    },
    after: 'eslint-10',
    lists: /valid-jsdoc \(error\): .*[\s\S]*require-jsdoc \(warn\)/,
    lacks: /jsdoc/,
  },
  {
    name: 'options that the new ESLint refuses, and those it takes otherwise, are listed',
    files: {
      '.eslintrc.json': json({
        rules: { radix: ['error', 'as-needed'], semi: 2, 'func-names': ['error', 'always'] },
      }),
      'a/.eslintrc.json': json({
        rules: { 'func-names': ['error', 'always', { generators: 'never' }, 'more'] },
      }),
      'x.js': 'parseInt("1", 10);\n',
      'kept.js': 'x(function () {});\n',
      'a/x.js': 'x(function () {});\n',
    },
    after: 'eslint-10',
    contains: /pinned[\s\S]*kept\.js[\s\S]*func-names/,
    lists: /func-names \(error 'always' .*\)[\s\S]*same settings, other violations:[\s\S]*radix/,
  },
  {
    name: 'a rule that never existed is listed',
    files: {
      '.eslintrc.json': json({ rules: { 'no-such-rule': 2, semi: 2 } }),
      'x.js': SLOPPY,
    },
    lists: /no-such-rule/,
  },
  {
    name: 'one name, two plug-ins: a nested package has its own version',
    files: {
      '.eslintrc.json': json({ plugins: ['mine'], rules: { 'mine/it': 2 } }),
      'b/.eslintrc.json': json({ root: true, plugins: ['mine'], rules: { 'mine/it': 2 } }),
      'node_modules/eslint-plugin-mine/index.js': plugin('outer'),
      'b/node_modules/eslint-plugin-mine/index.js': plugin('inner'),
      'x.js': SLOPPY,
      'b/x.js': SLOPPY,
    },
    lists: /plug-in mine is a different package in different folders/,
  },
  {
    name: 'a plug-in that only a nested package has is loaded from there',
    files: {
      '.eslintrc.json': json({ rules: { semi: 2 } }),
      'b/.eslintrc.json': json({ plugins: ['inner'], rules: { 'inner/it': 1 } }),
      'b/node_modules/eslint-plugin-inner/index.js': plugin('inner'),
      'x.js': SLOPPY,
      'b/x.js': SLOPPY,
    },
    contains: /require\('\.\/b\/node_modules\/eslint-plugin-inner\/index\.js'\)/,
  },
  {
    name: 'a JavaScript configuration does not run without consent',
    files: {
      '.eslintrc.json': json({ rules: { semi: 2 } }),
      'a/.eslintrc.js':
        "require('fs').writeFileSync(__dirname + '/ran', ''); module.exports = {};\n",
      'a/x.js': SLOPPY,
    },
    refuses: /a\/\.eslintrc\.js: JavaScript configurations are programs.*--allow-js/,
    neverMade: 'a/ran',
  },
  {
    name: 'nor does JavaScript that a JSON configuration extends',
    files: {
      '.eslintrc.json': json({ extends: './tools/base.js' }),
      'tools/base.js':
        "require('fs').writeFileSync(__dirname + '/ran', ''); module.exports = {};\n",
      'x.js': SLOPPY,
    },
    refuses: /tools\/base\.js is code of the repository; give --allow-js/,
    neverMade: 'tools/ran',
  },
  {
    name: 'with consent: computed JavaScript, .cjs in a module package, regular expressions',
    files: {
      'package.json': json({ name: 'r', type: 'module' }),
      '.eslintrc.cjs': `const quotes = ['error', ['sin', 'gle'].join('')];
module.exports = { root: true, rules: { quotes, semi: 2 }, settings: { match: /a'b/i } };\n`,
      'a/.eslintrc.cjs': "module.exports = { extends: '../.eslintrc.cjs', rules: { semi: 0 } };\n",
      'x.js': SLOPPY,
      'a/x.js': SLOPPY,
    },
    args: ['--allow-js'],
    contains: /match: \/a'b\/i/,
  },
  {
    name: 'paths of this machine do not get into the folded configuration',
    files: {
      '.eslintrc.js': `const { join } = require('path');
module.exports = {
  parserOptions: { tsconfigRootDir: __dirname, project: [join(__dirname, 'a', 'tsconfig.json')] },
  settings: { 'import/resolver': { node: { paths: [__dirname + '/src'] } } },
  rules: { semi: 2 },
};\n`,
      'a/.eslintrc.js': 'module.exports = { parserOptions: { tsconfigRootDir: __dirname } };\n',
      'x.js': SLOPPY,
      'a/x.js': SLOPPY,
    },
    args: ['--allow-js'],
    contains:
      /tsconfigRootDir: fromRoot\('\.'\)[\s\S]*fromRoot\('a\/tsconfig\.json'\)[\s\S]*fromRoot\('a'\)/,
    lacks: /lint-fold-/,
  },
  {
    name: 'a function in a configuration cannot be written down and is listed',
    files: {
      '.eslintrc.js': 'module.exports = { settings: { pick: () => 1 }, rules: { semi: 2 } };\n',
      'x.js': SLOPPY,
    },
    args: ['--allow-js'],
    lists: /settings\.pick is a function and cannot be written down/,
  },
];
