/**
 * Messages of both APIs -> token ids, within the context. Text blocks are joined by line breaks.
 * Tokenising costs time on this thread, so text that cannot fit by its length is refused before.
 */
import type {
  AnthropicMessageParam,
  AnthropicTextBlock,
  ChatMessageParam,
  CountTokensRequest,
} from '../api/index.ts';
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
 * Token ids of the prompt.
 * @throws RequestError prompt-too-long; VitrineError bad-template, bad-request
 */
export function encodePrompt(
  engine: Engine,
  messages: readonly ChatMessage[],
  options: PromptOptions = {},
): number[] {
  const leastTokens = leastTokenCount(messages, engine.info.model.tokenBytesMax);
  refuseTooLong(engine, leastTokens, 'at least ');
  // Chat templates may show the date.
  const tokens = engine.encodeChat(messages, { nowMs: Date.now(), ...options });
  refuseTooLong(engine, tokens.length, '');
  return tokens;
}

/** Most tokens of a prompt: one is left for the answer. */
export function promptTokensMax(engine: Engine): number {
  return engine.info.model.contextTokens - 1;
}

/** No template removes more of a text than white space at its ends. */
function leastTokenCount(messages: readonly ChatMessage[], tokenBytesMax: number): number {
  let bytes = 0;
  for (const { content } of messages) bytes += Buffer.byteLength(content.trim());
  return Math.ceil(bytes / tokenBytesMax);
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
