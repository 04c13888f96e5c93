import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Pooling, pool } from './pooling.ts';

interface Vectors {
  pool: { rows: string; width: number; cases: [Pooling, number, string][] };
}

const url = new URL('../../../test/oracle/numerics/encoder-vectors.json', import.meta.url);
const { pool: VECTORS } = JSON.parse(readFileSync(url, 'utf8')) as Vectors;
const floatsOf = (text: string): Float32Array =>
  new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);

test('pooling gives the bits of the vectors of section 24, whole and cut', () => {
  assert.equal(VECTORS.cases.length, 4);
  for (const [pooling, dimensions, expected] of VECTORS.cases) {
    const ours = pool(floatsOf(VECTORS.rows), VECTORS.width, pooling, dimensions);
    assert.deepEqual(ours, floatsOf(expected), `${pooling}, ${dimensions}`);
  }
});

test('a value of -0 alone gives +0, section 24.3', () => {
  for (const pooling of ['mean', 'cls'] as const) {
    const [zero, one] = pool(new Float32Array([-0, 3, -0, 3]), 2, pooling);
    assert.ok(Object.is(zero, 0) && one === 1, pooling);
  }
});

test('rows of zeros give zeros, and what is not finite is an error', () => {
  assert.deepEqual(pool(new Float32Array(8), 4, 'mean'), new Float32Array(4));
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const rows = new Float32Array(8).fill(value);
    assert.throws(() => pool(rows, 4, 'cls'), { code: 'numeric-fault' });
  }
});
