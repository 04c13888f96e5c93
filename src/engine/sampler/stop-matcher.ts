/**
 * Finds stop sequences in a text that arrives in pieces. Text is held back only while it could
 * still become part of a stop sequence. The match that is complete first wins, of those the
 * longest; so the result does not depend on how the text is cut into pieces. Pieces hold whole
 * characters.
 *
 * Each sequence has a table of its own beginnings (Knuth, Morris and Pratt, "Fast pattern matching
 * in strings", 1977), and how far it is matched is carried over pieces: a character costs two
 * comparisons a sequence on average, however long the sequences and the held text are.
 */
import { assert, VitrineError } from '../../base/index.ts';
import type { SamplerErrorCode } from './params.ts';

/** Sequences of one request; the APIs allow fewer. */
export const STOP_SEQUENCES_MAX = 64;
/** Length of a sequence, UTF-16 units. */
export const STOP_SEQUENCE_LENGTH_MAX = 4096;

export interface StopResult {
  /** Text that can no longer be part of a stop sequence. */
  text: string;
  /** The sequence that was met; none of its text is emitted, and nothing follows. */
  stopSequence?: string;
}

export class StopMatcher {
  readonly #sequences: readonly SequenceMatcher[];
  #held = '';
  #ended = false;

  /** @throws VitrineError bad-request: an empty sequence, too many or too long ones. */
  constructor(sequences: readonly string[]) {
    if (sequences.length > STOP_SEQUENCES_MAX) {
      throw badRequest(`at most ${STOP_SEQUENCES_MAX} stop sequences, came ${sequences.length}`);
    }
    for (const { length } of sequences) {
      if (length === 0) throw badRequest('stop sequences that are not empty, came an empty one');
      if (length > STOP_SEQUENCE_LENGTH_MAX) {
        throw badRequest(`stop sequences of at most ${STOP_SEQUENCE_LENGTH_MAX}, came ${length}`);
      }
    }
    this.#sequences = [...new Set(sequences)].map((sequence) => new SequenceMatcher(sequence));
  }

  /** Takes the next piece; not to be called after a match or after `end`. */
  push(piece: string): StopResult {
    assert(!this.#ended, 'nothing is pushed after the end');
    const text = this.#held + piece;
    for (let at = this.#held.length; at < text.length; at += 1) {
      const sequence = this.#met(piece.charCodeAt(at - this.#held.length));
      if (sequence === undefined) continue;
      this.#ended = true;
      this.#held = '';
      return { text: text.slice(0, at + 1 - sequence.length), stopSequence: sequence };
    }
    const heldLength = this.#sequences.reduce((max, { matched }) => Math.max(max, matched), 0);
    this.#held = text.slice(text.length - heldLength);
    return { text: text.slice(0, text.length - heldLength) };
  }

  /** What is still held back: it did not become a stop sequence. */
  end(): string {
    this.#ended = true;
    const text = this.#held;
    this.#held = '';
    return text;
  }

  /** Comparisons so far, those of the tables too: for the test of the bound. */
  get comparisons(): number {
    return this.#sequences.reduce((sum, { comparisons }) => sum + comparisons, 0);
  }

  /** The longest sequence that the next unit completes. */
  #met(unit: number): string | undefined {
    let longest: string | undefined;
    for (const matcher of this.#sequences) {
      if (!matcher.push(unit)) continue;
      if (longest === undefined || matcher.sequence.length > longest.length) {
        longest = matcher.sequence;
      }
    }
    return longest;
  }
}

/** One sequence, and how much of it the text so far ends with. */
class SequenceMatcher {
  readonly sequence: string;
  /** Length of the longest end of the text that begins the sequence, UTF-16 units. */
  matched = 0;
  comparisons = 0;
  /** [length of sequence] At i: the longest part that begins and ends its first i + 1 units. */
  readonly #borders: Uint16Array;

  constructor(sequence: string) {
    this.sequence = sequence;
    this.#borders = new Uint16Array(sequence.length);
    for (let i = 1; i < sequence.length; i += 1) {
      this.#borders[i] = this.#next(this.#borders[i - 1], sequence.charCodeAt(i));
    }
  }

  /** True when the unit completes the sequence; then nothing may follow. */
  push(unit: number): boolean {
    this.matched = this.#next(this.matched, unit);
    return this.matched === this.sequence.length;
  }

  #next(matched: number, unit: number): number {
    for (let length = matched; ; length = this.#borders[length - 1]) {
      this.comparisons += 1;
      if (this.sequence.charCodeAt(length) === unit) return length + 1;
      if (length === 0) return 0;
    }
  }
}

function badRequest(expected: string): VitrineError<SamplerErrorCode> {
  return new VitrineError('bad-request', `expected ${expected}`);
}
