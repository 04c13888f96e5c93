/** Medians and spread of a few repeated measurements. */

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  return { median, min: sorted[0], max: sorted[sorted.length - 1] };
}

/** 103.21 -> "103 (98-110)"; small values keep two decimals. */
export function formatSpread({ median, min, max }: Spread): string {
  const digits = median < 10 ? 2 : median < 100 ? 1 : 0;
  const show = (value: number): string => value.toFixed(digits);
  return `${show(median)} (${show(min)}-${show(max)})`;
}
