/**
 * Starts and ends the HTTP server. It listens before the model is loaded, and says so until then.
 */
import type { AddressInfo } from 'node:net';
import type { DestinationStream } from 'pino';
import type { KeyVerifier } from '../access/index.ts';
import { messageOf, VitrineError } from '../base/index.ts';
import type { Engine } from '../engine/index.ts';
import { createApp, makeErrorNote } from './app.ts';
import type { App, ServerContext } from './context.ts';
import { EngineState } from './engine-state.ts';
import type { ListenErrorCode } from './error-table.ts';
import { GenerationDesk } from './generation-desk.ts';
import { Metrics } from './metrics.ts';
import { createLogger, type LogLevel } from './request-log.ts';
import { Traffic } from './traffic.ts';

export interface ServerOptions {
  /** Resolves when the model is loaded; the server listens before. */
  readonly engine: Promise<Engine>;
  /** The name that clients give as `model`, and further accepted names. */
  readonly modelName: string;
  readonly aliases?: readonly string[];
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly keys: KeyVerifier;
  readonly logLevel: LogLevel;
  /** Vitrine's own. */
  readonly version: string;
}

/** What only tests and measurements set otherwise. */
export interface ServerTuning {
  /** Requests that may wait for the engine. */
  readonly waitingMax?: number;
  readonly keepAliveMs?: number;
  readonly startDelayMs?: number;
  readonly drainMs?: number;
  readonly logDestination?: DestinationStream;
}

export interface RunningServer {
  /** With an address that this machine can open. */
  readonly url: string;
  readonly port: number;
  /**
   * Stops listening, lets running requests end for `graceMs` (default 10 s), then ends them with an
   * error. The engine stays open: it belongs to whoever opened it.
   */
  close(options?: { graceMs?: number }): Promise<void>;
}

const WAITING_MAX = 64;
const KEEP_ALIVE_MS = 10_000;
const START_DELAY_MS = 1000;
const DRAIN_MS = 180_000;
const GRACE_MS = 10_000;
/** For the last words of aborted requests to be written, milliseconds. */
const LAST_WORDS_MS = 1000;
const SWEEP_MS = 20;

/** @throws VitrineError port-in-use, cannot-listen */
export async function startServer(
  options: ServerOptions,
  tuning: ServerTuning = {},
): Promise<RunningServer> {
  const engine = new EngineState(options.engine);
  const { modelName, version } = options;
  const metrics = new Metrics({ modelName, version, engine });
  const desk = new GenerationDesk(metrics, tuning.waitingMax ?? WAITING_MAX);
  const traffic = new Traffic();
  const context: ServerContext = {
    ...{ engine, modelName, version, metrics, desk },
    aliases: options.aliases ?? [],
    timing: {
      keepAliveMs: tuning.keepAliveMs ?? KEEP_ALIVE_MS,
      startDelayMs: tuning.startDelayMs ?? START_DELAY_MS,
      drainMs: tuning.drainMs ?? DRAIN_MS,
    },
    startedAt: new Date(),
    noteError: makeErrorNote((code) => metrics.error(code)),
  };
  const app = await createApp({
    context,
    keys: options.keys,
    logger: createLogger(options.logLevel, tuning.logDestination),
    traffic,
  });
  await listen(app, options);
  let closed: Promise<void> | undefined;
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${addressToOpen(options.host)}:${port}`,
    port,
    close({ graceMs = GRACE_MS } = {}) {
      closed ??= closeGently(app, { traffic, desk, graceMs });
      return closed;
    },
  };
}

async function listen(app: App, { host, port }: ServerOptions): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    await app.close();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') {
      throw new VitrineError<ListenErrorCode>(
        'port-in-use',
        `port ${port} on ${host} is in use: another server runs there. Stop it, or take another ` +
          'port with --port (0 takes a free one).',
        { cause: error },
      );
    }
    throw new VitrineError<ListenErrorCode>(
      'cannot-listen',
      `cannot listen on ${host}, port ${port} (${messageOf(error)}); check --host and --port.`,
      { cause: error },
    );
  }
}

function addressToOpen(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

interface Closing {
  traffic: Traffic;
  desk: GenerationDesk;
  graceMs: number;
}

async function closeGently(app: App, { traffic, desk, graceMs }: Closing): Promise<void> {
  traffic.close();
  const abort = setTimeout(() => desk.abortAll(), graceMs);
  const cut = setTimeout(() => app.server.closeAllConnections(), graceMs + LAST_WORDS_MS);
  // Connections that are open without a request would hold the server for ever.
  const sweep = setInterval(() => {
    if (traffic.count === 0) app.server.closeAllConnections();
  }, SWEEP_MS);
  try {
    await app.close();
  } finally {
    clearTimeout(abort);
    clearTimeout(cut);
    clearInterval(sweep);
  }
}
