/**
 * Log-probabilities of the tokens that make up the text a client sees. Tokens wait until their text
 * is out: those of a stop sequence, whose text never comes, are left out, as are end-of-turn
 * tokens.
 */
import type { ChatLogprob } from '../api/index.ts';
import type { GenerateEvent, Tokenizer, TokenLogprob } from '../engine/index.ts';

/** OpenAI's number for a probability of 0, which JSON cannot write as -Infinity. */
const LOGPROB_MIN = -9999;

export class LogprobCollector {
  readonly #tokenizer: Tokenizer;
  #waiting: ChatLogprob[] = [];

  constructor(tokenizer: Tokenizer) {
    this.#tokenizer = tokenizer;
  }

  /** The entries that belong to what has been shown with this event. */
  take(event: Exclude<GenerateEvent, { type: 'prefill' }>): ChatLogprob[] {
    if (event.type === 'token' && !this.#tokenizer.endOfTurnIds.includes(event.tokenId)) {
      const { tokenId, logprob = LOGPROB_MIN, topLogprobs = [] } = event;
      this.#waiting.push({
        ...this.#entry({ tokenId, logprob }),
        top_logprobs: topLogprobs.map((top) => this.#entry(top)),
      });
    }
    const isShown = event.text !== '' || (event.type === 'end' && event.reason !== 'stop-sequence');
    if (!isShown) return [];
    const shown = this.#waiting;
    this.#waiting = [];
    return shown;
  }

  #entry({ tokenId, logprob }: TokenLogprob): Omit<ChatLogprob, 'top_logprobs'> {
    return {
      token: this.#tokenizer.decode([tokenId], { special: true }),
      logprob: Math.max(logprob, LOGPROB_MIN),
      bytes: [...this.#tokenizer.tokenBytes(tokenId, { special: true })],
    };
  }
}
