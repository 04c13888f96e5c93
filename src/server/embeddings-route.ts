/** `POST /v1/embeddings`: the OpenAI embeddings API. */
import {
  type EmbeddingsRequest as Body,
  EmbeddingsRequest,
  EmbeddingsResponse,
  OpenAiError,
} from '../api/index.ts';
import type { Engine } from '../engine/index.ts';
import { type App, checkModelName, type ServerContext } from './context.ts';
import { encodeInputs, Slices } from './embedding-input.ts';
import { RequestError } from './error-table.ts';
import { whenGone } from './event-stream.ts';
import type { GenerationSummary } from './generation-desk.ts';
import { jsonContent } from './route-schema.ts';

export function addEmbeddingsRoute(app: App, context: ServerContext): void {
  app.route({
    method: 'POST',
    url: '/v1/embeddings',
    schema: {
      tags: ['OpenAI'],
      operationId: 'createEmbedding',
      summary: 'Embed texts: a vector of length 1 for each, the same bits alone and among others',
      body: EmbeddingsRequest,
      response: {
        200: jsonContent('The vectors, in the order of the input', EmbeddingsResponse),
        default: jsonContent('Error', OpenAiError),
      },
    },
    handler: async (request, reply) => {
      const { body } = request;
      checkModelName(context, body.model, 'model');
      const engine = context.engine.require('embeddings');
      const dimensions = body.dimensions ?? undefined;
      checkDimensions(engine, dimensions);
      context.desk.checkRoom(engine);
      const gone = whenGone(reply);
      const texts = await encodeInputs(engine, body.input);
      // Others may have come while texts were tokenised.
      context.desk.checkRoom(engine);
      const summary: GenerationSummary = { promptTokens: 0, outputTokens: 0, reason: '' };
      request.generation = summary;
      const embeddings = await context.desk.embed(engine, { texts, dimensions }, gone, summary);
      reply.type('application/json; charset=utf-8');
      return answerOf(embeddings, body.encoding_format, {
        model: context.modelName,
        tokens: summary.promptTokens,
      });
    },
  });
}

/** @throws RequestError bad-request */
function checkDimensions(engine: Engine, dimensions: number | undefined): void {
  const { embedding } = engine.info.model;
  if (dimensions === undefined || embedding === undefined) return;
  const { dimensions: own, isMatryoshka } = embedding;
  if (dimensions === own || (isMatryoshka && dimensions < own)) return;
  const expected = isMatryoshka
    ? `at most ${own}`
    : `${own}, the only size of this model's vectors`;
  throw new RequestError('bad-request', `dimensions: expected ${expected}; got ${dimensions}.`, {
    param: 'dimensions',
  });
}

/** The body as text, written in slices: two thousand vectors are a million numbers. */
async function answerOf(
  embeddings: readonly Float32Array[],
  format: Body['encoding_format'],
  { model, tokens }: { model: string; tokens: number },
): Promise<EmbeddingsResponse> {
  const slices = new Slices();
  const items: string[] = [];
  for (const [index, values] of embeddings.entries()) {
    const embedding = format === 'base64' ? base64Of(values) : Array.from(values);
    items.push(JSON.stringify({ object: 'embedding', index, embedding }));
    await slices.pause();
  }
  const tail = { model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
  const text = `{"object":"list","data":[${items.join(',')}],${JSON.stringify(tail).slice(1)}`;
  return text as unknown as EmbeddingsResponse;
}

/** Little-endian f32. */
function base64Of(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [i, value] of values.entries()) bytes.writeFloatLE(value, i * 4);
  return bytes.toString('base64');
}
