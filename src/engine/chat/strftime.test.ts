import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { formatTime } from './strftime.ts';

const NOON = Date.UTC(2026, 0, 5, 12, 4, 9);

test('directives are those of Python, in UTC and English', () => {
  const cases: [string, string][] = [
    ['%Y-%m-%d', '2026-01-05'],
    ['%d %b %Y', '05 Jan 2026'],
    ['%A, %B %-d, %Y', 'Monday, January 5, 2026'],
    ['%a %y %j', 'Mon 26 005'],
    ['%H:%M:%S %I %p', '12:04:09 12 PM'],
    ['%-m/%-d %-H:%-M', '1/5 12:4'],
    ['%Z %z %%', 'UTC +0000 %'],
    ['no directive', 'no directive'],
    ['', ''],
  ];
  for (const [format, text] of cases) assert.equal(formatTime(format, NOON), text, format);
});

test('midnight is 12 AM, and 31 December of a leap year is day 366', () => {
  assert.equal(formatTime('%I %p', Date.UTC(2026, 0, 1)), '12 AM');
  assert.equal(formatTime('%j', Date.UTC(2024, 11, 31, 23, 59, 59)), '366');
});

test('unknown directives make the whole format unknown', () => {
  for (const format of ['%Q', '%', 'x%', '%-a', '%-', '%\n', '%Y %Q']) {
    assert.equal(formatTime(format, NOON), undefined, JSON.stringify(format));
  }
});
