/** `POST /v1/chat/completions`: the OpenAI chat completions API. */
import {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionRequest,
  OpenAiError,
} from '../api/index.ts';
import type { Engine, GenerateRequest } from '../engine/index.ts';
import { type App, checkModelName, runFor, type ServerContext } from './context.ts';
import { RequestError } from './error-table.ts';
import { CompletionStream, collectCompletion } from './openai-answer.ts';
import { encodePrompt, messagesOfOpenAi } from './prompt.ts';
import { jsonContent, jsonOrEvents } from './route-schema.ts';
import { chooseSeed, SEED_HEADER } from './seed.ts';
import { streamReply } from './stream-reply.ts';

export function addChatCompletionsRoute(app: App, context: ServerContext): void {
  app.route({
    method: 'POST',
    url: '/v1/chat/completions',
    schema: {
      tags: ['OpenAI'],
      operationId: 'createChatCompletion',
      summary: 'Complete a chat, whole or as a stream of chunks that ends with [DONE]',
      body: ChatCompletionRequest,
      response: {
        200: {
          ...jsonOrEvents(ChatCompletion, ChatCompletionChunk),
          headers: {
            [SEED_HEADER]: { schema: { type: 'string' }, description: 'The seed that was used' },
          },
        },
        default: jsonContent('Error', OpenAiError),
      },
    },
    handler: async (request, reply) => {
      const { body } = request;
      checkModelName(context, body.model, 'model');
      checkCombinations(body);
      const engine = context.engine.require('text');
      const seed = chooseSeed(body.seed);
      const logitBias = logitBiasOf(body, engine);
      context.desk.checkRoom(engine);
      const messages = messagesOfOpenAi(body.messages);
      const promptTokens = encodePrompt(engine, messages, { addGenerationPrompt: true });
      reply.header(SEED_HEADER, String(seed));
      const job = jobOf(body, { engine, promptTokens, seed, logitBias });
      const events = runFor(context, engine, { request, reply }, job);
      const options = {
        model: context.modelName,
        info: engine.info,
        requestId: request.id,
        logprobsOf: body.logprobs === true ? engine.tokenizer : undefined,
        includeUsage: body.stream_options?.include_usage === true,
      };
      if (body.stream !== true) return collectCompletion(events, options);
      const onError = (error: unknown) => context.noteError(error, request);
      await streamReply(reply, events, new CompletionStream(options), context.timing, onError);
      return reply;
    },
  });
}

/** What one field's schema cannot say. @throws RequestError bad-request */
function checkCombinations(body: ChatCompletionRequest): void {
  const { max_tokens, max_completion_tokens } = body;
  if (typeof max_tokens === 'number' && typeof max_completion_tokens === 'number') {
    if (max_tokens !== max_completion_tokens) {
      refuse(
        'max_tokens',
        `expected one of max_tokens and max_completion_tokens, got ${max_tokens} and ` +
          `${max_completion_tokens}`,
      );
    }
  }
  if (typeof body.top_logprobs === 'number' && body.logprobs !== true) {
    refuse('top_logprobs', 'expected logprobs to be true with it');
  }
  if (body.stream_options && body.stream !== true) {
    refuse('stream_options', 'expected stream to be true with it');
  }
}

function logitBiasOf({ logit_bias }: ChatCompletionRequest, engine: Engine): Map<number, number> {
  const { vocabularySize } = engine.info.model;
  const biases = new Map<number, number>();
  for (const [token, bias] of Object.entries(logit_bias ?? {})) {
    const tokenId = Number(token);
    if (tokenId >= vocabularySize) {
      const expected = `expected token ids from 0 to ${vocabularySize - 1}, got ${token}`;
      refuse('logit_bias', expected);
    }
    biases.set(tokenId, bias);
  }
  return biases;
}

function refuse(param: string, what: string): never {
  throw new RequestError('bad-request', `${param}: ${what}`, { param });
}

interface Prepared {
  engine: Engine;
  promptTokens: readonly number[];
  seed: bigint;
  logitBias: ReadonlyMap<number, number>;
}

function jobOf(body: ChatCompletionRequest, prepared: Prepared): GenerateRequest {
  const { engine, promptTokens, seed, logitBias } = prepared;
  const room = engine.info.model.contextTokens - promptTokens.length;
  const { stop } = body;
  return {
    promptTokens,
    // Without a limit the answer may fill the context; then it ends with `length`.
    maxTokens: body.max_completion_tokens ?? body.max_tokens ?? room,
    sampling: {
      temperature: body.temperature ?? 1,
      topP: body.top_p ?? 1,
      topK: body.top_k ?? 0,
      minP: body.min_p ?? 0,
      repetitionPenalty: body.repetition_penalty ?? 1,
      presencePenalty: body.presence_penalty ?? 0,
      frequencyPenalty: body.frequency_penalty ?? 0,
      logitBias,
      seed,
    },
    stopSequences: typeof stop === 'string' ? [stop] : (stop ?? []),
    logprobs: body.logprobs === true ? (body.top_logprobs ?? 0) : undefined,
  };
}
