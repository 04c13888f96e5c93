/** A real server on a free port over a real engine, with what tests do to it. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openApiKey } from '../src/access/index.ts';
import { type Engine, type OpenEngineOptions, openEngine } from '../src/engine/index.ts';
import { type ServerOptions, type ServerTuning, startServer } from '../src/server/index.ts';
import { type RandomEncoderOptions, randomEncoder } from './random-encoder.ts';
import { type RandomModelOptions, writeModel, writeRandomModel } from './random-model.ts';

export interface LiveServer {
  readonly url: string;
  readonly port: number;
  readonly key: string;
  readonly engine: Engine;
  /** Log lines so far, parsed. */
  readonly log: Record<string, unknown>[];
  post(path: string, body: unknown, init?: RequestInit): Promise<Response>;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** The server alone; `close` ends everything. */
  closeServer(options?: { graceMs?: number }): Promise<void>;
  close(): Promise<void>;
}

export interface LiveOptions {
  readonly model?: RandomModelOptions;
  /** A model of embeddings instead. */
  readonly encoder?: RandomEncoderOptions;
  /** Without more said, no prefix cache: the same request computes the same twice. */
  readonly engine?: Partial<OpenEngineOptions>;
  readonly server?: Partial<ServerOptions>;
  readonly tuning?: ServerTuning;
  /** Stands between server and engine. */
  readonly wrap?: (engine: Engine) => Engine;
}

export const MODEL_NAME = 'random';

export async function startLiveServer(options: LiveOptions = {}): Promise<LiveServer> {
  const { encoder } = options;
  const file =
    encoder === undefined
      ? await writeRandomModel(options.model)
      : await writeModel(randomEncoder(encoder));
  const dataDir = await mkdtemp(join(tmpdir(), 'vitrine-live-'));
  const key = `test-${randomBytes(24).toString('base64url')}`;
  const { verifier } = await openApiKey({ dataDir, environmentKey: key });
  const settings = { threads: 1, prefixCache: false, ...options.engine };
  const engine = await openEngine({ modelPath: file.path, ...settings });
  const log: Record<string, unknown>[] = [];
  const server = await startServer(
    {
      engine: Promise.resolve(options.wrap?.(engine) ?? engine),
      ...{ modelName: MODEL_NAME, host: '127.0.0.1', port: 0, keys: verifier },
      ...{ logLevel: 'debug', version: '0.0.0-test', ...options.server },
    },
    { logDestination: { write: (line) => log.push(JSON.parse(line)) }, ...options.tuning },
  );
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  return {
    ...{ url: server.url, port: server.port, key, engine, log },
    post: (path, body, init = {}) =>
      fetch(server.url + path, {
        method: 'POST',
        body: typeof body === 'string' ? body : JSON.stringify(body),
        ...init,
        headers: { ...headers, ...(init.headers as Record<string, string> | undefined) },
      }),
    get: (path, more = {}) => fetch(server.url + path, { headers: { 'x-api-key': key, ...more } }),
    closeServer: (how) => server.close(how),
    async close() {
      await server.close({ graceMs: 0 });
      await engine.close();
      await file.remove();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

export interface SentEvent {
  readonly event?: string;
  readonly data: string;
}

/** Events of a whole stream; comments are left out. */
export function parseEvents(text: string): SentEvent[] {
  return text
    .split('\n\n')
    .filter((block) => block !== '' && !block.startsWith(':'))
    .map((block) => {
      const lines = block.split('\n');
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      return { event: field('event'), data: field('data') ?? '' };
    });
}

/** Polls until the condition holds. @throws Error after 10 s */
export async function until(condition: () => boolean | Promise<boolean>, what: string) {
  const endMs = performance.now() + 10_000;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited 10 s until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
