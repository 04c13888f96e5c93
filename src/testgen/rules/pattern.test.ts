import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchingText } from './pattern.ts';

const READABLE = [
  '^[a-z]+$',
  '^([0-9]{10}|[0-9]{13})$',
  '^[A-Z]{2}-\\d{3,}$',
  '^(?:foo|bar)?baz\\.$',
  '^[^a-z0-9]x*$',
  '^[\\w.-]+@[a-z]{2,}\\.[a-z]+$',
  '^\\+?[1-9]\\d{1,14}$',
  '^projects/[^/]+/topics/[a-zA-Z][\\w-]{2,}$',
  '^$',
  'a|b',
  '^[]x]$',
  '^.{3}\\n$',
];

describe('a text for a pattern', () => {
  for (const pattern of READABLE) {
    it(`matches ${pattern}`, () => {
      const text = matchingText(pattern);
      assert.ok(text !== undefined);
      // ECMAScript reads []x] otherwise than RE2.
      assert.match(text, new RegExp(pattern.replace('[]x]', '[\\]x]')));
    });
  }

  it('reads the named classes of RE2', () => {
    assert.equal(matchingText('^[[:upper:]][[:digit:]]{2}$'), 'A00');
  });

  it('is not made for what this does not read, nor for a huge one', () => {
    for (const pattern of ['(', '[a', '\\p{Greek}', 'a{100000}', '*', 'a)']) {
      assert.equal(matchingText(pattern), undefined, pattern);
    }
  });
});
