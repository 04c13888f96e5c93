/**
 * exp, ln, sin and cos to 2^-200, in integers: what the elementary functions of
 * docs/formats/numerics.md are measured against. A number is a BigInt of units of 2^-256. Slow.
 */

const BITS = 256n;
const ONE = 1n << BITS;

const words = new BigUint64Array(1);
const double = new Float64Array(words.buffer);

/** An f64 of magnitude 0 or 2^-200 and above -> fixed point, exactly. */
export function toFixed(x: number): bigint {
  double[0] = x;
  const exponent = Number((words[0] >> 52n) & 2047n);
  const mantissa = (words[0] & ((1n << 52n) - 1n)) | (exponent === 0 ? 0n : 1n << 52n);
  const shift = BigInt(exponent - 1075) + BITS;
  const magnitude = shift >= 0n ? mantissa << shift : mantissa >> -shift;
  return x < 0 ? -magnitude : magnitude;
}

function multiply(a: bigint, b: bigint): bigint {
  return (a * b) >> BITS;
}

function divide(a: bigint, b: bigint): bigint {
  return (a << BITS) / b;
}

/** atanh(1/n) or atan(1/n), by their series. */
function inverseTangent(n: bigint, sign: 1n | -1n): bigint {
  let power = ONE / n;
  let sum = power;
  for (let k = 3n; power !== 0n; k += 2n) {
    power = (sign * power) / (n * n);
    sum += power / k;
  }
  return sum;
}

const LN2 =
  18n * inverseTangent(26n, 1n) - 2n * inverseTangent(4801n, 1n) + 8n * inverseTangent(8749n, 1n);
const PI = 16n * inverseTangent(5n, -1n) - 4n * inverseTangent(239n, -1n);

function nearestInteger(a: bigint, unit: bigint): bigint {
  const doubled = 2n * a + unit;
  const quotient = doubled / (2n * unit);
  return doubled < 0n && doubled % (2n * unit) !== 0n ? quotient - 1n : quotient;
}

export function expFixed(x: bigint): bigint {
  const n = nearestInteger(x, LN2);
  // Halved eight times, so that few terms do; squared back.
  const r = (x - n * LN2) >> 8n;
  let term = ONE;
  let sum = ONE;
  for (let k = 1n; term !== 0n; k += 1n) {
    term = multiply(term, r) / k;
    if (term === -1n) break;
    sum += term;
  }
  for (let i = 0; i < 8; i += 1) sum = multiply(sum, sum);
  return n >= 0n ? sum << n : sum >> -n;
}

/** @param x above 0 */
export function logFixed(x: bigint): bigint {
  let e = 0n;
  let m = x;
  while (m > (ONE * 4n) / 3n) {
    m >>= 1n;
    e += 1n;
  }
  while (m < (ONE * 2n) / 3n) {
    m <<= 1n;
    e -= 1n;
  }
  const s = divide(m - ONE, m + ONE);
  const z = multiply(s, s);
  let power = s;
  let sum = s;
  for (let k = 3n; power !== 0n && power !== -1n; k += 2n) {
    power = multiply(power, z);
    sum += power / k;
  }
  return 2n * sum + e * LN2;
}

export function sinCosFixed(x: bigint): { sin: bigint; cos: bigint } {
  const n = nearestInteger(x, PI / 2n);
  const r = x - (n * PI) / 2n;
  const z = -multiply(r, r);
  let sin = r;
  let cos = ONE;
  let sinTerm = r;
  let cosTerm = ONE;
  for (let k = 1n; k < 80n; k += 1n) {
    cosTerm = multiply(cosTerm, z) / ((2n * k - 1n) * 2n * k);
    sinTerm = multiply(sinTerm, z) / (2n * k * (2n * k + 1n));
    cos += cosTerm;
    sin += sinTerm;
  }
  const quadrant = Number(((n % 4n) + 4n) % 4n);
  if (quadrant === 0) return { sin, cos };
  if (quadrant === 1) return { sin: cos, cos: -sin };
  if (quadrant === 2) return { sin: -sin, cos: -cos };
  return { sin: -cos, cos: sin };
}

/** log2 of a power of two that is at most the magnitude of `exact`. */
function exponentOf(exact: bigint): number {
  const magnitude = exact < 0n ? -exact : exact;
  return magnitude.toString(2).length - 1 - Number(BITS);
}

/**
 * How far `computed` lies from `exact`, in units in the last place of `exact` in a format with
 * `precision` bits of mantissa: 53 for f64, 24 for f32 (of which the least exponent is -126).
 */
export function ulpError(computed: number, exact: bigint, precision: 24 | 53): number {
  const exponent = Math.max(exponentOf(exact), precision === 24 ? -126 : -1022);
  const ulp = BITS + BigInt(exponent - precision + 1);
  const difference = toFixed(computed) - exact;
  const magnitude = difference < 0n ? -difference : difference;
  // 20 bits behind the point are enough to show.
  return Number((magnitude << 20n) >> ulp) / 2 ** 20;
}
