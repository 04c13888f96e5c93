export type { ToolCallEvent } from './events.ts';
export { createToolCallParser, type ToolCallOptions, type ToolCallParser } from './parser.ts';
export { TOOL_SYNTAXES, type ToolSyntax, type ToolSyntaxName, toolSyntaxOf } from './syntax.ts';
