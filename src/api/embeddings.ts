/** `POST /v1/embeddings` of the OpenAI API: what clients send and receive. */
import { type Static, Type } from 'typebox';
import { closed, ModelName, nullable } from './schema-parts.ts';

/** Texts of a request, as many as the API itself takes. */
export const EMBEDDING_INPUTS_MAX = 2048;

const Text = Type.String({ minLength: 1 });
const TokenIds = Type.Array(Type.Integer({ minimum: 0, maximum: 2 ** 31 - 1 }), { minItems: 1 });
const several = { minItems: 1, maxItems: EMBEDDING_INPUTS_MAX };

export const EmbeddingsRequest = closed({
  model: ModelName,
  input: Type.Union([Text, Type.Array(Text, several), TokenIds, Type.Array(TokenIds, several)], {
    description:
      'A text, several, or the same as token ids. Texts get the special tokens of the model ' +
      '([CLS], [SEP]); token ids are taken as they are. Instructions that a model wants in front ' +
      '("query: ") are not added.',
  }),
  encoding_format: Type.Optional(
    nullable(
      Type.Enum(['float', 'base64'], {
        default: 'float',
        description: 'base64: the values as little-endian f32',
      }),
    ),
  ),
  dimensions: Type.Optional(
    nullable(
      Type.Integer({
        minimum: 1,
        description:
          'So many first values, scaled to length 1; only for models that are trained for it',
      }),
    ),
  ),
  user: Type.Optional(nullable(Type.String({ description: 'Accepted; neither used nor logged' }))),
});
export type EmbeddingsRequest = Static<typeof EmbeddingsRequest>;

export const EmbeddingsResponse = Type.Object({
  object: Type.Literal('list'),
  data: Type.Array(
    Type.Object({
      object: Type.Literal('embedding'),
      index: Type.Integer(),
      embedding: Type.Union([Type.Array(Type.Number()), Type.String()], {
        description: 'Of length 1',
      }),
    }),
  ),
  model: Type.String(),
  usage: Type.Object({
    prompt_tokens: Type.Integer({ description: 'Special tokens included' }),
    total_tokens: Type.Integer(),
  }),
});
export type EmbeddingsResponse = Static<typeof EmbeddingsResponse>;
