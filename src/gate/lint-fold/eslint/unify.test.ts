import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare } from './compare.ts';
import type { Effective, EffectiveGroup, RuleSetting } from './model.ts';
import { pinsFor } from './pins.ts';
import { unify } from './unify.ts';

function group(files: readonly string[], rules: Record<string, RuleSetting>): EffectiveGroup {
  const effective: Effective = {
    rules,
    globals: {},
    parser: 'espree',
    parserInput: { ecmaVersion: 2014, sourceType: 'script' },
    settings: {},
    noInlineConfig: false,
    reportUnused: 0,
    processor: null,
  };
  return { files, effective };
}

const unified = (groups: readonly EffectiveGroup[]) =>
  unify(
    groups,
    groups.map(({ effective }) => effective.rules),
  );

test('the setting of most files wins, and every other file is listed with what it had', () => {
  const { changes, objects } = unified([
    group(['a.js', 'b.js'], { semi: [2, 'always'] }),
    group(['c.js'], { semi: [1] }),
    group(['d.js'], {}),
  ]);
  assert.deepEqual(objects, [{ name: 'unified rules', rules: { semi: [2, 'always'] } }]);
  assert.deepEqual(changes, [
    { rule: 'semi', before: [1], after: [2, 'always'], files: ['c.js'] },
    { rule: 'semi', before: undefined, after: [2, 'always'], files: ['d.js'] },
  ]);
});

test('absence is a vote for off, and a tie goes to the stricter setting', () => {
  const off = unified([group(['a.js'], { semi: [2] }), group(['b.js', 'c.js'], { eqeqeq: [0] })]);
  assert.deepEqual(off.objects, []);
  assert.deepEqual(off.changes, [{ rule: 'semi', before: [2], after: undefined, files: ['a.js'] }]);
  const tie = unified([group(['a.js'], { semi: [1] }), group(['b.js'], { semi: [2] })]);
  assert.deepEqual(tie.objects[0]?.rules, { semi: [2] });
});

test('TypeScript votes apart from JavaScript, and shared settings are written once', () => {
  const { objects } = unified([
    group(['a.js', 'b.jsx'], { semi: [2] }),
    group(['a.ts', 'b.tsx'], { semi: [2], '@typescript-eslint/x': [2] }),
  ]);
  assert.deepEqual(objects, [
    { name: 'unified rules', rules: { semi: [2] } },
    {
      name: 'unified rules: ts,mts,cts,tsx',
      files: ['**/*.{ts,mts,cts,tsx}'],
      rules: { '@typescript-eslint/x': [2] },
    },
  ]);
});

test('a file that is linted on one side only is a difference, a rule that is off is not', () => {
  const { equal, groups } = compare(
    [group(['a.js', 'gone.js'], { semi: [0, 'always'] })],
    [group(['a.js', 'new.js'], { eqeqeq: [0] })],
  );
  assert.deepEqual(equal, ['a.js']);
  assert.deepEqual(
    groups.map(({ files, differences }) => [files, differences[0]?.after]),
    [
      [['gone.js'], 'not linted'],
      [['new.js'], 'linted'],
    ],
  );
});

test('what patterns cannot say is pinned to the files, and new files are ignored', () => {
  const { groups } = compare(
    [group(['a[1].js'], { semi: [2] })],
    [group(['a[1].js'], { semi: [1], eqeqeq: [2] }), group(['n{e}w.js'], {})],
  );
  assert.deepEqual(pinsFor(groups), {
    objects: [
      {
        name: 'pinned to the old values',
        files: ['a\\[1\\].js'],
        rules: { eqeqeq: [0], semi: [2] },
      },
    ],
    ignores: ['n\\{e\\}w.js'],
  });
});
