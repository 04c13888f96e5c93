/**
 * Error bodies of both APIs. Which error has which type and status stands in server/error-table.
 */
import { type Static, Type } from 'typebox';

export const AnthropicErrorType = Type.Enum([
  'invalid_request_error',
  'authentication_error',
  'permission_error',
  'not_found_error',
  'request_too_large',
  'rate_limit_error',
  'api_error',
  'timeout_error',
  'overloaded_error',
]);
export type AnthropicErrorType = Static<typeof AnthropicErrorType>;

export const AnthropicError = Type.Object({
  type: Type.Literal('error'),
  error: Type.Object({ type: AnthropicErrorType, message: Type.String() }),
  request_id: Type.String(),
});
export type AnthropicError = Static<typeof AnthropicError>;

export const OpenAiError = Type.Object({
  error: Type.Object({
    message: Type.String(),
    type: Type.String(),
    param: Type.Union([Type.String(), Type.Null()]),
    code: Type.Union([Type.String(), Type.Null()]),
  }),
});
export type OpenAiError = Static<typeof OpenAiError>;
