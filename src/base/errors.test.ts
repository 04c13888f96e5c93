import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { isVitrineError, messageOf, VitrineError } from './errors.ts';

test('an error of ours is told by its code, also as a copy that lost its class', () => {
  const error = new VitrineError('bad-value', 'expected this, got that', {
    cause: new Error('why'),
  });
  assert.equal(isVitrineError(error), true);
  assert.equal(isVitrineError(error, 'bad-value'), true);
  assert.equal(isVitrineError(error, 'other'), false);
  const copy = Object.assign(new Error('expected this'), {
    name: 'VitrineError',
    code: 'bad-value',
  });
  assert.ok(isVitrineError(copy, 'bad-value'));
  for (const other of [new Error('x'), { name: 'VitrineError', code: 'x' }, null, undefined, 'x']) {
    assert.ok(!isVitrineError(other));
  }
});

test('the message of anything thrown is one line', () => {
  assert.equal(messageOf(new Error('first\n   second\r\n\nthird')), 'first second third');
  assert.equal(messageOf('text'), 'text');
  assert.equal(messageOf(undefined), 'undefined');
  assert.equal(messageOf({ toString: () => 'a\nb' }), 'a b');
});
