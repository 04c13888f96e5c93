import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOf, requireLibraries } from './libraries.ts';

test('a library that is missing, too old or of another major version is named', () => {
  const range = '^2.17.1';
  assert.deepEqual(faultOf('x', range, undefined), ['x is not installed']);
  for (const version of ['2.17.0', '2.9.3', '1.20.0', '3.0.0', 'none']) {
    assert.deepEqual(faultOf('x', range, version), [`x is ${version}, not ^2.17.1`]);
  }
  for (const version of ['2.17.1', '2.17.2', '2.18.0']) {
    assert.deepEqual(faultOf('x', range, version), []);
  }
});

test('the libraries of this checkout serve', () => {
  requireLibraries('this test');
});
