import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { formatBytes, toHex } from './bytes.ts';

test('sizes are written in decimal units with one digit behind the point', () => {
  const cases: [number, string][] = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [999_949, '999.9 KB'],
    [999_950, '1.0 MB'],
    [999_949_999, '999.9 MB'],
    [999_950_000, '1.0 GB'],
    [98_362_432, '98.4 MB'],
    [4_294_901_760, '4.3 GB'],
    [5e12, '5.0 TB'],
    [5e15, '5000.0 TB'],
  ];
  for (const [bytes, text] of cases) assert.equal(formatBytes(bytes), text);
});

test('hexadecimal is lower-case, two digits a byte', () => {
  assert.equal(toHex(Uint8Array.from([0, 1, 15, 16, 171, 255])), '00010f10abff');
  assert.equal(toHex(new Uint8Array()), '');
});
