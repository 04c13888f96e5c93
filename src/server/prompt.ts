/**
 * Messages of both APIs -> token ids, within the context. Text blocks are joined by line breaks.
 * Rendering and tokenising cost time on this thread, so text that cannot fit by its length is
 * refused before, and counting ends soon after the limit.
 */
import type {
  AnthropicMessageParam,
  AnthropicTextBlock,
  ChatMessageParam,
  CountTokensRequest,
} from '../api/index.ts';
import { isVitrineError } from '../base/index.ts';
import type { ChatMessage, Engine, PromptOptions } from '../engine/index.ts';
import { RequestError } from './error-table.ts';

/** Messages of one role in a row become one turn, as the API says. */
export function messagesOfAnthropic(
  request: Pick<CountTokensRequest, 'messages' | 'system'>,
): ChatMessage[] {
  const messages: ChatMessage[] = [];
  if (request.system !== undefined) {
    messages.push({ role: 'system', content: textOf(request.system) });
  }
  for (const turn of turnsOf(request.messages)) messages.push(turn);
  return messages;
}

function turnsOf(messages: readonly AnthropicMessageParam[]): ChatMessage[] {
  const turns: { role: ChatMessage['role']; texts: string[] }[] = [];
  for (const { role, content } of messages) {
    const last = turns.at(-1);
    if (last?.role === role) last.texts.push(textOf(content));
    else turns.push({ role, texts: [textOf(content)] });
  }
  return turns.map(({ role, texts }) => ({ role, content: texts.join('\n') }));
}

export function messagesOfOpenAi(messages: readonly ChatMessageParam[]): ChatMessage[] {
  return messages.map(({ role, content }) => ({
    role: role === 'developer' ? 'system' : role,
    content: textOf(content),
  }));
}

function textOf(content: string | readonly Pick<AnthropicTextBlock, 'text'>[]): string {
  return typeof content === 'string' ? content : content.map(({ text }) => text).join('\n');
}

interface WithContents {
  readonly system?: string | readonly Pick<AnthropicTextBlock, 'text'>[];
  readonly messages: readonly (AnthropicMessageParam | ChatMessageParam)[];
}

/** The same request with every content as one text, which means the same. */
export function flatten<Request extends WithContents>(request: Request): WithContents {
  const { system } = request;
  const messages = request.messages.map((message) => ({
    ...message,
    content: textOf(message.content),
  }));
  const flat = { ...request, messages };
  return system === undefined ? flat : { ...flat, system: textOf(system) };
}

/**
 * Templates may take white space off the ends of messages, so that a text may be longer than its
 * tokens: up to so many times what the longest prompt can have.
 */
const UNTRIMMED_FACTOR = 4;
/** Prompts of up to so many times the limit are counted to the end, for the error to say by how. */
const COUNTED_FACTOR = 2;

/**
 * Token ids of the prompt.
 * @throws RequestError prompt-too-long; VitrineError bad-template, bad-request
 */
export function encodePrompt(
  engine: Engine,
  messages: readonly ChatMessage[],
  options: PromptOptions = {},
): number[] {
  const { tokenBytesMax } = engine.info.model;
  refuseTooLong(engine, leastTokenCount(messages, tokenBytesMax), 'at least ');
  const max = promptTokensMax(engine);
  refuseMuchSpace(messages, UNTRIMMED_FACTOR * max * tokenBytesMax);
  const tokenCountMax = COUNTED_FACTOR * max;
  let tokens: number[];
  try {
    // Chat templates may show the date.
    tokens = engine.encodeChat(messages, { nowMs: Date.now(), tokenCountMax, ...options });
  } catch (error) {
    if (isVitrineError(error, 'too-many-tokens')) {
      refuseTooLong(engine, tokenCountMax + 1, 'at least ');
    }
    throw error;
  }
  refuseTooLong(engine, tokens.length, '');
  return tokens;
}

/** Most tokens of a prompt: one is left for the answer. */
export function promptTokensMax(engine: Engine): number {
  return engine.info.model.contextTokens - 1;
}

/**
 * Every message has a token at least, and no template removes more of a text than white space at
 * its ends.
 */
function leastTokenCount(messages: readonly ChatMessage[], tokenBytesMax: number): number {
  let bytes = 0;
  for (const { content } of messages) bytes += Buffer.byteLength(content.trim());
  return Math.max(messages.length, Math.ceil(bytes / tokenBytesMax));
}

/** Bounds what is rendered. Only text that is mostly white space at its ends gets here. */
function refuseMuchSpace(messages: readonly ChatMessage[], bytesMax: number): void {
  let bytes = 0;
  for (const { content } of messages) bytes += Buffer.byteLength(content);
  if (bytes <= bytesMax) return;
  throw new RequestError(
    'prompt-too-long',
    `prompt is too long: ${bytes} bytes of text, white space at its ends counted, > ${bytesMax} ` +
      'maximum for this model. Remove the white space.',
    { param: 'messages' },
  );
}

function refuseTooLong(engine: Engine, count: number, qualifier: string): void {
  const max = promptTokensMax(engine);
  if (count <= max) return;
  // Both halves are worded as clients of either API look for them.
  throw new RequestError(
    'prompt-too-long',
    `prompt is too long: ${qualifier}${count} tokens > ${max} maximum (this model's maximum ` +
      `context length is ${max + 1} tokens, prompt and answer together). Shorten the messages.`,
    { param: 'messages' },
  );
}
