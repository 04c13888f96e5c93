/** Models as both APIs list them, each with its context length. */
import { type Static, Type } from 'typebox';

/** What only Vitrine says of a model. */
export const ModelFacts = Type.Object({
  digest: Type.String({ description: 'SHA-256 of the model file, hexadecimal' }),
  numerics: Type.String({ description: 'The number contract, for example vitrine-numerics/1' }),
  architecture: Type.String(),
  parameters: Type.Integer(),
  licence: Type.Union([Type.String(), Type.Null()]),
});
export type ModelFacts = Static<typeof ModelFacts>;

export const AnthropicModel = Type.Object({
  type: Type.Literal('model'),
  id: Type.String(),
  display_name: Type.String(),
  created_at: Type.String({ description: 'When the server started, RFC 3339' }),
  max_input_tokens: Type.Integer({ description: 'Longest prompt, tokens' }),
  max_tokens: Type.Integer({ description: 'Longest answer, tokens; both share the context' }),
  vitrine: ModelFacts,
});
export type AnthropicModel = Static<typeof AnthropicModel>;

export const AnthropicModelList = Type.Object({
  data: Type.Array(AnthropicModel),
  has_more: Type.Boolean(),
  first_id: Type.Union([Type.String(), Type.Null()]),
  last_id: Type.Union([Type.String(), Type.Null()]),
});
export type AnthropicModelList = Static<typeof AnthropicModelList>;

export const OpenAiModel = Type.Object({
  id: Type.String(),
  object: Type.Literal('model'),
  created: Type.Integer({ description: 'When the server started, seconds since 1970' }),
  owned_by: Type.String(),
  max_model_len: Type.Integer({ description: 'Context, prompt and answer together, tokens' }),
  vitrine: ModelFacts,
});
export type OpenAiModel = Static<typeof OpenAiModel>;

export const OpenAiModelList = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(OpenAiModel),
});
export type OpenAiModelList = Static<typeof OpenAiModelList>;
