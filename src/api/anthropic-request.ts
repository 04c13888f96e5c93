/**
 * What clients of the Anthropic Messages API send: `POST /v1/messages` and
 * `/v1/messages/count_tokens`. Text only; images, documents, tools and thinking are refused by
 * name.
 */
import { type Static, Type } from 'typebox';
import {
  closed,
  MESSAGES_MAX,
  ModelName,
  nullable,
  Seed,
  STOP_SEQUENCES_MAX,
  StopSequence,
} from './schema-parts.ts';

const CacheControl = closed(
  {
    type: Type.Literal('ephemeral'),
    ttl: Type.Optional(Type.Enum(['5m', '1h'])),
  },
  { description: 'Accepted; has no effect on the answer' },
);

export const AnthropicTextBlock = closed({
  type: Type.Literal('text', { 'x-unsupported': 'content blocks other than text are' }),
  text: Type.String(),
  cache_control: Type.Optional(nullable(CacheControl)),
  citations: Type.Optional(nullable(Type.Array(Type.Unknown(), { maxItems: 0 }))),
});
export type AnthropicTextBlock = Static<typeof AnthropicTextBlock>;

const TextContent = Type.Union([Type.String(), Type.Array(AnthropicTextBlock)], {
  description: 'A text, or text blocks, which are joined by line breaks',
});

export const AnthropicMessageParam = closed({
  role: Type.Enum(['user', 'assistant']),
  content: TextContent,
});
export type AnthropicMessageParam = Static<typeof AnthropicMessageParam>;

const prompt = {
  model: ModelName,
  messages: Type.Array(AnthropicMessageParam, {
    minItems: 1,
    maxItems: MESSAGES_MAX,
    description:
      'Messages of one role in a row are joined into one. When the last is the ' +
      "assistant's, the answer continues it.",
  }),
  system: Type.Optional(TextContent),
  cache_control: Type.Optional(nullable(CacheControl)),
  thinking: Type.Optional(
    closed({ type: Type.Literal('disabled', { 'x-unsupported': 'thinking is' }) }),
  ),
  tools: Type.Optional(Type.Array(Type.Unknown(), { maxItems: 0, 'x-unsupported': 'tools are' })),
};

export const CountTokensRequest = closed(prompt);
export type CountTokensRequest = Static<typeof CountTokensRequest>;

export const MessagesRequest = closed({
  ...prompt,
  max_tokens: Type.Integer({
    minimum: 1,
    description:
      'Most tokens of the answer. Beyond the context the answer ends with the stop reason ' +
      'model_context_window_exceeded.',
  }),
  stop_sequences: Type.Optional(Type.Array(StopSequence, { maxItems: STOP_SEQUENCES_MAX })),
  stream: Type.Optional(Type.Boolean({ default: false })),
  temperature: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 1 })),
  top_p: Type.Optional(Type.Number({ minimum: 0, maximum: 1, default: 1 })),
  top_k: Type.Optional(
    Type.Integer({
      ...{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
      description: '0 considers every token',
    }),
  ),
  seed: Type.Optional(Seed),
  metadata: Type.Optional(
    closed(
      { user_id: Type.Optional(nullable(Type.String({ maxLength: 256 }))) },
      { description: 'Accepted; neither used nor logged' },
    ),
  ),
  service_tier: Type.Optional(
    Type.Enum(['auto', 'standard_only'], { description: 'Accepted; there is one tier' }),
  ),
});
export type MessagesRequest = Static<typeof MessagesRequest>;

/** Fields of the API that this server does not have yet. */
export const ANTHROPIC_UNSUPPORTED: ReadonlySet<string> = new Set([
  'container',
  'context_management',
  'inference_geo',
  'mcp_servers',
  'output_config',
  'output_format',
  'retrieval',
  'tool_choice',
]);
