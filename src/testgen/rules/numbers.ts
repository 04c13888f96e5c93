/** Numbers at the bounds of a numeric rule. */
import { ScalarType } from '@bufbuild/protobuf';

interface NumberCandidate {
  readonly label: string;
  readonly value: number | bigint;
}

/**
 * Every number that the rules name, with its neighbours where the type has room. `rules` is any of
 * the twelve numeric rule messages: their shapes differ only in the number's type.
 */
export function numberCandidates(
  type: ScalarType,
  rules: Readonly<Record<string, unknown>>,
): NumberCandidate[] {
  const named = new Set<number | bigint>();
  const collect = (given: unknown): void => {
    if (typeof given === 'number' || typeof given === 'bigint') named.add(given);
    else if (Array.isArray(given)) for (const item of given) collect(item);
    else if (typeof given === 'object' && given !== null && 'value' in given) collect(given.value);
  };
  for (const [key, given] of Object.entries(rules)) {
    if (key === 'const' && !Object.hasOwn(rules, 'const')) continue;
    if (key !== 'example') collect(given);
  }
  const values = [...named].flatMap((n) => [n, ...neighbours(type, n)]);
  return [...new Set(values)].map((value) => ({ label: String(value), value }));
}

function neighbours(type: ScalarType, n: number | bigint): (number | bigint)[] {
  if (type === ScalarType.FLOAT || type === ScalarType.DOUBLE) {
    const near = Number(n);
    const step = Math.max(Math.abs(near) * 2 ** -10, 2 ** -10);
    const round = type === ScalarType.FLOAT ? Math.fround : (x: number) => x;
    return [round(near - step), round(near + step)];
  }
  const [least, most] = RANGE[type] ?? [0n, 0n];
  const around = [BigInt(n) - 1n, BigInt(n) + 1n].filter((x) => x >= least && x <= most);
  return typeof n === 'bigint' ? around : around.map(Number);
}

const I32 = [-(2n ** 31n), 2n ** 31n - 1n] as const;
const U32 = [0n, 2n ** 32n - 1n] as const;
const I64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const U64 = [0n, 2n ** 64n - 1n] as const;

const RANGE: Partial<Record<ScalarType, readonly [bigint, bigint]>> = {
  [ScalarType.INT32]: I32,
  [ScalarType.SINT32]: I32,
  [ScalarType.SFIXED32]: I32,
  [ScalarType.UINT32]: U32,
  [ScalarType.FIXED32]: U32,
  [ScalarType.INT64]: I64,
  [ScalarType.SINT64]: I64,
  [ScalarType.SFIXED64]: I64,
  [ScalarType.UINT64]: U64,
  [ScalarType.FIXED64]: U64,
};
