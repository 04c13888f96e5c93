/** Samples the elementary functions and keeps the largest errors; for the test and the script. */
import { expF32, expF64, logF64, Random, sinCosF64 } from '../src/engine/kernels/index.ts';
import { expFixed, logFixed, sinCosFixed, toFixed, ulpError } from './exact-math.ts';

export interface Worst {
  /** Units in the last place of the exact result. */
  ulps: number;
  /** Where. */
  at: number;
  samples: number;
}

const bits = new Uint32Array(1);
const floats = new Float32Array(bits.buffer);

/** Every `stride`th f32 from -0 down to -87 and from +0 up to 88. */
export function* floatsOfExp(stride: number): Generator<number> {
  for (const [first, last] of [
    [0x80000000, 0xc2ae0000],
    [0, 0x42b00000],
  ]) {
    for (let word = first; word <= last; word += stride) {
      bits[0] = word;
      yield floats[0];
    }
  }
}

function ulpF32(exact: number): number {
  return 2 ** (Math.max(Math.floor(Math.log2(Math.abs(exact))), -126) - 23);
}

function worstOf(inputs: Iterable<number>, errorOf: (x: number) => number): Worst {
  const worst = { ulps: 0, at: 0, samples: 0 };
  for (const x of inputs) {
    const ulps = errorOf(x);
    worst.samples += 1;
    if (ulps > worst.ulps || Number.isNaN(ulps)) Object.assign(worst, { ulps, at: x });
  }
  return worst;
}

/** Against Math.exp, whose own error is below 2^-28 of an f32 ulp. */
export function measureExpF32(stride: number): Worst {
  return worstOf(floatsOfExp(stride), (x) => {
    const exact = Math.exp(x);
    return Math.abs(expF32(x) - exact) / ulpF32(exact);
  });
}

/** x / (1 + e^-x), as the kernels compute it, for |x| <= 86. */
export function measureSilu(stride: number): Worst {
  const f = Math.fround;
  function* inputs(): Generator<number> {
    for (const x of floatsOfExp(stride)) if (Math.abs(x) <= 86 && Math.abs(x) > 2 ** -100) yield x;
  }
  return worstOf(inputs(), (x) => {
    const exact = x / (1 + Math.exp(-x));
    return Math.abs(f(x / f(1 + expF32(-x))) - exact) / ulpF32(exact);
  });
}

/** Uniform numbers in [low, high) with a fixed seed. */
function* uniform(count: number, low: number, high: number): Generator<number> {
  const random = new Random(12345);
  for (let i = 0; i < count; i += 1) {
    yield low + ((random.next() + random.next() * 2 ** -32) / 2 ** 32) * (high - low);
  }
}

export function measureExpF64(count: number, low: number, high: number): Worst {
  return worstOf(uniform(count, low, high), (x) => ulpError(expF64(x), expFixed(toFixed(x)), 53));
}

/** At the powers of two times numbers in [1, 2), exponents -60 to 60. */
export function measureLogF64(count: number): Worst {
  function* inputs(): Generator<number> {
    let i = 0;
    for (const m of uniform(count, 1, 2)) {
      yield m * 2 ** ((i % 121) - 60);
      i += 1;
    }
    // Where the logarithm is near 0 and cancellation would show.
    for (const near of uniform(Math.ceil(count / 4), -0.3, 0.3)) yield 1 + near;
  }
  return worstOf(inputs(), (x) => ulpError(logF64(x), logFixed(toFixed(x)), 53));
}

/**
 * The larger error of sine and cosine, in units of 2^-53 (the last place of results in [1/2, 1)):
 * what counts for a rotation is the absolute error.
 */
export function measureSinCosF64(count: number, high: number): Worst {
  return worstOf(uniform(count, -high, high), (x) => {
    const exact = sinCosFixed(toFixed(x));
    const { sin, cos } = sinCosF64(x);
    const unit = 1n << (256n - 53n - 20n);
    const error = (a: number, b: bigint): number => {
      const difference = toFixed(a) - b;
      return Number((difference < 0n ? -difference : difference) / unit) / 2 ** 20;
    };
    return Math.max(error(sin, exact.sin), error(cos, exact.cos));
  });
}
