import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from './command.ts';
import { parseCommandLine, usageOf } from './parse.ts';

const COMMAND: Command = {
  name: 'try',
  group: 'Serve',
  summary: 'Try',
  arguments: [
    { name: 'A', meaning: 'the first' },
    { name: 'B', meaning: 'the second', isOptional: true },
  ],
  flags: [
    { name: 'temperature', type: 'number', min: 0, max: 2, meaning: '' },
    { name: 'bias', type: 'number', meaning: '' },
    { name: 'count', type: 'integer', min: 1, max: 9, meaning: '' },
    { name: 'stop', type: 'text', isRepeated: true, meaning: '' },
    { name: 'json', short: 'j', type: 'switch', meaning: '' },
  ],
  settings: ['VITRINE_PORT', 'VITRINE_OFFLINE', 'VITRINE_API_KEY'],
  examples: [],
  run: async () => 0,
};

const parse = (...words: string[]) => parseCommandLine(COMMAND, words);

test('flags and arguments may stand in any order, values after a space or an equals sign', () => {
  const line = parse('one', '--temperature=0.5', '-j', '--count', '3', 'two');
  assert.deepEqual(line.arguments, ['one', 'two']);
  assert.deepEqual(
    [...line.flags],
    [
      ['temperature', 0.5],
      ['json', true],
      ['count', 3],
    ],
  );
});

test('a flag that stands for a variable stays text, for base/env to check', () => {
  const line = parse('a', '--port', 'abc', '--offline');
  assert.deepEqual(line.settingTexts, { port: 'abc', offline: 'true' });
  assert.equal(parse('a', '--offline=false').settingTexts.offline, 'false');
});

test('a secret has no flag: it would show in the list of processes', () => {
  assert.throws(() => parse('a', '--api-key', 'x'), { code: 'unknown-flag' });
});

test('a repeated flag keeps every value in order', () => {
  assert.deepEqual(parse('a', '--stop', 'x', '--stop=y').flags.get('stop'), ['x', 'y']);
});

test('a negative number is a value, a flag is not', () => {
  assert.equal(parse('a', '--bias', '-1.5').flags.get('bias'), -1.5);
  assert.throws(() => parse('a', '--bias', '--json'), { code: 'missing-value' });
  assert.throws(() => parse('a', '--bias'), { code: 'missing-value' });
});

test('after -- everything is an argument', () => {
  assert.deepEqual(parse('--json', '--', '--count').arguments, ['--count']);
});

test('numbers out of bounds, or none, are refused with the bounds', () => {
  for (const [flag, text] of [
    ['count', '0'],
    ['count', '10'],
    ['count', '1.5'],
    ['count', ''],
    ['temperature', '2.1'],
    ['temperature', 'NaN'],
    ['temperature', '0x1'],
  ]) {
    const bounds = flag === 'count' ? /a whole number from 1 to 9/ : /a number from 0 to 2/;
    assert.throws(() => parse('a', `--${flag}=${text}`), bounds);
  }
});

test('a switch takes no value', () => {
  assert.throws(() => parse('a', '--json=yes'), { code: 'bad-flag-value' });
});

test('missing and surplus arguments are refused with the usage, unless help is asked for', () => {
  assert.throws(() => parse(), /A is missing: the first\. Usage: vitrine try A \[B\] \[flags\]/);
  assert.throws(() => parse('a', 'b', 'c'), /unexpected argument "c"/);
  assert.equal(parse('-h').wantsHelp, true);
});

test('the usage marks what is optional and what repeats', () => {
  const repeated = [{ name: 'X', meaning: '', isOptional: true, isRepeated: true }];
  assert.equal(usageOf({ ...COMMAND, arguments: repeated }), 'vitrine try [X…] [flags]');
});
