/** Reads the fixtures of this folder: templates, conversations, and the prompts made of them. */
import { readFileSync } from 'node:fs';
import type { ChatMessage } from '../../../src/engine/chat/index.ts';
import { smollm2Metadata } from '../tokenizer/load.ts';

export interface PromptFile {
  transformers: string;
  nowMs: number;
  tokens: { bos_token: string; eos_token: string };
  chats: ChatMessage[][];
  cases: {
    template: string;
    /** Index in `chats`. */
    chat: number;
    mode: 'generate' | 'closed' | 'continue';
    /** null: the template refuses the conversation. */
    prompt: string | null;
  }[];
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
