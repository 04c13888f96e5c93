/**
 * The Fastify app, in the order in which a request meets it: id and headers, shutdown, key, body,
 * schema, route; then errors, log and metrics.
 */
import swagger from '@fastify/swagger';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { type FastifyReply, type FastifyRequest, fastify, LogController } from 'fastify';
import type { Logger } from 'pino';
import type { KeyVerifier } from '../access/index.ts';
import { BODY_BYTES_MAX } from '../base/index.ts';
import { checkKey } from './authentication.ts';
import { BrokenRequests } from './broken-requests.ts';
import { addChatCompletionsRoute } from './chat-completions-route.ts';
import type { App, ServerContext } from './context.ts';
import { addEmbeddingsRoute } from './embeddings-route.ts';
import { apiOf, asRequestError, errorReply } from './error-reply.ts';
import { RequestError, type ServerErrorCode } from './error-table.ts';
import { newId } from './identifiers.ts';
import { addMessagesRoutes } from './messages-route.ts';
import { addModelsRoutes } from './models-route.ts';
import { openApiOptions } from './openapi.ts';
import { addOperationRoutes } from './operation-routes.ts';
import { logRequest } from './request-log.ts';
import { compileValidator, readJsonBodies } from './request-reading.ts';
import type { Traffic } from './traffic.ts';

/** For a whole request to arrive, milliseconds. */
const REQUEST_TIMEOUT_MS = 120_000;
/** Longer than load balancers keep idle connections (60 s), so that they close them and not we. */
const KEEP_ALIVE_TIMEOUT_MS = 72_000;

const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
};

export interface AppOptions {
  readonly context: ServerContext;
  readonly keys: KeyVerifier;
  readonly logger: Logger;
  readonly traffic: Traffic;
}

export async function createApp({ context, keys, logger, traffic }: AppOptions): Promise<App> {
  const broken = new BrokenRequests();
  // The one line that Fastify logs by itself at info is where it listens.
  const frameLogger = logger.child({});
  frameLogger.info = frameLogger.debug;
  const app = fastify({
    loggerInstance: frameLogger,
    childLoggerFactory: (_, bindings, options) => logger.child(bindings, options),
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: 'request' }),
    genReqId: () => newId('req_'),
    bodyLimit: BODY_BYTES_MAX,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: 'idle',
    return503OnClosing: false,
    routerOptions: { maxParamLength: 512 },
    clientErrorHandler: (error, socket) => broken.answer(error, socket),
    frameworkErrors: (error, request, reply) => {
      broken.began(request.raw, reply.raw);
      answerError(context, error, request, reply);
    },
  }).withTypeProvider<TypeBoxTypeProvider>() as unknown as App;
  app.setValidatorCompiler(compileValidator);
  app.setSerializerCompiler(() => (value) => JSON.stringify(value));
  readJsonBodies(app);
  app.decorateRequest('generation', null);
  app.decorateRequest('errorCode', null);
  const routes = collectRoutes(app);

  app.addHook('onRequest', async (request, reply) => {
    broken.began(request.raw, reply.raw);
    traffic.began();
    // Comes for every request, also for those whose client does not wait for the answer.
    reply.raw.once('close', () => {
      traffic.ended();
      logRequest(context.metrics, request, reply);
    });
    addHeaders(request, reply);
    if (traffic.isClosing) {
      reply.header('connection', 'close');
      throw new RequestError(
        'shutting-down',
        'the server is shutting down; try again in a moment.',
      );
    }
    checkKey(request, keys);
    checkEncoding(request);
  });
  app.setErrorHandler((error, request, reply) => answerError(context, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const error = missingRoute(routes, request, reply);
    answerError(context, error, request, reply);
  });

  await app.register(swagger, openApiOptions(context.version));
  addMessagesRoutes(app, context);
  addChatCompletionsRoute(app, context);
  addEmbeddingsRoute(app, context);
  addModelsRoutes(app, context);
  addOperationRoutes(app, context);
  return app;
}

function addHeaders(request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(SECURITY_HEADERS);
  reply.header('x-request-id', request.id);
  reply.header('request-id', request.id);
}

/** @throws RequestError unsupported-media-type */
function checkEncoding(request: FastifyRequest): void {
  const encoding = request.headers['content-encoding'];
  if (encoding === undefined || encoding === 'identity') return;
  throw new RequestError(
    'unsupported-media-type',
    'expected a body without content-encoding; send it uncompressed.',
  );
}

const READ_TO_THE_END: ReadonlySet<ServerErrorCode> = new Set(['body-too-large', 'bad-json']);

function answerError(
  context: ServerContext,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): void {
  const error = context.noteError(thrown, request);
  const { url, headers } = request;
  const answer = errorReply(error, apiOf(url, headers), request.id);
  addHeaders(request, reply);
  // Fastify would close the connection on a client that still sends, which then sees a broken pipe
  // and no answer. Node reads and forgets the rest, for REQUEST_TIMEOUT_MS at most.
  if (READ_TO_THE_END.has(error.code)) reply.removeHeader('connection');
  reply.code(answer.status).headers(answer.headers).type('application/json; charset=utf-8');
  reply.send(JSON.stringify(answer.body));
}

interface KnownRoute {
  readonly methods: readonly string[];
  readonly pattern: RegExp;
}

/** Filled while routes are added. */
function collectRoutes(app: App): KnownRoute[] {
  const routes: KnownRoute[] = [];
  app.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/:[^/]+/g, '[^/]+').replaceAll('.', '\\.')}$`);
    routes.push({ methods: [method].flat(), pattern });
  });
  return routes;
}

function missingRoute(
  routes: readonly KnownRoute[],
  request: FastifyRequest,
  reply: FastifyReply,
): RequestError {
  const path = request.url.split('?', 1)[0];
  const { method } = request;
  const allowed = routes.filter(({ pattern }) => pattern.test(path)).flatMap((r) => r.methods);
  if (allowed.length === 0) {
    const message = `there is no route ${method} ${path.slice(0, 100)}; /openapi.json lists all.`;
    return new RequestError('unknown-route', message);
  }
  const methods = [...new Set(allowed)];
  reply.header('allow', methods.join(', '));
  const message = `${path} does not take ${method}; expected ${methods.join(' or ')}.`;
  return new RequestError('wrong-method', message);
}

/**
 * Notes an error once, in the log and the metrics; 5xx with what caused it, never with a prompt.
 */
export function makeErrorNote(onCode: (code: ServerErrorCode) => void): ServerContext['noteError'] {
  return (thrown, request) => {
    const error = asRequestError(thrown, request.id);
    request.errorCode = error.code;
    onCode(error.code);
    if (error.code === 'internal') request.log.error({ err: error.cause }, 'request failed');
    return error;
  };
}
