/**
 * What clients of the Anthropic Messages API receive: messages, events of a stream, token counts.
 */
import { type Static, Type } from 'typebox';

export const StopReason = Type.Enum([
  'end_turn',
  'max_tokens',
  'stop_sequence',
  'model_context_window_exceeded',
]);
export type StopReason = Static<typeof StopReason>;

export const AnthropicUsage = Type.Object({
  input_tokens: Type.Integer({ description: 'Tokens of the prompt that were computed' }),
  cache_creation_input_tokens: Type.Integer(),
  cache_read_input_tokens: Type.Integer({ description: 'Tokens of the prompt that were cached' }),
  output_tokens: Type.Integer({ description: 'The end-of-turn token included' }),
});
export type AnthropicUsage = Static<typeof AnthropicUsage>;

export const AnthropicMessage = Type.Object({
  id: Type.String(),
  type: Type.Literal('message'),
  role: Type.Literal('assistant'),
  model: Type.String(),
  content: Type.Array(
    Type.Object({ type: Type.Literal('text'), text: Type.String(), citations: Type.Null() }),
  ),
  stop_reason: Type.Union([StopReason, Type.Null()]),
  stop_sequence: Type.Union([Type.String(), Type.Null()]),
  usage: AnthropicUsage,
});
export type AnthropicMessage = Static<typeof AnthropicMessage>;

/** In the order in which they come: start, block start, ping, deltas, block stop, delta, stop. */
export const AnthropicStreamEvent = Type.Union([
  Type.Object({ type: Type.Literal('message_start'), message: AnthropicMessage }),
  Type.Object({
    type: Type.Literal('content_block_start'),
    index: Type.Integer(),
    content_block: Type.Object({
      type: Type.Literal('text'),
      text: Type.Literal(''),
      citations: Type.Null(),
    }),
  }),
  Type.Object({ type: Type.Literal('ping') }),
  Type.Object({
    type: Type.Literal('content_block_delta'),
    index: Type.Integer(),
    delta: Type.Object({ type: Type.Literal('text_delta'), text: Type.String() }),
  }),
  Type.Object({ type: Type.Literal('content_block_stop'), index: Type.Integer() }),
  Type.Object({
    type: Type.Literal('message_delta'),
    delta: Type.Object({
      stop_reason: StopReason,
      stop_sequence: Type.Union([Type.String(), Type.Null()]),
    }),
    usage: AnthropicUsage,
  }),
  Type.Object({ type: Type.Literal('message_stop') }),
]);
export type AnthropicStreamEvent = Static<typeof AnthropicStreamEvent>;

export const TokenCount = Type.Object({ input_tokens: Type.Integer() });
export type TokenCount = Static<typeof TokenCount>;
