/**
 * Finds stop sequences in a text that arrives in pieces. Text is held back only while it could
 * still become part of a stop sequence. The match that is complete first wins, of those the
 * longest; so the result does not depend on how the text is cut into pieces. Pieces hold whole
 * characters.
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
  readonly #sequences: readonly string[];
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
    this.#sequences = [...new Set(sequences)];
  }

  /** Takes the next piece; not to be called after a match or after `end`. */
  push(piece: string): StopResult {
    assert(!this.#ended, 'nothing is pushed after the end');
    const text = this.#held + piece;
    const match = this.#earliestMatch(text);
    if (match !== undefined) {
      this.#ended = true;
      this.#held = '';
      return { text: text.slice(0, match.start), stopSequence: match.sequence };
    }
    const heldLength = this.#heldLength(text);
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

  #earliestMatch(text: string): { start: number; sequence: string } | undefined {
    let best: { start: number; end: number; sequence: string } | undefined;
    for (const sequence of this.#sequences) {
      const start = text.indexOf(sequence);
      if (start < 0) continue;
      const end = start + sequence.length;
      const isBetter =
        best === undefined || end < best.end || (end === best.end && start < best.start);
      if (isBetter) best = { start, end, sequence };
    }
    return best;
  }

  /** Length of the longest end of the text that begins a stop sequence. */
  #heldLength(text: string): number {
    let longest = 0;
    for (const sequence of this.#sequences) {
      const lengthMax = Math.min(text.length, sequence.length - 1);
      for (let length = lengthMax; length > longest; length -= 1) {
        if (sequence.startsWith(text.slice(text.length - length))) {
          longest = length;
          break;
        }
      }
    }
    return longest;
  }
}

function badRequest(expected: string): VitrineError<SamplerErrorCode> {
  return new VitrineError('bad-request', `expected ${expected}`);
}
