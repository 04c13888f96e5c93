export type { ChatErrorCode, ChatMessage, PromptOptions } from './types.ts';
