/** Messages, and how they become a prompt. `engine/api.ts` hands these types on. */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
}

export interface PromptOptions {
  /** Opens the assistant's turn at the end. True unless the last message is the assistant's own. */
  addGenerationPrompt?: boolean;
  /**
   * Leaves the last message, the assistant's own, open at its end, so that the answer continues it.
   * True when the last message is the assistant's and `addGenerationPrompt` is not set.
   */
  continueFinal?: boolean;
  /**
   * What the template's `strftime_now` shows, milliseconds since 1970, read as UTC: an explicit
   * input, so that a prompt can be made again. A template that asks for the time is refused
   * without.
   */
  nowMs?: number;
  /** A prompt of more tokens is refused as soon as that is certain. */
  tokenCountMax?: number;
}

export type ChatErrorCode =
  /** The template is broken, or refuses these messages. */
  'bad-template' | 'bad-request' | 'too-many-tokens';
