export { encodeChat, type GuardedEncoder } from './encode-chat.ts';
export {
  CHATML_TEMPLATE,
  type ChatTemplate,
  createChatTemplate,
  PLAIN_TEMPLATE,
  type TemplateOrigin,
} from './template.ts';
export type { ChatErrorCode, ChatMessage, PromptOptions } from './types.ts';
