/**
 * The witness in Chromium: a headless browser opens a page from a loopback server, which serves
 * this checkout's TypeScript with its types stripped, and the page posts its digests.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, normalize } from 'node:path';
import type { Digests } from './witness.ts';

const LIMIT_MS = 300_000;
const FLAGS = [
  ...['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  ...['--disable-component-update', '--disable-sync', '--no-first-run', '--disable-dev-shm-usage'],
];

export interface PageTask {
  /** The browser's program. */
  program: string;
  /** Folder that holds `src` and `test`. */
  root: string;
  /** Paths below root, or `reference`. */
  modules: readonly string[];
  /** Paths below root. */
  recordings: readonly string[];
}

/** @returns  digests of each module */
export async function witnessInChromium(task: PageTask): Promise<Digests[]> {
  const page = new PageServer(task);
  const { port } = await page.listen();
  const profile = mkdtempSync(join(tmpdir(), 'vitrine-chromium-'));
  const args = [...FLAGS, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`];
  const browser = spawn(task.program, args, {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let errors = '';
  browser.stderr.on('data', (chunk) => {
    errors = (errors + chunk).slice(-2000);
  });
  const ended = once(browser, 'exit');
  const gone = ended.then(([code]) => {
    throw new Error(`Chromium ended with ${code} before the page was done:\n${errors}`);
  });
  gone.catch(() => {});
  const late = AbortSignal.timeout(LIMIT_MS);
  const timeout = once(late, 'abort').then(() => {
    throw new Error(`the page was not done after ${LIMIT_MS / 1000} s:\n${errors}`);
  });
  timeout.catch(() => {});
  try {
    return await Promise.race([page.digests, gone, timeout]);
  } finally {
    page.close();
    // The browser has a group of its own, with all its processes.
    if (browser.pid !== undefined && browser.exitCode === null)
      process.kill(-browser.pid, 'SIGKILL');
    await ended;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

const HTML = '<!doctype html><script type="module" src="/test/numerics/page.ts"></script>';
const TYPES = { '.ts': 'text/javascript', '.wasm': 'application/wasm' } as const;

class PageServer {
  readonly digests: Promise<Digests[]>;
  readonly #task: PageTask;
  readonly #server = createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
  });
  #settle!: { resolve: (found: Digests[]) => void; reject: (error: Error) => void };

  constructor(task: PageTask) {
    this.#task = task;
    this.digests = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  async listen(): Promise<AddressInfo> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this.#server.address() as AddressInfo;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = normalize(new URL(request.url ?? '/', 'http://localhost').pathname);
    if (request.method === 'POST') {
      let text = '';
      for await (const chunk of request) text += chunk;
      response.end();
      if (path === '/digests') this.#settle.resolve(JSON.parse(text));
      else this.#settle.reject(new Error(`in the page: ${text}`));
      return;
    }
    const { modules, recordings, root } = this.#task;
    if (path === '/') return send(response, 'text/html', HTML);
    if (path === '/plan') {
      const absolute = (name: string) => (name === 'reference' ? name : `/${name}`);
      const plan = { modules: modules.map(absolute), recordings: recordings.map(absolute) };
      return send(response, 'application/json', JSON.stringify(plan));
    }
    const isKnown = [...modules, ...recordings].includes(path.slice(1));
    if (!isKnown && !/^\/(src|test)\/[\w/.-]+\.ts$/.test(path)) {
      response.writeHead(404).end();
      return;
    }
    const bytes = readFileSync(join(root, path));
    const isCode = path.endsWith('.ts');
    const type = isCode ? TYPES['.ts'] : path.endsWith('.wasm') ? TYPES['.wasm'] : undefined;
    const body = isCode ? stripTypeScriptTypes(bytes.toString()) : bytes;
    send(response, type ?? 'application/octet-stream', body);
  }
}

function send(response: ServerResponse, type: string, body: string | Uint8Array): void {
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
