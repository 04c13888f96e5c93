/** Cascade, overrides and nested roots. */
import { type EslintCase, SLOPPY } from './case.ts';

const json = (value: unknown) => JSON.stringify(value, null, 2);

export const CASCADE: readonly EslintCase[] = [
  {
    name: 'an inner folder changes and adds rules of the outer one',
    files: {
      '.eslintrc.json': json({ rules: { semi: 'error', eqeqeq: 'warn', 'no-var': 2 } }),
      'a/.eslintrc.json': json({ rules: { semi: 'off', quotes: ['error', 'single'] } }),
      'x.js': SLOPPY,
      'a/x.js': SLOPPY,
      'a/deep/x.js': SLOPPY,
    },
  },
  {
    name: 'YAML, YML, no extension, comments and trailing commas',
    files: {
      '.eslintrc.yaml': '# root\nrules:\n  semi: [error, never]\n  no-undef: warn\n',
      'a/.eslintrc.yml': 'rules:\n  quotes: [2, single]\n',
      'b/.eslintrc': '{\n  // not JSON\n  "rules": { "no-var": 1, },\n}\n',
      'a/x.js': SLOPPY,
      'b/x.js': SLOPPY,
      'x.js': SLOPPY,
    },
  },
  {
    name: 'eslintConfig in package.json, at the root and inside',
    files: {
      'package.json': `{\n\t"name": "r",\n\t"eslintConfig": {"rules": {"semi": 2}},\n\t"private": true\n}\n`,
      'a/package.json': json({ name: 'a', eslintConfig: { rules: { 'no-var': 2 } } }),
      'a/x.js': SLOPPY,
      'x.js': SLOPPY,
    },
  },
  {
    name: 'a nested root sees nothing of the folders above it',
    files: {
      '.eslintrc.json': json({ env: { browser: true }, rules: { semi: 2, 'no-undef': 2 } }),
      'a/.eslintrc.json': json({ root: true, rules: { 'no-var': 1 } }),
      'x.js': SLOPPY,
      'a/x.js': SLOPPY,
    },
  },
  {
    name: 'below a nested root the cascade goes on',
    files: {
      '.eslintrc.json': json({ root: true, rules: { semi: 2 } }),
      'a/.eslintrc.json': json({ rules: { eqeqeq: 2 } }),
      'a/b/.eslintrc.json': json({ root: true, rules: { 'no-var': 2 } }),
      'a/b/c/.eslintrc.yml': 'rules:\n  no-undef: 2\n',
      'a/x.js': SLOPPY,
      'a/b/x.js': SLOPPY,
      'a/b/c/x.js': SLOPPY,
    },
  },
  {
    name: 'a severity alone keeps the options, even over "off"',
    files: {
      '.eslintrc.json': json({ rules: { semi: ['error', 'never'], quotes: ['warn', 'single'] } }),
      'a/.eslintrc.json': json({ rules: { semi: 'off', quotes: 2 } }),
      'a/b/.eslintrc.json': json({ rules: { semi: 'warn' } }),
      'x.js': SLOPPY,
      'a/x.js': SLOPPY,
      'a/b/x.js': SLOPPY,
    },
  },
  {
    name: 'an override without a slash matches base names at any depth',
    files: {
      '.eslintrc.json': json({
        rules: { 'no-var': 2 },
        overrides: [{ files: '*.test.js', rules: { 'no-var': 0, eqeqeq: 2 } }],
      }),
      'x.test.js': SLOPPY,
      'a/b/x.test.js': SLOPPY,
      'a/b/x.js': SLOPPY,
    },
  },
  {
    name: 'an override with a slash is relative to its folder, with excluded files',
    files: {
      '.eslintrc.json': json({ rules: { 'no-var': 2 } }),
      'a/.eslintrc.json': json({
        overrides: [{ files: 'src/**/*.js', excludedFiles: 'src/old/*.js', rules: { semi: 2 } }],
      }),
      'src/x.js': SLOPPY,
      'a/src/x.js': SLOPPY,
      'a/src/old/x.js': SLOPPY,
    },
  },
  {
    name: 'braces that mix base names and paths',
    files: {
      '.eslintrc.json': json({
        overrides: [{ files: '{*.spec.js,fixtures/{a,b}/**/*.js}', rules: { semi: 2 } }],
        rules: { eqeqeq: 1 },
      }),
      'deep/x.spec.js': SLOPPY,
      'fixtures/a/x.js': SLOPPY,
      'deep/fixtures/a/x.js': SLOPPY,
    },
  },
  {
    name: 'an override that begins with ./ stays in its folder',
    files: {
      'a/.eslintrc.json': json({ overrides: [{ files: './*.js', rules: { semi: 2 } }] }),
      '.eslintrc.json': json({ rules: { 'no-var': 1 } }),
      'a/x.js': SLOPPY,
      'a/b/x.js': SLOPPY,
    },
  },
  {
    name: 'overrides inside overrides and inside an extended file must all match',
    files: {
      'base.json': json({
        overrides: [{ files: '*.js', excludedFiles: 'y.js', rules: { semi: 2 } }],
      }),
      '.eslintrc.json': json({
        overrides: [
          {
            files: 'a/**',
            extends: './base.json',
            overrides: [{ files: ['*.x.js', 'y.js'], rules: { eqeqeq: 2 } }],
          },
        ],
      }),
      'a/b.x.js': SLOPPY,
      'a/y.js': SLOPPY,
      'b.x.js': SLOPPY,
    },
  },
  {
    name: 'a configuration that is shadowed in its folder was never read',
    files: {
      '.eslintrc.yml': 'rules:\n  semi: 2\n',
      '.eslintrc.json': json({ rules: { 'no-var': 2 } }),
      'package.json': json({ name: 'r', eslintConfig: { rules: { eqeqeq: 2 } } }),
      'x.js': SLOPPY,
    },
    lacks: /no-var|eqeqeq/,
  },
  {
    name: 'no configuration at the root: what is outside stays unlinted',
    files: {
      'packages/a/.eslintrc.json': json({ rules: { semi: 2 } }),
      'packages/b/.eslintrc.yml': 'rules:\n  no-var: 2\n',
      'packages/a/x.js': SLOPPY,
      'packages/b/src/x.js': SLOPPY,
      'tools/x.js': SLOPPY,
      'x.js': SLOPPY,
    },
    targets: ['packages/a', 'packages/b'],
  },
  {
    name: 'folder names that are patterns',
    files: {
      '.eslintrc.json': json({ rules: { 'no-var': 2 } }),
      'app/[id]/.eslintrc.json': json({ rules: { semi: 2 } }),
      'app/(group)/.eslintrc.json': json({
        overrides: [{ files: 'lib/*.js', rules: { eqeqeq: 2 } }],
      }),
      'app/{x}/.eslintrc.json': json({ root: true, rules: { quotes: [2, 'single'] } }),
      'app/[id]/x.js': SLOPPY,
      'app/i/x.js': SLOPPY,
      'app/(group)/lib/x.js': SLOPPY,
      'app/{x}/x.js': SLOPPY,
      'app/x/x.js': SLOPPY,
    },
  },
];
