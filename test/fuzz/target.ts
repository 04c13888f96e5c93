/** What a fuzzer of one part is: it makes a case from random numbers, and runs it. */

/** A whole number from 0 to below the limit. */
export type Below = (limit: number) => number;

export interface FuzzCase {
  /** Bytes of everything that the part is given, for the bound on its memory. */
  inputBytes: number;
  /**
   * Runs it. Returns a word for how it ended, for the table; throws for whatever may not be.
   */
  run(): string;
}

export interface FuzzTarget {
  readonly name: string;
  /** Of the cases of a long run, in proportion to the other targets'. */
  readonly weight: number;
  /** Memory that a case may take: this many times its input, and a constant. */
  readonly memory: { multiple: number; constantBytes: number };
  /** Longest case, milliseconds of CPU. */
  readonly msMax: number;
  /** Ways to end that a run of a few thousand cases must have met, else it never got deep. */
  readonly outcomes: readonly string[];
  /**
   * Case number `index`. It depends on the two sources of chance alone: `own` is that of this case,
   * `shared` that of its group of GROUP_CASES, for what is too slow to make for each.
   */
  make(own: Below, group: { index: number; random: Below }): FuzzCase;
}

/** Cases in a row that may share what is slow to make. */
export const GROUP_CASES = 64;

/** Numbers from a seed and a place: xorshift32 on a mixture of both. */
export function randomFrom(seed: number, place: number): Below {
  let state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place + 1, 0xc2b2ae35);
  state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
  state = (state ^ (state >>> 13)) >>> 0 || 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state = (state ^ (state << 5)) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}
