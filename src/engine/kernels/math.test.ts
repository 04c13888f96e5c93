/**
 * Bounds of docs/formats/numerics.md section 4, over samples; scripts/measure-math.ts takes more.
 */
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import {
  measureExpF32,
  measureExpF64,
  measureLogF64,
  measureSilu,
  measureSinCosF64,
  type Worst,
} from '../../../test/math-measure.ts';
import { expF32, expF64, logF64, roundTiesToEven, sinCosF64, tree16 } from './math.ts';

/** The stated bounds; each row also says how many samples there must be, so that none is empty. */
const BOUNDS: [name: string, bound: number, samples: number, measure: () => Worst][] = [
  ['exp in f32 is off by at most 1 ulp', 1, 200_000, () => measureExpF32(10_007)],
  ['SiLU in f32 is off by at most 2.5 ulp', 2.5, 150_000, () => measureSilu(10_007)],
  [
    'exp in f64 is off by at most 1.5 ulp from -28 to 0',
    1.5,
    2000,
    () => measureExpF64(2000, -28, 0),
  ],
  ['exp in f64 is off by at most 1.5 ulp to 120', 1.5, 2000, () => measureExpF64(2000, -120, 120)],
  ['log in f64 is off by at most 3 ulp', 3, 2000, () => measureLogF64(2000)],
  [
    'sin and cos are off by at most 2 units of 2^-53 up to 2^20',
    ...([2, 1000, () => measureSinCosF64(1000, 2 ** 20)] as const),
  ],
];

for (const [name, bound, samples, measure] of BOUNDS) {
  test(name, (t) => {
    const worst = measure();
    t.diagnostic(`worst ${worst.ulps.toFixed(3)} at ${worst.at}, ${worst.samples} samples`);
    assert.ok(worst.samples >= samples, `${worst.samples} samples`);
    assert.ok(worst.ulps <= bound, `${worst.ulps} at ${worst.at}`);
  });
}

test('exp in f32 is +0 below -87, e^88 above 88, exactly 1 at both zeros, NaN at NaN', () => {
  for (const x of [-87.00001, -1000, -3e38, Number.NEGATIVE_INFINITY]) {
    assert.ok(Object.is(expF32(Math.fround(x)), 0), `${x}`);
  }
  const top = expF32(88);
  assert.equal(top, Math.fround(1.6516363e38));
  for (const x of [88.5, 1000, Number.POSITIVE_INFINITY]) assert.equal(expF32(x), top);
  for (const x of [0, -0, 1e-40, -1e-40]) assert.equal(expF32(Math.fround(x)), 1);
  assert.ok(Number.isNaN(expF32(Number.NaN)));
});

test('exp in f32 at -87 is the least result that is not 0, and a normal number', () => {
  const least = expF32(-87);
  assert.ok(least >= 2 ** -126 && least < 2 ** -125, `${least}`);
});

test('exp in f32 does not fall by more than its error where the argument grows', () => {
  let last = 0;
  for (let x = -87; x <= 88; x += 1 / 512) {
    const value = expF32(Math.fround(x));
    assert.ok(value > last, `${x}`);
    last = value;
  }
});

test('rounding goes to the nearest integer, and to the even one from the middle', () => {
  const cases: [number, number][] = [
    ...([
      [0.5, 0],
      [1.5, 2],
      [2.5, 2],
      [-0.5, 0],
      [-1.5, -2],
      [-2.5, -2],
    ] as [number, number][]),
    ...([
      [0.49999997, 0],
      [0.50000006, 1],
      [126.5, 126],
      [127.5, 128],
    ] as [number, number][]),
    ...([
      [-126.5, -126],
      [32766.5, 32766],
      [-32767.4, -32767],
    ] as [number, number][]),
  ];
  for (const [x, expected] of cases) assert.equal(roundTiesToEven(x) + 0, expected, `${x}`);
});

test('the tree adds j and j + 8, then 4, 2, 1, and no other order', () => {
  // 2^24 + 1 is not an f32: the order shows.
  const p = new Float32Array(16);
  p.set([2 ** 24, 1], 0);
  p[8] = 1;
  p[9] = 1;
  // (2^24 + 1) = 2^24 to even; (1 + 1) = 2; their sum is exact.
  assert.equal(tree16(p), 2 ** 24 + 2);
  const q = new Float32Array(16);
  q[0] = 2 ** 24;
  q[1] = 1;
  q[2] = 1;
  // 0 + 2 is added first (2^24 + 1 = 2^24), then 1: 2^24.
  assert.equal(tree16(q), 2 ** 24);
});

test('functions in f64 give the exact value where there is one', () => {
  assert.equal(expF64(0), 1);
  assert.equal(expF64(-0), 1);
  assert.equal(logF64(1), 0);
  assert.deepEqual(sinCosF64(0), { sin: 0, cos: 1 });
});
