/**
 * One log line and one metric for each request. The log names the route's pattern, not the URL, and
 * holds counts, not texts: neither prompts nor answers nor keys ever reach it.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type DestinationStream, type Logger, type LoggerOptions, pino } from 'pino';
import type { Metrics } from './metrics.ts';
import { readableLog } from './readable-log.ts';

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Where it listens stands in the start block; as a line of the log it is for debugging. */
const LISTENING = /^Server listening /;
const INFO = 30;

/**
 * JSON lines on standard error, readable ones when that is a terminal; `destination` writes JSON
 * elsewhere.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options: LoggerOptions = {
    ...{ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime },
    hooks: {
      logMethod(args, method, methodLevel) {
        if (methodLevel === INFO && LISTENING.test(String(args[0]))) this.debug(args[0]);
        else method.apply(this, args);
      },
    },
  };
  return pino(options, destination ?? standardError());
}

function standardError(): DestinationStream {
  if (process.stderr.isTTY !== true) return pino.destination({ dest: 2, sync: true });
  return readableLog((line) => void process.stderr.write(line));
}

/** Asked every few seconds by machines. */
const QUIET_ROUTES: ReadonlySet<string> = new Set(['/healthz', '/readyz', '/metrics']);

export function logRequest(metrics: Metrics, request: FastifyRequest, reply: FastifyReply): void {
  const route = request.routeOptions.url ?? 'unknown';
  const { method, generation, errorCode } = request;
  const status = reply.raw.writableFinished ? reply.statusCode : 499;
  const seconds = reply.elapsedTime / 1000;
  metrics.httpRequest(method, route, status, seconds);
  const line = {
    method,
    route,
    status,
    ms: Math.round(reply.elapsedTime),
    ...(errorCode === null ? {} : { error: errorCode }),
    ...(generation === null ? {} : generation),
  };
  if (status >= 500 && status !== 503 && status !== 529) request.log.error(line, 'answered');
  else if (QUIET_ROUTES.has(route)) request.log.debug(line, 'answered');
  else request.log.info(line, 'answered');
}
