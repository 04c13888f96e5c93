/**
 * Anything that was thrown -> the error that the client sees, in its API's shape. What is not an
 * error of ours or of Fastify's reading of requests is `internal`, and its text stays in the log.
 */
import type { AnthropicError, OpenAiError } from '../api/index.ts';
import { BODY_BYTES_MAX, isVitrineError } from '../base/index.ts';
import {
  type Api,
  errorRow,
  isServerErrorCode,
  RequestError,
  type ServerErrorCode,
  statusOf,
} from './error-table.ts';

export interface ErrorReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: AnthropicError | OpenAiError;
}

/** The API whose shape an answer takes: by the route, where both share it by the version header. */
export function apiOf(url: string, headers: Readonly<Record<string, unknown>>): Api {
  if (url.startsWith('/v1/messages')) return 'anthropic';
  if (url.startsWith('/v1/chat/') || url.startsWith('/v1/embeddings')) return 'openai';
  return headers['anthropic-version'] === undefined ? 'openai' : 'anthropic';
}

export function errorReply(error: RequestError, api: Api, requestId: string): ErrorReply {
  const { retryAfterSeconds } = errorRow(error.code);
  const headers: Record<string, string> = {};
  if (retryAfterSeconds !== undefined) headers['retry-after'] = String(retryAfterSeconds);
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer';
  return { status: statusOf(error.code, api), headers, body: errorBody(error, api, requestId) };
}

export function errorBody(
  error: RequestError,
  api: Api,
  requestId: string,
): AnthropicError | OpenAiError {
  const { anthropicType, openAiType, openAiCode } = errorRow(error.code);
  const { message } = error;
  if (api === 'anthropic') {
    return { type: 'error', error: { type: anthropicType, message }, request_id: requestId };
  }
  return { error: { message, type: openAiType, param: error.param ?? null, code: openAiCode } };
}

/** Errors of Fastify that a request causes. */
const FASTIFY_CODES: Readonly<Record<string, readonly [ServerErrorCode, string]>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: [
    'body-too-large',
    `the body is too large: expected at most ${BODY_BYTES_MAX} bytes (32 MB).`,
  ],
  FST_ERR_CTP_INVALID_MEDIA_TYPE: [
    'unsupported-media-type',
    'expected a JSON body; send the header content-type: application/json.',
  ],
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: [
    'bad-request',
    'the body is not as long as its content-length says.',
  ],
  FST_ERR_BAD_URL: ['bad-request', 'the path of the URL is not valid percent-encoded UTF-8.'],
  ECONNRESET: ['client-closed', 'the client went away.'],
  ECONNABORTED: ['client-closed', 'the client went away.'],
};

export function asRequestError(error: unknown, requestId: string): RequestError {
  if (error instanceof RequestError) return error;
  if (isVitrineError(error) && isServerErrorCode(error.code)) {
    return new RequestError(error.code, error.message, { cause: error });
  }
  const code = (error as { code?: unknown } | undefined)?.code;
  const known = typeof code === 'string' ? FASTIFY_CODES[code] : undefined;
  if (known !== undefined) return new RequestError(known[0], known[1], { cause: error });
  return new RequestError(
    'internal',
    `the server failed on this request; its log says why under ${requestId}.`,
    { cause: error },
  );
}
