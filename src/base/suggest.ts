/** "Did you mean": the nearest of a few known words, by edit distance. */

const BEGINNING_LENGTH_MIN = 3;

/**
 * The nearest candidate within a third of the word's length, else the only one that begins with the
 * word, else undefined.
 */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(word.toLowerCase(), candidate.toLowerCase(), bestDistance);
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best ?? beginningWith(word.toLowerCase(), candidates);
}

function beginningWith(word: string, candidates: readonly string[]): string | undefined {
  const found = new Set(candidates.filter((name) => name.toLowerCase().startsWith(word)));
  const [only] = found;
  return found.size === 1 && word.length >= BEGINNING_LENGTH_MIN ? only : undefined;
}

/** Levenshtein distance; words that differ in length by `limit` or more are not compared. */
export function editDistance(a: string, b: string, limit = Number.POSITIVE_INFINITY): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
