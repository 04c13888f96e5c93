/** Reads the fixtures of this folder: templates, conversations, and the prompts made of them. */
import { readFileSync } from 'node:fs';
import type { ChatMessage, JsonObject, ToolDefinition } from '../../../src/engine/chat/index.ts';
import { smollm2Metadata } from '../tokenizer/load.ts';

export interface PromptCase {
  template: string;
  /** Index in `chats`, or in `toolChats`. */
  chat: number;
  mode: 'generate' | 'closed' | 'continue';
  /** null: the template refuses the conversation. */
  prompt: string | null;
}

/** A message in the shape of OpenAI's API, as transformers takes it. */
interface WireMessage {
  role: ChatMessage['role'];
  content: string;
  tool_calls?: { id: string; function: { name: string; arguments: JsonObject } }[];
  tool_call_id?: string;
  name?: string;
}

export interface PromptFile {
  transformers: string;
  nowMs: number;
  tokens: { bos_token: string; eos_token: string };
  chats: ChatMessage[][];
  cases: PromptCase[];
  toolChats: { tools: { function: ToolDefinition }[]; messages: WireMessage[] }[];
  toolCases: PromptCase[];
  /** Only in files made with --templates. */
  templates?: Record<string, string>;
}

export function readPrompts(url: URL = new URL('prompts.json', import.meta.url)): PromptFile {
  return JSON.parse(readFileSync(url, 'utf8')) as PromptFile;
}

export function templateSource(name: string): string {
  if (name === 'smollm2') return smollm2Metadata().get('tokenizer.chat_template') as string;
  return readFileSync(new URL(`templates/${name}.jinja`, import.meta.url), 'utf8');
}

/** A conversation with tools, in our shape. */
export function toolChat(
  file: PromptFile,
  index: number,
): { messages: ChatMessage[]; tools: ToolDefinition[] } {
  const { tools, messages } = file.toolChats[index];
  return {
    tools: tools.map(({ function: definition }) => definition),
    messages: messages.map(({ role, content, tool_calls: calls, tool_call_id: id, name }) => ({
      role,
      content,
      ...(calls && {
        toolCalls: calls.map((call) => ({
          id: call.id,
          name: call.function.name,
          arguments: call.function.arguments,
        })),
      }),
      ...(id === undefined ? {} : { toolCallId: id }),
      ...(name === undefined ? {} : { toolName: name }),
    })),
  };
}
