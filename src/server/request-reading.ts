/** From bytes to a checked request: content type, JSON, schema, each with an error that helps. */
import type { FastifyInstance, FastifySchemaCompiler } from 'fastify';
import type { TSchema } from 'typebox';
import { Compile } from 'typebox/compile';
import {
  ANTHROPIC_UNSUPPORTED,
  ChatCompletionRequest,
  CountTokensRequest,
  MessagesRequest,
  OPENAI_UNSUPPORTED,
  schemaProblem,
} from '../api/index.ts';
import { BODY_BYTES_MAX, messageOf } from '../base/index.ts';
import { RequestError } from './error-table.ts';

const UNSUPPORTED_FIELDS: ReadonlyMap<object, ReadonlySet<string>> = new Map<
  object,
  ReadonlySet<string>
>([
  [MessagesRequest, ANTHROPIC_UNSUPPORTED],
  [CountTokensRequest, ANTHROPIC_UNSUPPORTED],
  [ChatCompletionRequest, OPENAI_UNSUPPORTED],
]);

/** JSON is the only body that any route reads. */
export function readJsonBodies(
  app: Pick<FastifyInstance, 'addContentTypeParser' | 'removeAllContentTypeParsers'>,
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    'application/json',
    { parseAs: 'buffer', bodyLimit: BODY_BYTES_MAX },
    async (_request: unknown, body: Buffer) => parseJson(body),
  );
}

/** @throws RequestError bad-json */
export function parseJson(body: Uint8Array): unknown {
  if (body.length === 0) throw badJson('it is empty');
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
  const validator = Compile(schema);
  return (value: unknown) => {
    if (validator.Check(value)) return { value };
    const problem = schemaProblem(schema, value, UNSUPPORTED_FIELDS.get(schema));
    const message =
      problem?.message ?? 'the request does not have the form that /openapi.json says';
    return { error: new RequestError('bad-request', message, { param: problem?.path }) };
  };
};
