/** Messages and tools as templates know them: the shapes of OpenAI's API, arguments as objects. */
import type { ChatMessage, JsonValue, ToolDefinition } from './types.ts';

/** Changes each text of a value; keys too where `keys` is true. */
export function mapTexts(
  value: JsonValue,
  change: (text: string) => string,
  { keys }: { keys: boolean },
): JsonValue {
  if (typeof value === 'string') return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    return value.map((item: JsonValue) => mapTexts(item, change, { keys }));
  }
  const entries = Object.entries(value).map(([key, item]) => [
    keys ? change(key) : key,
    mapTexts(item, change, { keys }),
  ]);
  return Object.fromEntries(entries);
}

const wellFormed = <T extends JsonValue>(value: T): T =>
  mapTexts(value, (text) => text.toWellFormed(), { keys: true }) as T;

export function messageVariables(messages: readonly ChatMessage[]): JsonValue[] {
  return messages.map(({ role, content, toolCalls, toolCallId, toolName }) =>
    wellFormed({
      role,
      content,
      ...(toolCalls?.length
        ? {
            tool_calls: toolCalls.map(({ id, name, arguments: values }) => ({
              ...(id === undefined ? {} : { id }),
              type: 'function',
              function: { name, arguments: values },
            })),
          }
        : {}),
      ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
      ...(toolName === undefined ? {} : { name: toolName }),
    }),
  );
}

/** None without tools, as in transformers. */
export function toolVariables(tools: readonly ToolDefinition[]): JsonValue {
  if (tools.length === 0) return null;
  return tools.map(({ name, description, parameters }) =>
    wellFormed({
      type: 'function',
      function: {
        name,
        ...(description === undefined ? {} : { description }),
        ...(parameters === undefined ? {} : { parameters }),
      },
    }),
  );
}

/** UTF-16 units of everything that a template may write out. */
export function unitsOf(
  messages: readonly ChatMessage[],
  tools: readonly ToolDefinition[],
): number {
  let units = tools.length === 0 ? 0 : JSON.stringify(tools).length;
  for (const { content, toolCalls, toolCallId = '', toolName = '' } of messages) {
    units += content.length + toolCallId.length + toolName.length;
    if (toolCalls?.length) units += JSON.stringify(toolCalls).length;
  }
  return units;
}
