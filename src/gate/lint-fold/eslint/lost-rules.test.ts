import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropRules, pairsOf } from './lost-rules.ts';
import type { Effective, EffectiveGroup, RuleSetting } from './model.ts';
import { violationChanges } from './violations.ts';

function group(file: string, rules: Record<string, RuleSetting>): EffectiveGroup {
  return { files: [file], effective: { rules } as unknown as Effective };
}

test('a refused setting is listed with its files, an accepted one of the same rule stays expected', () => {
  const groups = [group('a.js', { x: [2, 'old'], y: [1] }), group('b.js', { x: [2] })];
  const objects = [
    { name: 'root', rules: { x: [2], y: [1], z: [0, 'never asked'] } },
    { name: 'a', rules: { x: [2, 'old'] } },
  ] as const;
  const pairs = pairsOf(objects, groups);
  assert.deepEqual(
    pairs.map(({ rule, setting }) => [rule, setting]),
    [
      ['x', [2]],
      ['y', [1]],
      ['x', [2, 'old']],
    ],
  );
  const result = dropRules(objects, groups, pairs, [{ index: 2, reason: 'no such option' }]);
  assert.deepEqual(result.lost, [
    { rule: 'x', setting: [2, 'old'], reason: 'no such option', files: ['a.js'] },
  ]);
  assert.deepEqual(
    result.groups.map(({ effective }) => effective.rules),
    [{ y: [1] }, { x: [2] }],
  );
  assert.deepEqual(
    result.objects.map(({ rules }) => rules),
    [{ y: [1], z: [0, 'never asked'] }, {}],
  );
});

test('violations are compared one by one, those of lost settings left out', () => {
  const violation = (rule: string, line: number) =>
    ({ rule, severity: 2, line, column: 1, message: '' }) as const;
  const run = (files: Record<string, readonly ReturnType<typeof violation>[]>) => ({
    files,
    errorCount: 0,
    warningCount: 0,
  });
  const before = run({
    'a.js': [violation('x', 1), violation('y', 1), violation('y', 1)],
    'b.js': [violation('x', 1)],
  });
  const after = run({ 'a.js': [violation('y', 1)], 'b.js': [violation('x', 2)] });
  const lost = [{ rule: 'x', setting: [2] as const, reason: '', files: ['a.js'] }];
  assert.deepEqual(violationChanges(before, after, ['a.js', 'b.js'], lost), [
    { file: 'a.js', gone: [violation('y', 1)], come: [] },
    { file: 'b.js', gone: [violation('x', 1)], come: [violation('x', 2)] },
  ]);
});

test('settings that differ in a regular expression only are two settings', () => {
  const rules = (pattern: RegExp) => ({ 'x/y': [2, { pattern }] as const });
  const objects = [
    { name: 'a', rules: rules(/a/) },
    { name: 'b', rules: rules(/b/) },
    { name: 'c', rules: rules(/a/) },
  ];
  assert.equal(pairsOf(objects, []).length, 2);
});
