/**
 * Guesses the next tokens of a text from the text itself: where its last tokens stood before, what
 * followed then follows again. A guess is checked by the step that would compute its first token
 * anyway and changes no bit of the answer; a wrong one costs the rows it took.
 *
 * Wrong rows are paid out of a credit, so that a text that does not repeat itself is slowed by no
 * more than CREDIT_PER_TOKEN rows a token (docs/performance.md has what a row costs).
 */

/** Tokens that must agree. */
const CONTEXT = 3;
/** Agreement beyond this many tokens makes no place better than another. */
const AGREEMENT_MAX = 16;
/** Places that are compared. */
const PLACES_MAX = 8;
/** Rows of a guess at most. */
const GUESS_MAX = 16;
const GUESS_START = 4;
const CREDIT_START = 2;
const CREDIT_PER_TOKEN = 0.06;
const CREDIT_MAX = 32;
/** What a right row earns: the step that it saves. */
const CREDIT_PER_HIT = 2;

export class PromptLookup {
  /** Hash of CONTEXT tokens -> position after their last occurrence but the newest. */
  readonly #last = new Map<number, number>();
  /** By position: the one before it with the same hash; -1: none. */
  readonly #before: number[] = [];
  #credit = CREDIT_START;
  #guess = GUESS_START;
  /** Where the last guess came from, behind what was right of it: a copy goes on from there. */
  #cursor = 0;

  /** What may follow `tokens`, at most `countMax` of them; they only ever grow between calls. */
  propose(tokens: readonly number[], countMax: number): number[] {
    this.#index(tokens);
    const count = Math.min(this.#guess, Math.floor(this.#credit), countMax);
    if (tokens.length < CONTEXT || count < 1) return [];
    const from = this.#bestPlace(tokens);
    if (from === undefined) return [];
    this.#cursor = from;
    const guess: number[] = [];
    // The place may be near the end: what the text lacks there is what was guessed.
    for (let i = 0; i < count; i += 1) {
      guess.push(tokens[from + i] ?? guess[from + i - tokens.length]);
    }
    return guess;
  }

  /** Tells what became of the last guess, of `drafted` rows, none included. */
  settle(drafted: number, accepted: number): void {
    const earned = CREDIT_PER_TOKEN * (accepted + 1) + CREDIT_PER_HIT * accepted;
    this.#credit = Math.min(CREDIT_MAX, this.#credit + earned - (drafted - accepted));
    if (drafted === 0) return;
    this.#cursor += accepted;
    this.#guess =
      accepted === drafted ? Math.min(GUESS_MAX, 2 * this.#guess) : Math.max(2, accepted);
  }

  /** Enters every position but the last, which is the one to be looked up. */
  #index(tokens: readonly number[]): void {
    for (let at = this.#before.length; at < tokens.length; at += 1) {
      const hash = hashBefore(tokens, at);
      this.#before.push(this.#last.get(hash) ?? -1);
      if (at >= CONTEXT) this.#last.set(hash, at);
    }
  }

  /** The place with the longest equal past; of equal ones the first from the cursor on. */
  #bestPlace(tokens: readonly number[]): number | undefined {
    let best: number | undefined;
    let bestLength = CONTEXT - 1;
    let at = this.#last.get(hashBefore(tokens, tokens.length)) ?? -1;
    for (let place = 0; place < PLACES_MAX && at >= 0; place += 1) {
      const length = agreement(tokens, at);
      const isNearer = length === bestLength && at >= this.#cursor;
      if (length > bestLength || isNearer) [best, bestLength] = [at, length];
      at = this.#before[at];
    }
    return best;
  }
}

/** How many tokens before `at` are those before the end. */
function agreement(tokens: readonly number[], at: number): number {
  let length = 0;
  while (
    length < AGREEMENT_MAX &&
    length < at &&
    tokens[at - 1 - length] === tokens[tokens.length - 1 - length]
  ) {
    length += 1;
  }
  return length;
}

/** Of the CONTEXT tokens before `at`; collisions are caught by comparing. */
function hashBefore(tokens: readonly number[], at: number): number {
  let hash = 0;
  for (let i = Math.max(0, at - CONTEXT); i < at; i += 1) {
    hash = (Math.imul(hash, 0x9e3779b1) + tokens[i]) | 0;
  }
  return hash;
}
