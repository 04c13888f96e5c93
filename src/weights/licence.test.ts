import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLicence } from './licence.ts';

test('OSI licences pass in every common spelling', () => {
  for (const licence of ['apache-2.0', 'Apache 2.0', 'MIT', 'GPL-3.0-or-later', 'agpl-3.0-only']) {
    assert.equal(checkLicence('m', licence, undefined), 'osi', licence);
  }
});

test('other licences, and none, are refused until they are accepted by name', () => {
  for (const [licence, name] of [
    ['llama3.2', 'llama3.2'],
    ['gemma', 'gemma'],
    ['CC-BY-NC-4.0', 'cc-by-nc-4.0'],
    ['other', 'other'],
    ['', 'unknown'],
    [undefined, 'unknown'],
  ] as const) {
    assert.throws(() => checkLicence('m', licence, undefined), {
      code: 'licence-refused',
      message: new RegExp(`--accept-licence ${name.replaceAll('.', '\\.')}`),
    });
    assert.throws(() => checkLicence('m', licence, 'mit'), { code: 'licence-refused' });
    assert.equal(checkLicence('m', licence, name.toUpperCase()), 'accepted');
  }
});
