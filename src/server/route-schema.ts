/** Pieces of the routes' schemas, which become the OpenAPI document. */
import type { TSchema } from 'typebox';

/** An answer of JSON. */
export function jsonContent(description: string, schema: TSchema) {
  return { description, content: { 'application/json': { schema } } };
}

/** JSON, or with `stream: true` server-sent events. */
export function jsonOrEvents(whole: TSchema, event: TSchema) {
  return {
    description: 'The answer; with stream: true as server-sent events, one schema below each',
    content: {
      'application/json': { schema: whole },
      'text/event-stream': { schema: event },
    },
  };
}

/** An answer of plain text. */
export function textContent(description: string) {
  return { description, content: { 'text/plain': { schema: { type: 'string' } } } };
}

/** Routes that need no key. */
export const OPEN_ROUTE = { security: [] };
