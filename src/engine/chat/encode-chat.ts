/**
 * Messages -> token ids. The control tokens that the template writes become ids; the same texts
 * inside a message stay ordinary text, with exactly the ids that this text has by itself.
 *
 * How: before rendering, a marker is put before the first character of everything in a message
 * that could become part of a control token; after rendering the markers are taken out, and their
 * places go to the tokenizer as guards, over which no control token may reach. Marked are:
 *
 * - every occurrence of a control token's text;
 * - at the ends of a message, with and without the white space there, text that could complete a
 *   control token together with what the template (or the next message) puts beside it.
 *
 * Arguments of tool calls, results, names and the definitions of tools are marked likewise, but for
 * words of letters, digits, `_`, `.` and `-`, which templates compare and sort: to make a control
 * token of one, a template would have to write the rest of that token right beside it.
 *
 * Known hole: a template that itself deletes text from the middle of a message, marker included,
 * could join a control token out of the rest. No template in use does.
 */

import { checkMessages, checkTools } from './check-messages.ts';
import { unusedCharacter } from './marker.ts';
import type { ChatTemplate } from './template.ts';
import { mapTexts } from './template-variables.ts';
import type { ChatMessage, JsonObject, PromptOptions, ToolCall, ToolDefinition } from './types.ts';

/** What encodeChat needs of a tokenizer; `createTokenizer` of engine/tokenizer gives it. */
export interface GuardedEncoder {
  readonly controlTexts: readonly string[];
  encodeGuarded(
    text: string,
    guards: readonly number[],
    options?: { addSpecial?: boolean; tokenCountMax?: number },
  ): number[];
}

/**
 * BOS and EOS come from the template alone; only without one are they added as the file asks.
 *
 * @throws VitrineError bad-template; bad-request for text that the vocabulary cannot express;
 *   too-many-tokens above `options.tokenCountMax`
 */
export function encodeChat(
  template: ChatTemplate,
  tokenizer: GuardedEncoder,
  messages: readonly ChatMessage[],
  options?: PromptOptions,
): number[] {
  const { controlTexts } = tokenizer;
  const { tools = [], tokenCountMax } = options ?? {};
  checkMessages(messages);
  checkTools(tools);
  const marker = unusedCharacter([template.source, ...controlTexts, ...textsOf(messages, tools)]);
  const places = placesFinder(controlTexts);
  const markText = (text: string) => {
    const content = text.toWellFormed();
    return mark(content, places(content), marker);
  };
  const marked = messages.map((message) => markMessage(message, markText));
  const markedTools = tools.map((tool) => markValue({ ...tool }, markText));
  const prompt = template.render(marked, {
    ...options,
    tools: markedTools as unknown as ToolDefinition[],
  });
  const { text, guards } = unmark(prompt, marker);
  const addSpecial = template.origin !== 'given';
  return tokenizer.encodeGuarded(text, guards, { addSpecial, tokenCountMax });
}

function* textsOf(
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[],
): Generator<string> {
  for (const { content, toolCalls, toolCallId, toolName } of messages) {
    yield content;
    if (toolCalls !== undefined) yield JSON.stringify(toolCalls);
    yield* [toolCallId, toolName].filter((text) => text !== undefined);
  }
  yield JSON.stringify(tools);
}

function markMessage(message: ChatMessage, markText: (text: string) => string): ChatMessage {
  const { content, toolCalls, toolCallId, toolName } = message;
  const call = (one: ToolCall) => markValue(one as unknown as JsonObject, markText);
  return {
    ...message,
    content: markText(content),
    ...(toolCalls && { toolCalls: toolCalls.map(call) as unknown as ToolCall[] }),
    ...(toolCallId !== undefined && { toolCallId: markWord(toolCallId, markText) }),
    ...(toolName !== undefined && { toolName: markWord(toolName, markText) }),
  };
}

function markValue(value: JsonObject, markText: (text: string) => string): JsonObject {
  return mapTexts(value, (text) => markWord(text, markText), { keys: true }) as JsonObject;
}

function markWord(text: string, markText: (text: string) => string): string {
  return /^[\w.-]*$/.test(text) ? text : markText(text);
}

/** Puts `marker` before each of the places. */
function mark(text: string, places: readonly number[], marker: string): string {
  let marked = '';
  let from = 0;
  for (const place of places) {
    marked += text.slice(from, place) + marker;
    from = place;
  }
  return marked + text.slice(from);
}

/** Takes the markers out; `guards` are the places of the characters behind them, ascending. */
function unmark(marked: string, marker: string): { text: string; guards: number[] } {
  const pieces = marked.split(marker);
  const guards: number[] = [];
  let length = 0;
  for (const piece of pieces.slice(0, -1)) {
    length += piece.length;
    guards.push(length);
  }
  // A template may have cut a character in two; the length stays as it is.
  return { text: pieces.join('').toWellFormed(), guards };
}

/** A function that finds the places in a message to be guarded, ascending, each once. */
function placesFinder(controlTexts: readonly string[]): (content: string) => number[] {
  if (controlTexts.length === 0) return () => [];
  const escaped = controlTexts.map((text) => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
  // Only looks ahead, so that occurrences that overlap are all found.
  const anyControl = new RegExp(`(?=${escaped.join('|')})`, 'g');
  return (content) => {
    const places = new Set<number>();
    for (const match of content.matchAll(anyControl)) places.add(match.index);
    const bare = content.trim();
    if (bare !== '') {
      const start = content.indexOf(bare);
      for (const place of edgePlaces(bare, controlTexts)) places.add(start + place);
    }
    if (bare !== content) for (const place of edgePlaces(content, controlTexts)) places.add(place);
    return [...places].sort((a, b) => a - b);
  };
}

/**
 * Places where the end of `text` begins a control token, its start ends one, or all is inside one.
 */
function* edgePlaces(text: string, controlTexts: readonly string[]): Generator<number> {
  if (text === '') return;
  for (const control of controlTexts) {
    if (control.includes(text)) yield 0;
    const longest = Math.min(control.length - 1, text.length);
    for (let length = 1; length <= longest; length += 1) {
      if (text.endsWith(control.slice(0, length))) yield text.length - length;
      if (text.startsWith(control.slice(-length))) yield 0;
    }
  }
}
