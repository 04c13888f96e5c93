/**
 * What clients of the OpenAI chat completions API send: `POST /v1/chat/completions`. Text and one
 * choice only; the rest is refused by name. `top_k`, `min_p` and `repetition_penalty` are
 * extensions, named as in vLLM.
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

const TextPart = closed({
  type: Type.Literal('text', { 'x-unsupported': 'content parts other than text are' }),
  text: Type.String(),
});

const TextContent = Type.Union([Type.String(), Type.Array(TextPart, { minItems: 1 })], {
  description: 'A text, or text parts, which are joined by line breaks',
});

const nothing = Type.Optional(nullable(Type.Array(Type.Unknown(), { maxItems: 0 })));

/**
 * The assistant's message may be one that this server gave; what it says of nothing is accepted.
 */
export const ChatMessageParam = Type.Union([
  closed({ role: Type.Enum(['system', 'developer']), content: TextContent }),
  closed({ role: Type.Literal('user'), content: TextContent }),
  closed({
    role: Type.Literal('assistant'),
    content: TextContent,
    refusal: Type.Optional(Type.Null()),
    audio: Type.Optional(Type.Null()),
    function_call: Type.Optional(Type.Null()),
    tool_calls: nothing,
    annotations: nothing,
  }),
]);
export type ChatMessageParam = Static<typeof ChatMessageParam>;

const optional = <Schema extends Parameters<typeof nullable>[0]>(schema: Schema) =>
  Type.Optional(nullable(schema));

const TokenLimit = optional(
  Type.Integer({
    minimum: 1,
    description:
      'Most tokens of the answer; default: up to the end of the context. Beyond the context the ' +
      'answer ends with the finish reason length.',
  }),
);

export const ChatCompletionRequest = closed({
  model: ModelName,
  messages: Type.Array(ChatMessageParam, { minItems: 1, maxItems: MESSAGES_MAX }),
  max_completion_tokens: TokenLimit,
  max_tokens: TokenLimit,
  temperature: optional(Type.Number({ minimum: 0, maximum: 2, default: 1 })),
  top_p: optional(Type.Number({ minimum: 0, maximum: 1, default: 1 })),
  top_k: optional(
    Type.Integer({
      ...{ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, default: 0 },
      description: 'Extension; 0: off',
    }),
  ),
  min_p: optional(Type.Number({ minimum: 0, maximum: 1, default: 0, description: 'Extension' })),
  repetition_penalty: optional(
    Type.Number({ minimum: 0.01, maximum: 10, default: 1, description: 'Extension' }),
  ),
  presence_penalty: optional(Type.Number({ minimum: -2, maximum: 2, default: 0 })),
  frequency_penalty: optional(Type.Number({ minimum: -2, maximum: 2, default: 0 })),
  logit_bias: optional(
    Type.Record(
      Type.String({ pattern: '^(0|[1-9][0-9]{0,8})$' }),
      Type.Number({ minimum: -100, maximum: 100 }),
      { additionalProperties: false, description: 'Token id -> what is added to its logit' },
    ),
  ),
  seed: optional(Seed),
  stop: optional(
    Type.Union([StopSequence, Type.Array(StopSequence, { maxItems: STOP_SEQUENCES_MAX })]),
  ),
  stream: optional(Type.Boolean({ default: false })),
  stream_options: optional(
    closed({
      include_usage: optional(Type.Boolean({ default: false })),
      include_obfuscation: optional(Type.Literal(false, { 'x-unsupported': 'obfuscation is' })),
    }),
  ),
  logprobs: optional(Type.Boolean({ default: false })),
  top_logprobs: optional(Type.Integer({ minimum: 0, maximum: 20, default: 0 })),
  n: optional(Type.Literal(1, { 'x-unsupported': 'several choices are' })),
  response_format: optional(
    closed({ type: Type.Literal('text', { 'x-unsupported': 'structured output is' }) }),
  ),
  modalities: optional(
    Type.Array(Type.Literal('text', { 'x-unsupported': 'output other than text is' })),
  ),
  tools: optional(Type.Array(Type.Unknown(), { maxItems: 0, 'x-unsupported': 'tools are' })),
  tool_choice: optional(Type.Enum(['none', 'auto'], { 'x-unsupported': 'tools are' })),
  parallel_tool_calls: optional(Type.Boolean({ description: 'Accepted; there are no tools' })),
  store: optional(Type.Literal(false, { 'x-unsupported': 'storing completions is' })),
  service_tier: optional(Type.Enum(['auto', 'default'], { 'x-unsupported': 'service tiers are' })),
  user: optional(Type.String({ description: 'Accepted; neither used nor logged' })),
  safety_identifier: optional(Type.String({ description: 'Accepted; neither used nor logged' })),
  prompt_cache_key: optional(Type.String({ description: 'Accepted; has no effect' })),
  metadata: optional(
    Type.Record(Type.String(), Type.String(), { description: 'Accepted; neither used nor logged' }),
  ),
});
export type ChatCompletionRequest = Static<typeof ChatCompletionRequest>;

/** Fields of the API that this server does not have yet. */
export const OPENAI_UNSUPPORTED: ReadonlySet<string> = new Set([
  'audio',
  'function_call',
  'functions',
  'moderation',
  'name',
  'prediction',
  'prompt_cache_options',
  'prompt_cache_retention',
  'reasoning_effort',
  'response_format',
  'verbosity',
  'web_search_options',
]);
