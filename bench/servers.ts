/**
 * Servers under measurement: processes on free loopback ports, each ready when its health says so.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { llamaCppProgram } from './llama-cpp.ts';

/** How long a server may take to load, milliseconds. */
const START_MS_MAX = 120_000;
const KEY = 'measuring-only';

export interface BenchServer {
  readonly name: string;
  readonly url: string;
  /** What it calls the model. */
  readonly model: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Largest resident size so far, bytes. */
  peakBytes(): Promise<number>;
  close(): Promise<void>;
}

export interface ServerSize {
  model: string;
  threads: number;
  /** Requests at once. */
  streams: number;
  /** Tokens of one request at most. */
  contextTokens: number;
}

export async function startVitrine(size: ServerSize): Promise<BenchServer> {
  const launcher = fileURLToPath(new URL('../bin/vitrine.mjs', import.meta.url));
  const port = await freePort();
  const args = [launcher, 'serve', size.model, '--port', `${port}`, '--threads', `${size.threads}`];
  args.push('--context', `${size.contextTokens}`, '--accept-licence', 'gemma');
  args.push('--cache-tokens', `${size.streams * size.contextTokens}`, '--log-level', 'warn');
  const env = { ...process.env, VITRINE_API_KEY: KEY.padEnd(32, '.') };
  const child = spawn('node', args, { stdio: ['ignore', 'ignore', 'pipe'], env });
  const headers = { authorization: `Bearer ${env.VITRINE_API_KEY}` };
  return started('vitrine', child, { port, path: '/readyz', headers });
}

export async function startLlamaServer(size: ServerSize): Promise<BenchServer> {
  const port = await freePort();
  const args = ['-m', size.model, '-t', `${size.threads}`, '-np', `${size.streams}`];
  args.push('-c', `${size.streams * size.contextTokens}`);
  args.push('--host', '127.0.0.1', '--port', `${port}`);
  const program = llamaCppProgram('llama-server');
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  return started('llama-server', child, { port, path: '/health', headers: {} });
}

async function started(
  name: string,
  child: ChildProcess,
  at: { port: number; path: string; headers: Record<string, string> },
): Promise<BenchServer> {
  let errors = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000);
  });
  const url = `http://127.0.0.1:${at.port}`;
  const close = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill();
    await once(child, 'exit');
  };
  for (const end = Date.now() + START_MS_MAX; ; ) {
    const response = await fetch(url + at.path).catch(() => undefined);
    if (response?.ok === true) break;
    if (child.exitCode !== null || Date.now() > end) {
      await close();
      throw new Error(`${name} did not start: ${errors.trim()}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { pid = 0 } = child;
  const listed = await fetch(`${url}/v1/models`, { headers: at.headers });
  const { data } = (await listed.json()) as { data: { id: string }[] };
  const model = data[0].id;
  return { name, url, model, headers: at.headers, peakBytes: () => peakBytes(pid), close };
}

/** VmHWM of the process and, for a launcher, of the child it waits for. */
async function peakBytes(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '');
  let largest = 0;
  for (const one of [pid, ...children.trim().split(' ').filter(Boolean)]) {
    const status = await readFile(`/proc/${one}/status`, 'utf8').catch(() => '');
    const [, kilobytes = '0'] = /VmHWM:\s+(\d+) kB/.exec(status) ?? [];
    largest = Math.max(largest, Number(kilobytes) * 1024);
  }
  return largest;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
