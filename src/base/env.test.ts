import assert from 'node:assert/strict';
import { test } from 'node:test';
import { booleanSetting, integerSetting, readSettings, stringSetting } from './index.ts';

test('a flag wins over a variable, a variable over its alias, that over the default', () => {
  const environment = { VITRINE_PORT: '1', PORT: '2' };
  assert.equal(integerSetting(readSettings(environment, { port: '3' }), 'VITRINE_PORT'), 3);
  assert.equal(integerSetting(readSettings(environment), 'VITRINE_PORT'), 1);
  assert.equal(integerSetting(readSettings({ PORT: '2' }), 'VITRINE_PORT'), 2);
  assert.equal(integerSetting(readSettings({ PORT: '' }), 'VITRINE_PORT'), 8000);
  assert.equal(readSettings({ PORT: '2' }).get('VITRINE_PORT')?.from, 'PORT');
});

test('a variable with a few values takes only those, and the nearest is suggested', () => {
  assert.equal(
    stringSetting(readSettings({ VITRINE_LOG_LEVEL: 'warn' }), 'VITRINE_LOG_LEVEL'),
    'warn',
  );
  assert.throws(() => readSettings({ VITRINE_LOG_LEVEL: 'wran' }), {
    code: 'bad-value',
    message:
      'VITRINE_LOG_LEVEL: expected one of trace, debug, info, warn, error, silent, ' +
      'got "wran". Did you mean warn?',
  });
  assert.throws(
    () => readSettings({}, { kernels: 'relax' }),
    /^VitrineError: --kernels: .*relaxed\?/,
  );
});

test('numbers and booleans are checked where they are read', () => {
  for (const value of ['70000', '-1', '1.5', 'x', '0x10']) {
    assert.throws(() => readSettings({ VITRINE_PORT: value }), { code: 'bad-value' }, value);
  }
  assert.throws(() => readSettings({ VITRINE_OFFLINE: 'maybe' }), { code: 'bad-value' });
  assert.equal(booleanSetting(readSettings({ VITRINE_OFFLINE: 'Yes' }), 'VITRINE_OFFLINE'), true);
  assert.equal(booleanSetting(readSettings({ VITRINE_OFFLINE: '0' }), 'VITRINE_OFFLINE'), false);
});

test('an unknown variable of ours is refused, one of the machinery is not', () => {
  assert.throws(() => readSettings({ VITRINE_TREADS: '2' }), /Did you mean VITRINE_THREADS\?/);
  readSettings({ VITRINE_INTERNAL_ANYTHING: '1', OTHER_VARIABLE: 'x' });
});
