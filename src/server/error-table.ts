/**
 * Every error that the API answers with, in one place: code -> HTTP status and type in each API's
 * own shape. DESIGN section 5. Codes of the engine stand here beside the server's own.
 */
import type { AnthropicErrorType } from '../api/index.ts';
import { VitrineError } from '../base/index.ts';

export type Api = 'anthropic' | 'openai';

export type ServerErrorCode =
  | 'bad-json'
  | 'bad-request'
  | 'bad-template'
  | 'prompt-too-long'
  | 'wrong-model-kind'
  | 'unauthenticated'
  | 'unknown-model'
  | 'unknown-route'
  | 'wrong-method'
  | 'request-timeout'
  | 'body-too-large'
  | 'headers-too-large'
  | 'unsupported-media-type'
  | 'client-closed'
  | 'overloaded'
  | 'model-loading'
  | 'model-failed'
  | 'shutting-down'
  | 'engine-closed'
  | 'numeric-fault'
  | 'kernel-fault'
  | 'internal';

/** Codes of startServer itself. */
export type ListenErrorCode = 'port-in-use' | 'cannot-listen';

export interface ErrorRow {
  /** One number where both APIs agree. */
  readonly status: number | Readonly<Record<Api, number>>;
  readonly anthropicType: AnthropicErrorType;
  readonly openAiType: string;
  readonly openAiCode: string | null;
  readonly retryAfterSeconds?: number;
}

const invalid = (status: number, openAiCode: string | null = null): ErrorRow => ({
  status,
  anthropicType: 'invalid_request_error',
  openAiType: 'invalid_request_error',
  openAiCode,
});

const busy = (openAiCode: string, retryAfterSeconds: number): ErrorRow => ({
  status: { anthropic: 529, openai: 503 },
  anthropicType: 'overloaded_error',
  openAiType: 'server_error',
  openAiCode,
  retryAfterSeconds,
});

const fault = (openAiCode: string): ErrorRow => ({
  status: 500,
  anthropicType: 'api_error',
  openAiType: 'server_error',
  openAiCode,
});

const ERROR_TABLE: Readonly<Record<ServerErrorCode, ErrorRow>> = {
  'bad-json': invalid(400),
  'bad-request': invalid(400),
  'bad-template': invalid(400),
  'prompt-too-long': invalid(400, 'context_length_exceeded'),
  'wrong-model-kind': invalid(400, 'unsupported_model'),
  unauthenticated: {
    ...invalid(401, 'invalid_api_key'),
    anthropicType: 'authentication_error',
  },
  'unknown-model': { ...invalid(404, 'model_not_found'), anthropicType: 'not_found_error' },
  'unknown-route': { ...invalid(404), anthropicType: 'not_found_error' },
  'wrong-method': invalid(405, 'method_not_allowed'),
  'request-timeout': { ...invalid(408), anthropicType: 'timeout_error' },
  'body-too-large': { ...invalid(413, 'request_too_large'), anthropicType: 'request_too_large' },
  'headers-too-large': invalid(431),
  'unsupported-media-type': invalid(415),
  // Nobody reads this one: it stands in logs and metrics.
  'client-closed': invalid(499),
  overloaded: busy('overloaded', 5),
  'model-loading': busy('model_loading', 2),
  'shutting-down': busy('shutting_down', 10),
  'engine-closed': busy('engine_closed', 10),
  'model-failed': fault('model_failed'),
  'numeric-fault': fault('numeric_fault'),
  'kernel-fault': fault('kernel_fault'),
  internal: fault('internal'),
};

/** An error of a request; `param` is the field it is about. */
export class RequestError extends VitrineError<ServerErrorCode> {
  readonly param?: string;

  constructor(
    code: ServerErrorCode,
    message: string,
    options?: { param?: string; cause?: unknown },
  ) {
    super(code, message, options);
    this.param = options?.param;
  }
}

export function isServerErrorCode(code: string): code is ServerErrorCode {
  return Object.hasOwn(ERROR_TABLE, code);
}

export function errorRow(code: ServerErrorCode): ErrorRow {
  return ERROR_TABLE[code];
}

export function statusOf(code: ServerErrorCode, api: Api): number {
  const { status } = ERROR_TABLE[code];
  return typeof status === 'number' ? status : status[api];
}
