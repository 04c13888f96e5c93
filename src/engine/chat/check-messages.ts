/** What callers' types should have excluded, looked for before a template or tokenizer sees it. */
import { VitrineError } from '../../base/index.ts';
import type { ChatErrorCode, ChatMessage, JsonValue, ToolDefinition } from './types.ts';

/** Lists and objects inside each other, in arguments and schemas. */
const DEPTH_MAX = 100;

/** @throws VitrineError bad-request */
export function checkMessages(messages: readonly ChatMessage[]): void {
  for (const [index, message] of messages.entries()) {
    const { role, content, toolCalls = [], toolCallId = '', toolName = '' } = message;
    if (!/^(system|user|assistant|tool)$/.test(role) || typeof content !== 'string') {
      throw badRequest(
        `expected message ${index} to have a role of system, user, assistant or tool and a text, ` +
          `got the role ${JSON.stringify(role)}.`,
      );
    }
    if (typeof toolCallId !== 'string' || typeof toolName !== 'string') {
      throw badRequest(`expected the tool's name and id of message ${index} to be texts.`);
    }
    if (toolCalls.length > 0 && role !== 'assistant') {
      throw badRequest(`expected tool calls in the assistant's messages only, got a ${role}'s.`);
    }
    for (const { name, arguments: values, id = '' } of toolCalls) {
      if (typeof name === 'string' && name !== '' && typeof id === 'string' && isObject(values)) {
        checkDepth(values, `the arguments of ${name}`);
        continue;
      }
      throw badRequest(`expected tool calls of message ${index} to have a name and an object.`);
    }
  }
}

/** @throws VitrineError bad-request */
export function checkTools(tools: readonly ToolDefinition[]): void {
  for (const [index, { name, description = '', parameters = {} }] of tools.entries()) {
    if (typeof name !== 'string' || name === '' || typeof description !== 'string') {
      throw badRequest(`expected tool ${index} to have a name, and a text as its description.`);
    }
    if (!isObject(parameters))
      throw badRequest(`expected the parameters of ${name} to be an object.`);
    checkDepth(parameters, `the parameters of ${name}`);
  }
}

function isObject(value: unknown): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function checkDepth(value: JsonValue, what: string, depth = 0): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth === DEPTH_MAX) {
    throw badRequest(`expected ${what} to be nested at most ${DEPTH_MAX} deep.`);
  }
  for (const item of Object.values(value)) checkDepth(item, what, depth + 1);
}

function badRequest(message: string): VitrineError<ChatErrorCode> {
  return new VitrineError('bad-request', message);
}
