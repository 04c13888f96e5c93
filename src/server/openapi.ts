/** The frame of the OpenAPI document; the routes' own schemas fill it. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Vitrine',
        version,
        description:
          'A self-hosted server for open-weight models, with the Anthropic Messages and the OpenAI ' +
          'chat completions and embeddings APIs. Fields that are not listed are refused, never ignored.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      components: {
        securitySchemes: {
          apiKey: { type: 'apiKey', in: 'header', name: 'x-api-key' },
          bearer: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ apiKey: [] }, { bearer: [] }],
    },
  };
}
