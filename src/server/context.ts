/** What the routes share: the model, its names, the desk, metrics, and the app's types. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Engine, GenerateEvent, GenerateRequest } from '../engine/index.ts';
import type { EngineState } from './engine-state.ts';
import { RequestError } from './error-table.ts';
import { whenGone } from './event-stream.ts';
import type { GenerationDesk, GenerationSummary } from './generation-desk.ts';
import type { Metrics } from './metrics.ts';
import type { StreamTiming } from './stream-reply.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Set while a generation runs, for the log. */
    generation: GenerationSummary | null;
    /** Code of the error that was answered, for the log. */
    errorCode: string | null;
  }
}

export type App = FastifyInstance<
  Server,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;

export interface ServerContext {
  readonly engine: EngineState;
  readonly modelName: string;
  readonly aliases: readonly string[];
  readonly desk: GenerationDesk;
  readonly metrics: Metrics;
  readonly timing: StreamTiming;
  readonly startedAt: Date;
  readonly version: string;
  /** Turns anything thrown into the error to answer with, and notes it in log and metrics. */
  noteError(error: unknown, request: FastifyRequest): RequestError;
}

/** @throws RequestError unknown-model */
export function checkModelName(context: ServerContext, name: string, param?: string): void {
  if (name === context.modelName || context.aliases.includes(name)) return;
  const shown = JSON.stringify(name);
  throw new RequestError(
    'unknown-model',
    `the model ${shown} is not served here; this server has "${context.modelName}".`,
    { param },
  );
}

/** Starts one generation for a request; it ends when the client goes away. */
export function runFor(
  context: ServerContext,
  engine: Engine,
  exchange: { request: FastifyRequest; reply: FastifyReply },
  job: GenerateRequest,
): AsyncGenerator<GenerateEvent, void, undefined> {
  const summary: GenerationSummary = { promptTokens: 0, outputTokens: 0, reason: '' };
  exchange.request.generation = summary;
  return context.desk.run(engine, job, whenGone(exchange.reply), summary);
}
