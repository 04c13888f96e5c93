import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlattenOptions } from './flatten.ts';
import { flatten } from './flatten.ts';
import type { LegacyAnswer, LegacyElement, LegacyFolder } from './model.ts';
import { printFlatConfig } from './print.ts';

const OPTIONS: FlattenOptions = {
  root: '/r',
  extensions: [],
  switchedOff: [],
  onlyIn: [],
  unlintedExtensions: [],
};

function answer(folders: readonly LegacyFolder[]): LegacyAnswer {
  return {
    version: '8.57.1',
    folders,
    rootIgnores: [],
    environments: {
      node: {
        globals: { process: false },
        parserOptions: { ecmaFeatures: { globalReturn: true } },
      },
      es6: { globals: { Promise: false }, parserOptions: { ecmaVersion: 6 } },
    },
    groups: [],
    envComments: {},
    run: { files: {}, errorCount: 0, warningCount: 0 },
    unprintable: [],
    es5Globals: [],
  };
}

function folder(
  dir: string,
  elements: readonly Partial<LegacyElement>[],
  isRoot = false,
): LegacyFolder {
  return { dir, isRoot, elements: elements.map((element) => ({ name: dir, ...element })) };
}

async function evaluate(legacy: LegacyAnswer): Promise<Record<string, unknown>[]> {
  const source = printFlatConfig({
    root: '/r',
    mode: 'exact',
    sources: ['.eslintrc'],
    environments: legacy.environments,
    request: () => 'never',
    ...flatten(legacy, OPTIONS),
  });
  return (await import(`data:text/javascript,${encodeURIComponent(source)}`)).default;
}

test('a nested root is a hole in everything above it', async () => {
  const objects = await evaluate(
    answer([
      folder('/r', [{ rules: { semi: 2 } }], true),
      folder('/r/a', [{ rules: { semi: 0 } }]),
      folder('/r/a/b', [{ rules: { quotes: ['error', "it's"] } }], true),
    ]),
  );
  assert.deepEqual(objects.slice(2), [
    { name: '/r', ignores: ['a/b/**'], rules: { semi: 'error' } },
    { name: '/r/a', files: ['a/**'], ignores: ['a/b/**'], rules: { semi: 'off' } },
    { name: '/r/a/b', files: ['a/b/**'], rules: { quotes: ['error', "it's"] } },
  ]);
});

test('an object that says nothing is not written: alone with ignores it would ignore files', async () => {
  const objects = await evaluate(
    answer([folder('/r', [{}]), folder('/r/a', [{ rules: { semi: 1 } }], true)]),
  );
  assert.ok(objects.every((object) => object.rules !== undefined || object.name !== '/r'));
});

test('environments come first only where an inner one would override outer options', async () => {
  const plain = await evaluate(
    answer([
      folder('/r', [{ env: { node: true }, rules: { semi: 2 } }]),
      folder('/r/a', [{ env: { es6: true } }]),
    ]),
  );
  assert.deepEqual(
    plain.map(({ name }) => name),
    [undefined, 'eslintrc defaults', '/r', '/r/a'],
  );
  const split = await evaluate(
    answer([
      folder('/r', [{ parserOptions: { ecmaVersion: 2020 } }]),
      folder('/r/a', [{ env: { es6: true } }]),
    ]),
  );
  assert.deepEqual(
    split
      .slice(2)
      .map(({ name, languageOptions }) => [
        name,
        (languageOptions as { ecmaVersion?: number }).ecmaVersion,
      ]),
    [
      ['/r/a', 6],
      ['/r', 2020],
    ],
  );
});

test('an environment that is switched off inside takes back its globals and features', async () => {
  const objects = await evaluate(
    answer([folder('/r', [{ env: { node: true } }]), folder('/r/a', [{ env: { node: false } }])]),
  );
  assert.deepEqual(objects.at(-1), {
    name: '/r/a',
    files: ['a/**'],
    languageOptions: {
      globals: { process: 'off' },
      parserOptions: { ecmaFeatures: { globalReturn: false } },
    },
  });
});

test('nested overrides must all match, and excluded files of each are ignored', () => {
  const pattern = (text: string) => ({ pattern: text, matchBase: true });
  const criteria = {
    basePath: '/r',
    and: [
      { includes: [pattern('a/**')], excludes: [] },
      { includes: [pattern('*.js'), pattern('*.ts')], excludes: [pattern('x.js')] },
    ],
  };
  const { objects } = flatten(answer([folder('/r', [{ criteria, rules: { semi: 2 } }])]), OPTIONS);
  assert.deepEqual(objects.at(-1)?.files, [
    ['a/**', '**/*.js'],
    ['a/**', '**/*.ts'],
  ]);
  assert.deepEqual(objects.at(-1)?.ignores, ['**/x.js']);
});

test('rule sets that occur twice become one constant', () => {
  const rules = { semi: 2, quotes: 1, eqeqeq: 2, 'no-var': [2] };
  const legacy = answer([
    folder('/r', [{ name: '.eslintrc » eslint-config-x', rules }]),
    folder('/r/a', [{ name: 'a/.eslintrc » eslint-config-x', rules }], true),
  ]);
  const source = printFlatConfig({
    root: '/r',
    mode: 'exact',
    sources: [],
    environments: {},
    request: () => '',
    ...flatten(legacy, OPTIONS),
  });
  assert.equal(source.match(/'no-var'/g)?.length, 1);
  assert.equal(source.match(/rules: eslintConfigXRules,/g)?.length, 2);
});

test('objects that only repeat which files are linted are left out', () => {
  const criteria = (...sets: readonly string[][]) => ({
    basePath: '/r',
    and: sets.map((set) => ({
      includes: set.map((pattern) => ({ pattern, matchBase: true })),
      excludes: [],
    })),
  });
  const { objects } = flatten(
    answer([
      folder('/r', [
        { name: 'first', criteria: criteria(['*.ts']) },
        { name: 'again', criteria: criteria(['*.ts'], ['*.ts', '*.mts']) },
        { name: 'news', criteria: criteria(['*.vue']) },
        { name: 'rules', criteria: criteria(['*.ts'], ['*.ts']), rules: { semi: 2 } },
        { name: 'everything', criteria: criteria(['src/**']) },
      ]),
    ]),
    OPTIONS,
  );
  assert.deepEqual(
    objects.slice(1).map(({ name, files }) => [name, files]),
    [
      ['news', ['**/*.vue']],
      ['rules', ['**/*.ts']],
    ],
  );
});
