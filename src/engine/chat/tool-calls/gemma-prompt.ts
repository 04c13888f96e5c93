/**
 * Tools for Gemma 2 and 3, whose templates know none: text in the messages, in the forms that
 * Google's guide to function calling with Gemma shows. The functions stand as JSON before the first
 * message; a call is Python in a block `tool_code`, a result a block `tool_output` of the user.
 */
import type { ChatMessage, JsonValue, ToolCall, ToolDefinition } from '../types.ts';

const FENCE = '```';

/** The same messages without calls and results, and with the tools in the first one's text. */
export function withToolsAsText(
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[],
): ChatMessage[] {
  const chat: ChatMessage[] = [];
  const results = new Set<ChatMessage>();
  for (const { role, content, toolCalls = [] } of messages) {
    if (role !== 'tool') {
      chat.push({
        role,
        content: [content, block('tool_code', toolCalls.map(python))].filter(Boolean).join('\n'),
      });
      continue;
    }
    const result = block('tool_output', [content]);
    const last = chat.at(-1);
    // Results of calls that were made together are one turn, since turns alternate.
    if (last !== undefined && results.has(last)) {
      last.content += `\n${result}`;
      continue;
    }
    const message: ChatMessage = { role: 'user', content: result };
    results.add(message);
    chat.push(message);
  }
  if (tools.length === 0) return chat;
  const preface = prefaceOf(tools);
  const [first, ...rest] = chat;
  if (first === undefined) return [{ role: 'user', content: preface }];
  return [{ ...first, content: `${preface}\n\n${first.content}` }, ...rest];
}

function block(word: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${FENCE}${word}\n${lines.join('\n')}\n${FENCE}`;
}

function prefaceOf(tools: readonly ToolDefinition[]): string {
  const functions = tools.map((tool) => JSON.stringify(tool)).join('\n');
  return (
    'You can call these functions, each given as JSON with a schema of its parameters:\n' +
    `${functions}\n` +
    'To call functions, write Python calls with keyword arguments, one a line, in a block like\n' +
    `${FENCE}tool_code\nfunction_name(parameter="value")\n${FENCE}\n` +
    'and stop. Their results follow in a block tool_output. Call functions only where they help.'
  );
}

function python({ name, arguments: values }: ToolCall): string {
  const list = Object.entries(values).map(([key, value]) => `${key}=${literal(value)}`);
  return `${name}(${list.join(', ')})`;
}

/** A Python literal; its strings are JSON's, which Python reads alike. */
function literal(value: JsonValue): string {
  if (value === null) return 'None';
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(literal).join(', ')}]`;
  const entries = Object.entries(value);
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${literal(item)}`).join(', ')}}`;
}
