/**
 * Byte-pair merging: the pair of neighbours with the lowest rank merges first, the leftmost among
 * equals, until no pair has a rank. Pairs may share a rank (SentencePiece has scores, which may be
 * equal), so a product is asked of the pair. An id without a pair, below zero too, stays as it is.
 *
 * Two ways, equal by test: short words scan for the lowest rank (quadratic, no bookkeeping), long
 * ones keep a heap (n log n: a million times one letter is one word).
 */
import type { PairTable } from './pair-table.ts';

/** Longest word for the scan, symbols. Equal cost was measured between 40 and 100. */
const SCAN_SYMBOLS_MAX = 48;

/** Merges `ids[0..count)` in place; returns how many are left. */
export function mergePairs(pairs: PairTable, ids: Int32Array, count: number): number {
  if (count < 2) return count;
  return count <= SCAN_SYMBOLS_MAX
    ? mergeByScan(pairs, ids, count)
    : mergeByHeap(pairs, ids, count);
}

const NO_RANK = 0x7fffffff;
/** Scratch of mergeByScan: rank of (i, i + 1). Used only within one call. */
const scanRanks = new Int32Array(SCAN_SYMBOLS_MAX);

/** For words of up to 48 symbols. */
export function mergeByScan(pairs: PairTable, ids: Int32Array, count: number): number {
  let left = count;
  for (let i = 0; i + 1 < left; i += 1) scanRanks[i] = rankOrNone(pairs, ids[i], ids[i + 1]);
  while (left > 1) {
    let best = NO_RANK;
    let at = 0;
    for (let i = 0; i + 1 < left; i += 1) {
      if (scanRanks[i] < best) {
        best = scanRanks[i];
        at = i;
      }
    }
    if (best === NO_RANK) break;
    ids[at] = pairs.productOf(ids[at], ids[at + 1]);
    left -= 1;
    for (let i = at + 1; i < left; i += 1) {
      ids[i] = ids[i + 1];
      scanRanks[i] = scanRanks[i + 1];
    }
    if (at > 0) scanRanks[at - 1] = rankOrNone(pairs, ids[at - 1], ids[at]);
    if (at + 1 < left) scanRanks[at] = rankOrNone(pairs, ids[at], ids[at + 1]);
  }
  return left;
}

function rankOrNone(pairs: PairTable, left: number, right: number): number {
  const rank = pairs.rankOf(left, right);
  return rank < 0 ? NO_RANK : rank;
}

/** For words of any length below 2^31 symbols. */
export function mergeByHeap(pairs: PairTable, ids: Int32Array, count: number): number {
  // Linked list over the symbols, and the rank of each with its right neighbour (-1: none).
  const previous = new Int32Array(count);
  const next = new Int32Array(count);
  const ranks = new Int32Array(count);
  const heap = new NumberHeap(count);
  const enter = (at: number, rank: number) => {
    ranks[at] = rank;
    // Rank first, position second: one number that sorts as the pair does (below 2^53).
    if (rank >= 0) heap.push(rank * 0x80000000 + at);
  };
  for (let i = 0; i < count; i += 1) {
    previous[i] = i - 1;
    next[i] = i + 1;
    enter(i, i + 1 < count ? pairs.rankOf(ids[i], ids[i + 1]) : -1);
  }
  while (heap.size > 0) {
    const entry = heap.pop();
    const rank = Math.floor(entry / 0x80000000);
    const at = entry - rank * 0x80000000;
    // Entries are not removed when a neighbour merges; those that no longer hold are skipped here.
    if (ranks[at] !== rank) continue;
    const gone = next[at];
    const after = next[gone];
    ids[at] = pairs.productOf(ids[at], ids[gone]);
    ranks[gone] = -1;
    next[at] = after;
    if (after < count) previous[after] = at;
    enter(at, after < count ? pairs.rankOf(ids[at], ids[after]) : -1);
    const before = previous[at];
    if (before >= 0) enter(before, pairs.rankOf(ids[before], ids[at]));
  }
  let left = 0;
  for (let i = 0; i < count; i = next[i]) {
    ids[left] = ids[i];
    left += 1;
  }
  return left;
}

/** Binary min-heap of numbers. */
class NumberHeap {
  size = 0;
  private items: Float64Array;

  constructor(capacity: number) {
    this.items = new Float64Array(capacity + 1);
  }

  push(value: number): void {
    if (this.size === this.items.length) {
      const grown = new Float64Array(this.size * 2);
      grown.set(this.items);
      this.items = grown;
    }
    const { items } = this;
    let at = this.size;
    this.size += 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (items[parent] <= value) break;
      items[at] = items[parent];
      at = parent;
    }
    items[at] = value;
  }

  /** The lowest; the heap must not be empty. */
  pop(): number {
    const { items } = this;
    const lowest = items[0];
    this.size -= 1;
    const value = items[this.size];
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= this.size) break;
      if (child + 1 < this.size && items[child + 1] < items[child]) child += 1;
      if (items[child] >= value) break;
      items[at] = items[child];
      at = child;
    }
    items[at] = value;
    return lowest;
  }
}
