import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { expFixed, logFixed, sinCosFixed, toFixed, ulpError } from '../../../test/exact-math.ts';
import { fillRopeTable } from './rope.ts';

interface RopeVector {
  base: number;
  D: number;
  positions: number[];
  rows: string;
}

test('the table has the bits of the vectors', () => {
  const url = new URL('../../../test/oracle/numerics/vectors.json', import.meta.url);
  const vectors = JSON.parse(readFileSync(url, 'utf8')).rope as RopeVector[];
  assert.equal(vectors.length, 3);
  for (const { base, D, positions, rows } of vectors) {
    const expected = new Float32Array(new Uint8Array(Buffer.from(rows, 'base64')).buffer);
    const reachable = positions.filter((position) => position <= 8191);
    const table = new Float32Array(8192 * D);
    fillRopeTable(table, base, D);
    for (const [i, position] of reachable.entries()) {
      const row = table.subarray(position * D, (position + 1) * D);
      assert.deepEqual(row, expected.subarray(i * D, (i + 1) * D), `${base} ${position}`);
    }
  }
});

test('angles are the exact ones, rounded to f32 with at most 0.51 ulp or 2^-40', (t) => {
  let worst = 0;
  for (const [base, D] of [
    [10000, 64],
    [100000, 64],
    [500000, 128],
    [1e6, 96],
  ]) {
    const positions = 8192;
    const table = new Float32Array(positions * D);
    fillRopeTable(table, base, D);
    const logBase = logFixed(toFixed(base));
    for (const position of [0, 1, 2, 3, 100, 511, 4095, 8191]) {
      for (let i = 0; i < D / 2; i += 5) {
        const frequency = expFixed((-BigInt(2 * i) * logBase) / BigInt(D));
        const { sin, cos } = sinCosFixed(BigInt(position) * frequency);
        for (const [computed, exact] of [
          [table[position * D + 2 * i], cos],
          [table[position * D + 2 * i + 1], sin],
        ] as const) {
          const difference = toFixed(computed) - exact;
          const isTiny = (difference < 0n ? -difference : difference) < 1n << 216n;
          if (!isTiny) worst = Math.max(worst, ulpError(computed, exact, 24));
        }
      }
    }
  }
  t.diagnostic(`worst ${worst} ulp`);
  assert.ok(worst > 0.4 && worst <= 0.51, `${worst}`);
});

test('position 0 is no rotation, and a longer table begins as a shorter one', () => {
  const [short, long] = [new Float32Array(10 * 64), new Float32Array(100 * 64)];
  fillRopeTable(short, 10000, 64);
  fillRopeTable(long, 10000, 64);
  assert.deepEqual(long.subarray(0, short.length), short);
  for (let i = 0; i < 64; i += 2) assert.deepEqual([short[i], short[i + 1]], [1, 0]);
});
