import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import {
  booleanSetting,
  DECLARATIONS,
  type Declaration,
  integerSetting,
  readSettings,
  stringSetting,
} from './env.ts';
import { isVitrineError } from './errors.ts';

type Flags = Record<string, string | undefined>;

function messageOfRefusal(code: string, environment: Flags, flags: Flags = {}): string {
  try {
    readSettings(environment, flags);
  } catch (error) {
    assert.ok(isVitrineError(error, code), `${error}`);
    assert.ok(!error.message.includes('\n'));
    return error.message;
  }
  assert.fail('accepted');
}

test('without anything the defaults hold, and say so', () => {
  const settings = readSettings({});
  assert.equal(stringSetting(settings, 'VITRINE_HOST'), '127.0.0.1');
  assert.equal(integerSetting(settings, 'VITRINE_PORT'), 8000);
  assert.equal(booleanSetting(settings, 'VITRINE_OFFLINE'), false);
  assert.equal(integerSetting(settings, 'VITRINE_THREADS'), undefined);
  assert.equal(stringSetting(settings, 'HF_TOKEN'), undefined);
  for (const setting of settings.values()) assert.equal(setting.source, 'default');
  assert.equal(settings.size, DECLARATIONS.length);
});

test('a flag wins over a variable, a variable over its alias, an alias over the default', () => {
  const port = (environment: Flags, flags: Flags = {}) => {
    const setting = readSettings(environment, flags).get('VITRINE_PORT');
    return [setting?.value, setting?.source, setting?.from];
  };
  assert.deepEqual(port({ PORT: '3' }), ['3', 'environment', 'PORT']);
  assert.deepEqual(port({ PORT: '3', VITRINE_PORT: '2' }), ['2', 'environment', 'VITRINE_PORT']);
  assert.deepEqual(port({ PORT: '3', VITRINE_PORT: '2' }, { port: '1' }), ['1', 'flag', '--port']);
});

test('an empty variable counts as not set', () => {
  const settings = readSettings({ VITRINE_PORT: '', PORT: '', VITRINE_HOST: '' });
  assert.equal(integerSetting(settings, 'VITRINE_PORT'), 8000);
  assert.equal(settings.get('VITRINE_HOST')?.source, 'default');
});

test('an unknown variable of ours is refused with the nearest known name, foreign ones are not ours', () => {
  const message = messageOfRefusal('unknown-variable', { VITRINE_PROT: '1' });
  assert.match(message, /VITRINE_PROT\. Did you mean VITRINE_PORT\?/);
  const far = messageOfRefusal('unknown-variable', { VITRINE_XYZZY_PLUGH_QUUX: '1' });
  assert.doesNotMatch(far, /Did you mean/);
  // Even an empty one: it is a mistake all the same.
  messageOfRefusal('unknown-variable', { VITRINE_PROT: '' });
  readSettings({ PATH: '/bin', vitrine_port: '1', VITRINE_INTERNAL_ANYTHING: 'x' });
});

test('numbers are whole and within their bounds, written in digits alone', () => {
  for (const good of ['0', '1', '65535', '08000']) readSettings({ VITRINE_PORT: good });
  for (const bad of [
    '-1',
    '65536',
    '1.5',
    '1e3',
    '0x10',
    ' 80',
    '80 ',
    '',
    '9'.repeat(20),
    'all',
  ]) {
    if (bad === '') continue;
    const message = messageOfRefusal('bad-value', { VITRINE_PORT: bad });
    assert.match(message, /^VITRINE_PORT: expected a whole number from 0 to 65535, got /);
    assert.ok(message.includes(JSON.stringify(bad)));
  }
  const message = messageOfRefusal('bad-value', {}, { threads: '0' });
  assert.match(message, /^--threads: expected a whole number from 1 to 64, got "0"/);
  messageOfRefusal('bad-value', {}, { threads: '' });
});

test('truth is written as people write it, and nothing else', () => {
  const offline = (value: string) =>
    booleanSetting(readSettings({ VITRINE_OFFLINE: value }), 'VITRINE_OFFLINE');
  for (const yes of ['1', 'true', 'TRUE', 'yes', 'on']) assert.equal(offline(yes), true, yes);
  for (const no of ['0', 'false', 'No', 'off']) assert.equal(offline(no), false, no);
  for (const bad of ['2', 'maybe', 'y']) {
    assert.match(messageOfRefusal('bad-value', { VITRINE_OFFLINE: bad }), /true or false/);
  }
});

test('every declaration is complete, its names are its own, and its default is accepted', () => {
  const names = new Set<string>();
  const flags = new Set<string>();
  for (const declaration of DECLARATIONS as readonly Declaration[]) {
    for (const name of [declaration.name, ...(declaration.aliases ?? [])]) {
      assert.match(name, /^[A-Z][A-Z0-9_]*$/);
      assert.ok(!names.has(name), name);
      names.add(name);
    }
    if (declaration.flag !== undefined) {
      assert.match(declaration.flag, /^[a-z][a-z-]*$/);
      assert.ok(!flags.has(declaration.flag), declaration.flag);
      flags.add(declaration.flag);
    }
    assert.ok(declaration.meaning.length > 10 && declaration.defaultText.length > 0);
    if (declaration.type === 'secret') assert.equal(declaration.defaultValue, undefined);
  }
  readSettings({});
});

test('no secret can be given as a flag, which would show in the list of processes', () => {
  const secrets = (DECLARATIONS as readonly Declaration[]).filter(({ type }) => type === 'secret');
  assert.ok(secrets.length >= 2);
  for (const { flag, name } of secrets) assert.equal(flag, undefined, name);
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
