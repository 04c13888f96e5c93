/**
 * Guesses the next tokens of a text from the text itself: where its last tokens stood before, what
 * followed then follows again. A guess is checked by the step that would compute its first token
 * anyway and changes no bit of the answer; a wrong one costs the rows it took.
 *
 * Wrong rows are paid out of a credit, so that a text that does not repeat itself is slowed by no
 * more than CREDIT_PER_TOKEN rows a token (a row more in a step of one costs about a quarter of it:
 * docs/performance.md).
 */

/** Tokens that must agree. */
const CONTEXT = 3;
/** Rows of a guess at most. */
const GUESS_MAX = 16;
const CREDIT_START = 2;
const CREDIT_PER_TOKEN = 0.06;
const CREDIT_MAX = 32;
/** What a right row earns: the step that it saves. */
const CREDIT_PER_HIT = 2;

export class PromptLookup {
  /** Hash of CONTEXT tokens -> position after their last occurrence but the newest. */
  readonly #after = new Map<number, number>();
  #indexed = CONTEXT;
  #credit = CREDIT_START;
  #guess = 4;

  /** What may follow `tokens`, at most `countMax` of them; they only ever grow between calls. */
  propose(tokens: readonly number[], countMax: number): number[] {
    for (; this.#indexed < tokens.length; this.#indexed += 1) {
      this.#after.set(hashBefore(tokens, this.#indexed), this.#indexed);
    }
    const count = Math.min(this.#guess, Math.floor(this.#credit), countMax);
    if (tokens.length <= CONTEXT || count < 1) return [];
    const from = this.#after.get(hashBefore(tokens, tokens.length));
    if (from === undefined) return [];
    for (let back = 1; back <= CONTEXT; back += 1) {
      if (tokens[from - back] !== tokens[tokens.length - back]) return [];
    }
    const guess: number[] = [];
    // The occurrence may overlap the end: what it lacks is what was guessed.
    for (let i = 0; i < count; i += 1)
      guess.push(tokens[from + i] ?? guess[from + i - tokens.length]);
    return guess;
  }

  /** Tells what became of a guess of `drafted` rows, none included, once its step is sampled. */
  settle(drafted: number, accepted: number): void {
    const earned = CREDIT_PER_TOKEN * (accepted + 1) + CREDIT_PER_HIT * accepted;
    this.#credit = Math.min(CREDIT_MAX, this.#credit + earned - (drafted - accepted));
    if (drafted === 0) return;
    this.#guess = accepted === drafted ? Math.min(GUESS_MAX, 2 * this.#guess) : accepted + 1;
  }
}

/** Of the CONTEXT tokens before `at`; collisions are caught by comparing. */
function hashBefore(tokens: readonly number[], at: number): number {
  let hash = 0;
  for (let i = at - CONTEXT; i < at; i += 1) hash = (Math.imul(hash, 0x9e3779b1) + tokens[i]) | 0;
  return hash;
}
