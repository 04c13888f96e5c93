/** From bytes to a checked request: content type, JSON, schema, each with an error that helps. */
import type { FastifyRequest, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  ANTHROPIC_UNSUPPORTED,
  ChatCompletionRequest,
  CountTokensRequest,
  EmbeddingsRequest,
  MessagesRequest,
  OPENAI_UNSUPPORTED,
  schemaProblem,
} from '../api/index.ts';
import { BODY_BYTES_MAX, messageOf } from '../base/index.ts';
import type { App } from './context.ts';
import { RequestError } from './error-table.ts';
import { exceededBound } from './json-bounds.ts';
import { LargeBodies } from './large-bodies.ts';

/** Routes that take a body, and the schema of it. */
export const BODY_SCHEMAS: Readonly<Record<string, TSchema>> = {
  '/v1/messages': MessagesRequest,
  '/v1/messages/count_tokens': CountTokensRequest,
  '/v1/chat/completions': ChatCompletionRequest,
  '/v1/embeddings': EmbeddingsRequest,
};

const UNSUPPORTED_FIELDS: ReadonlyMap<object, ReadonlySet<string>> = new Map([
  [MessagesRequest as object, ANTHROPIC_UNSUPPORTED],
  [CountTokensRequest, ANTHROPIC_UNSUPPORTED],
  [ChatCompletionRequest, OPENAI_UNSUPPORTED],
]);

/**
 * Longest body that is parsed on the HTTP thread, bytes. The costliest text of this length takes a
 * few milliseconds; 32 MB take hundreds.
 */
const PARSE_HERE_BYTES_MAX = 64 * 1024;

/** JSON is the only body that any route reads; long ones are read in a thread of their own. */
export function readJsonBodies(app: App): void {
  const largeBodies = new LargeBodies();
  app.addHook('onClose', () => largeBodies.close());
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    async (request: FastifyRequest, body: Buffer) => {
      const route = request.routeOptions.url ?? '';
      // Nobody reads the body of a route that takes none.
      if (!Object.hasOwn(BODY_SCHEMAS, route)) return undefined;
      if (body.length > PARSE_HERE_BYTES_MAX) {
        return largeBodies.read(route, body, request.raw.socket);
      }
      return parseJson(body);
    },
  );
}

/** @throws RequestError bad-json, bad-request */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) throw badJson('it is empty');
  const bound = exceededBound(body);
  if (bound !== undefined) throw new RequestError('bad-request', `the body: expected ${bound}`);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw badJson('it is not valid UTF-8');
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw badJson(messageOf(error));
  }
}

function badJson(problem: string): RequestError {
  return new RequestError('bad-json', `the body is not valid JSON: ${problem}`);
}

/** TypeBox decides, and what it refuses is explained. */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema }) => {
  const problemOf = createCheck(schema);
  return (value: unknown) => {
    const error = problemOf(value);
    return error === undefined ? { value } : { error };
  };
};

/** What is wrong with a value, or undefined. */
export function createCheck(schema: TSchema): (value: unknown) => RequestError | undefined {
  const validator = Compile(schema);
  const unsupported = UNSUPPORTED_FIELDS.get(schema);
  return (value) => {
    if (validator.Check(value)) return undefined;
    const problem = schemaProblem(schema, value, unsupported);
    const message = problem?.message ?? 'the request does not have the form of /openapi.json';
    return new RequestError('bad-request', message, { param: problem?.path });
  };
}
