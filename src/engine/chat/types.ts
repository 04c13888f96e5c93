/** Messages, and how they become a prompt. `engine/api.ts` hands these types on. */

export interface ChatMessage {
  role: 'system' | 'user' | 'assistant' | 'tool';
  content: string;
  /** Of an assistant's message: the calls that it made, behind the text. */
  toolCalls?: readonly ToolCall[];
  /** Of a tool's message: the `id` of the call that it answers. */
  toolCallId?: string;
  /** Of a tool's message: the name of the tool. */
  toolName?: string;
}

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };
export type JsonObject = { readonly [key: string]: JsonValue };

export interface ToolCall {
  /** Mistral's templates want nine letters and digits. */
  id?: string;
  name: string;
  arguments: JsonObject;
}

export interface ToolDefinition {
  name: string;
  description?: string;
  /** JSON schema of the arguments, an object. */
  parameters?: JsonObject;
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
  /** Tools on offer, which the template describes to the model. */
  tools?: readonly ToolDefinition[];
  /** A prompt of more tokens is refused as soon as that is certain. */
  tokenCountMax?: number;
}

export type ChatErrorCode =
  /** The template is broken, or refuses these messages. */
  'bad-template' | 'bad-request' | 'too-many-tokens';
