import assert from 'node:assert/strict';
import { test } from 'node:test';
import { envComments, withEnvComments } from './env-comments.ts';
import type { Effective } from './model.ts';

test('names come from every comment, without descriptions', () => {
  assert.deepEqual(
    envComments(
      '/* eslint-env node, mocha */ x /*eslint-env browser -- for the page */ // eslint-env es6',
    ),
    ['browser', 'mocha', 'node'],
  );
  assert.deepEqual(envComments('/* eslint-environment node */'), []);
});

test('only the files with a comment get its globals, and configured globals win', () => {
  const effective: Effective = {
    rules: {},
    globals: { process: 'writable' },
    parser: 'espree',
    parserInput: { ecmaVersion: 2014, sourceType: 'script' },
    settings: {},
    noInlineConfig: false,
    reportUnused: 0,
    processor: null,
  };
  const environments = {
    node: {
      globals: { process: false, require: false },
      parserOptions: { ecmaFeatures: { globalReturn: true } },
    },
    es6: { globals: { Promise: false }, parserOptions: { ecmaVersion: 6 } },
  };
  const [plain, commented] = withEnvComments(
    [{ files: ['a.js', 'b.js'], effective }],
    { 'b.js': ['es6', 'node'] },
    environments,
  );
  assert.deepEqual([plain?.files, plain?.effective], [['a.js'], effective]);
  assert.deepEqual(commented?.files, ['b.js']);
  assert.deepEqual(commented?.effective.globals, {
    Promise: 'readonly',
    process: 'writable',
    require: 'readonly',
  });
  assert.deepEqual(commented?.effective.parserInput, {
    ecmaVersion: 2015,
    sourceType: 'script',
    ecmaFeatures: { globalReturn: true },
  });
});
