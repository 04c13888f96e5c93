/** The HTTP server: the Anthropic and OpenAI APIs over one engine. */
export type { ListenErrorCode, ServerErrorCode } from './error-table.ts';
export type { LogLevel } from './request-log.ts';
export {
  type RunningServer,
  type ServerOptions,
  type ServerTuning,
  startServer,
} from './server.ts';
