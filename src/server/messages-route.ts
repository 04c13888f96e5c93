/** `POST /v1/messages` and `/v1/messages/count_tokens`: the Anthropic Messages API. */
import {
  AnthropicError,
  AnthropicMessage,
  AnthropicStreamEvent,
  CountTokensRequest,
  MessagesRequest,
  TokenCount,
} from '../api/index.ts';
import { type GenerateRequest, GREEDY } from '../engine/index.ts';
import { collectMessage, MessageStream } from './anthropic-answer.ts';
import { type App, checkModelName, runFor, type ServerContext } from './context.ts';
import { encodePrompt, messagesOfAnthropic } from './prompt.ts';
import { jsonContent, jsonOrEvents } from './route-schema.ts';
import { chooseSeed, SEED_HEADER } from './seed.ts';
import { streamReply } from './stream-reply.ts';

const tags = ['Anthropic'];
const headers = {
  [SEED_HEADER]: { schema: { type: 'string' }, description: 'The seed that was used' },
};

export function addMessagesRoutes(app: App, context: ServerContext): void {
  app.route({
    method: 'POST',
    url: '/v1/messages',
    schema: {
      tags,
      operationId: 'createMessage',
      summary: 'Answer messages, whole or as a stream of events',
      body: MessagesRequest,
      response: {
        200: { ...jsonOrEvents(AnthropicMessage, AnthropicStreamEvent), headers },
        default: jsonContent('Error', AnthropicError),
      },
    },
    handler: async (request, reply) => {
      const { body } = request;
      checkModelName(context, body.model, 'model');
      const engine = context.engine.require('text');
      const seed = chooseSeed(body.seed);
      context.desk.checkRoom(engine);
      const promptTokens = encodePrompt(engine, messagesOfAnthropic(body));
      reply.header(SEED_HEADER, String(seed));
      const job = jobOf(body, promptTokens, seed);
      const events = runFor(context, engine, { request, reply }, job);
      const model = context.modelName;
      if (body.stream !== true) return collectMessage(events, model);
      const format = new MessageStream({
        model,
        promptTokens: promptTokens.length,
        requestId: request.id,
      });
      const onError = (error: unknown) => context.noteError(error, request);
      await streamReply(reply, events, format, context.timing, onError);
      return reply;
    },
  });

  app.route({
    method: 'POST',
    url: '/v1/messages/count_tokens',
    schema: {
      tags,
      operationId: 'countTokens',
      summary: 'Count the tokens of a prompt, exactly as POST /v1/messages does',
      body: CountTokensRequest,
      response: {
        200: jsonContent('The count', TokenCount),
        default: jsonContent('Error', AnthropicError),
      },
    },
    handler: async ({ body }) => {
      checkModelName(context, body.model, 'model');
      const engine = context.engine.require('text');
      return { input_tokens: encodePrompt(engine, messagesOfAnthropic(body)).length };
    },
  });
}

function jobOf(
  body: MessagesRequest,
  promptTokens: readonly number[],
  seed: bigint,
): GenerateRequest {
  return {
    promptTokens,
    maxTokens: body.max_tokens,
    sampling: {
      ...GREEDY,
      temperature: body.temperature ?? 1,
      topP: body.top_p ?? 1,
      topK: body.top_k ?? 0,
      seed,
    },
    stopSequences: body.stop_sequences ?? [],
  };
}
