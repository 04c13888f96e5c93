/** Literals of a CEL expression, as candidates: the numbers a comparison may turn on. */
import { ScalarType } from '@bufbuild/protobuf';
import type { Scalar } from '../value.ts';

const LITERAL = /'([^'\\]*)'|"([^"\\]*)"|(-?\d+(?:\.\d+)?)u?/g;
const LENGTH_MAX = 200;

/** Values of the field's type; for a text field a number is taken as a length. */
export function celLiterals(expression: string, type: ScalarType, isLong: boolean): Scalar[] {
  const found: Scalar[] = [];
  for (const [, single, double, digits] of expression.matchAll(LITERAL)) {
    const text = single ?? double;
    if (type === ScalarType.STRING) {
      if (text !== undefined) found.push(text);
      else found.push(...lengths(Number(digits)).map((length) => 'a'.repeat(length)));
    } else if (digits !== undefined && type !== ScalarType.BOOL && type !== ScalarType.BYTES) {
      found.push(...numbers(digits, type, isLong));
    }
  }
  return found;
}

function lengths(count: number): number[] {
  if (!Number.isInteger(count) || count > LENGTH_MAX) return [];
  return [count - 1, count, count + 1].filter((length) => length >= 0);
}

function numbers(digits: string, type: ScalarType, isLong: boolean): Scalar[] {
  const value = Number(digits);
  const isFloat = type === ScalarType.FLOAT || type === ScalarType.DOUBLE;
  if (isFloat)
    return [value, value - 1, value + 1].map((x) =>
      type === ScalarType.FLOAT ? Math.fround(x) : x,
    );
  if (!Number.isInteger(value) || Math.abs(value) > 2 ** 31 - 2) return [];
  const isUnsigned = [ScalarType.UINT32, ScalarType.UINT64, ScalarType.FIXED32, ScalarType.FIXED64];
  return [value, value - 1, value + 1]
    .filter((x) => x >= 0 || !isUnsigned.includes(type))
    .map((x) => (isLong ? BigInt(x) : x));
}
