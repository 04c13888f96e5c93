/** What clients of the OpenAI chat completions API receive: completions and chunks of a stream. */
import { type Static, Type } from 'typebox';

export const FinishReasonOpenAi = Type.Enum(['stop', 'length']);
export type FinishReasonOpenAi = Static<typeof FinishReasonOpenAi>;

const logprob = {
  token: Type.String(),
  logprob: Type.Number({ description: '-9999 stands for a probability of 0' }),
  bytes: Type.Array(Type.Integer()),
};

export const ChatLogprob = Type.Object({
  ...logprob,
  top_logprobs: Type.Array(Type.Object(logprob)),
});
export type ChatLogprob = Static<typeof ChatLogprob>;

const Logprobs = Type.Union([
  Type.Object({ content: Type.Array(ChatLogprob), refusal: Type.Null() }),
  Type.Null(),
]);

export const OpenAiUsage = Type.Object({
  prompt_tokens: Type.Integer(),
  completion_tokens: Type.Integer({ description: 'The end-of-turn token included' }),
  total_tokens: Type.Integer(),
  prompt_tokens_details: Type.Object({ cached_tokens: Type.Integer() }),
});
export type OpenAiUsage = Static<typeof OpenAiUsage>;

const head = {
  id: Type.String(),
  created: Type.Integer({ description: 'Seconds since 1970' }),
  model: Type.String(),
  system_fingerprint: Type.String({
    description: 'Changes when the same request and seed may give another answer',
  }),
};

export const ChatCompletion = Type.Object({
  ...head,
  object: Type.Literal('chat.completion'),
  choices: Type.Array(
    Type.Object({
      index: Type.Integer(),
      message: Type.Object({
        role: Type.Literal('assistant'),
        content: Type.String(),
        refusal: Type.Null(),
      }),
      logprobs: Logprobs,
      finish_reason: FinishReasonOpenAi,
    }),
  ),
  usage: OpenAiUsage,
});
export type ChatCompletion = Static<typeof ChatCompletion>;

export const ChatCompletionChunk = Type.Object({
  ...head,
  object: Type.Literal('chat.completion.chunk'),
  choices: Type.Array(
    Type.Object({
      index: Type.Integer(),
      delta: Type.Object({
        role: Type.Optional(Type.Literal('assistant')),
        content: Type.Optional(Type.String()),
        refusal: Type.Optional(Type.Null()),
      }),
      logprobs: Logprobs,
      finish_reason: Type.Union([FinishReasonOpenAi, Type.Null()]),
    }),
  ),
  usage: Type.Optional(Type.Union([OpenAiUsage, Type.Null()])),
});
export type ChatCompletionChunk = Static<typeof ChatCompletionChunk>;
