/**
 * What operators and their machines ask: health, readiness, metrics, the OpenAPI document, `GET /`.
 */
import { Type } from 'typebox';
import type { App, ServerContext } from './context.ts';
import { jsonContent, OPEN_ROUTE, textContent } from './route-schema.ts';

const tags = ['Operation'];
const Status = Type.Object({ status: Type.String() });

export function addOperationRoutes(app: App, context: ServerContext): void {
  app.get(
    '/healthz',
    {
      schema: {
        ...OPEN_ROUTE,
        tags,
        summary: 'The process answers',
        response: { 200: jsonContent('It does', Status) },
      },
    },
    async () => ({ status: 'ok' }),
  );
  app.get(
    '/readyz',
    {
      schema: {
        ...OPEN_ROUTE,
        tags,
        summary: 'The model is loaded; 503 with loading or failed when it is not',
        response: {
          200: jsonContent('Ready', Status),
          503: jsonContent('Not ready', Status),
        },
      },
    },
    async (_, reply) => {
      const { status } = context.engine;
      if (status !== 'ready') reply.code(503).header('retry-after', '2');
      return { status };
    },
  );
  app.get(
    '/metrics',
    {
      schema: {
        tags,
        summary: 'Metrics for Prometheus',
        response: { 200: textContent('Exposition format') },
      },
    },
    async (_, reply) => {
      const { registry } = context.metrics;
      reply.type(registry.contentType);
      return registry.metrics();
    },
  );
  app.get('/openapi.json', { schema: { tags, summary: 'This document' } }, async (_, reply) => {
    reply.type('application/json; charset=utf-8');
    return app.swagger();
  });
  app.get(
    '/',
    {
      schema: {
        ...OPEN_ROUTE,
        tags,
        summary: 'What this is',
        response: { 200: textContent('A few lines for people') },
      },
    },
    async (_, reply) => {
      reply.type('text/plain; charset=utf-8');
      return welcome(context);
    },
  );
}

function welcome({ version, modelName, engine }: ServerContext): string {
  return [
    `Vitrine ${version}, a server for open-weight language models.`,
    `Model: ${modelName} (${engine.status})`,
    '',
    'POST /v1/messages              Anthropic Messages API',
    'POST /v1/chat/completions      OpenAI chat completions API',
    'POST /v1/embeddings            OpenAI embeddings API, for models of embeddings',
    'GET  /v1/models                what is served',
    'GET  /openapi.json             every route',
    'GET  /healthz, /readyz         the process answers; the model is loaded',
    '',
    'Send the key as "x-api-key: KEY" or "Authorization: Bearer KEY".',
    '',
  ].join('\n');
}
