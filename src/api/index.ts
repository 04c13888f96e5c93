/**
 * The wire: request and response shapes of the Anthropic and OpenAI APIs as TypeBox schemas, which
 * are validators' input, TypeScript types and OpenAPI at once. Pure.
 */
export {
  ANTHROPIC_UNSUPPORTED,
  AnthropicMessageParam,
  AnthropicTextBlock,
  CountTokensRequest,
  MessagesRequest,
} from './anthropic-request.ts';
export {
  AnthropicMessage,
  AnthropicStreamEvent,
  AnthropicUsage,
  StopReason,
  TokenCount,
} from './anthropic-response.ts';
export {
  EMBEDDING_INPUTS_MAX,
  EmbeddingsRequest,
  EmbeddingsResponse,
} from './embeddings.ts';
export { AnthropicError, AnthropicErrorType, OpenAiError } from './errors.ts';
export {
  AnthropicModel,
  AnthropicModelList,
  ModelFacts,
  OpenAiModel,
  OpenAiModelList,
} from './models.ts';
export { ChatCompletionRequest, ChatMessageParam, OPENAI_UNSUPPORTED } from './openai-request.ts';
export {
  ChatCompletion,
  ChatCompletionChunk,
  ChatLogprob,
  FinishReasonOpenAi,
  OpenAiUsage,
} from './openai-response.ts';
export { Seed, seedOf } from './schema-parts.ts';
export { type SchemaProblem, schemaProblem } from './schema-problem.ts';
