export { encodeChat, type GuardedEncoder } from './encode-chat.ts';
export {
  CHATML_TEMPLATE,
  type ChatTemplate,
  createChatTemplate,
  PLAIN_TEMPLATE,
  type TemplateOrigin,
} from './template.ts';
export {
  createToolCallParser,
  TOOL_SYNTAXES,
  type ToolCallEvent,
  type ToolCallOptions,
  type ToolCallParser,
  type ToolSyntax,
  type ToolSyntaxName,
  toolSyntaxOf,
} from './tool-calls/index.ts';
export type {
  ChatErrorCode,
  ChatMessage,
  JsonObject,
  JsonValue,
  PromptOptions,
  ToolCall,
  ToolDefinition,
} from './types.ts';
