/**
 * The real command in a process of its own: `bin/vitrine.mjs`, with a data directory of the test's
 * and an environment in which nothing of the machine's own settings shows.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const CHECKOUT = fileURLToPath(new URL('..', import.meta.url));

/** Longer than anything here takes, also on a busy machine. */
const PATIENCE_MS = 60_000;

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is then closed. */
  readonly input?: string;
  /** Node.js that runs the launcher; default: this one. */
  readonly node?: readonly string[];
  /** Folder of the checkout or package. */
  readonly folder?: string;
  readonly cwd?: string;
}

export class VitrineProcess {
  readonly child: ChildProcess;
  out = '';
  err = '';
  readonly ended: Promise<Finished>;

  constructor(words: readonly string[], options: StartOptions = {}) {
    const [node, ...nodeArgs] = options.node ?? [process.execPath];
    const bin = join(options.folder ?? CHECKOUT, 'bin', 'vitrine.mjs');
    this.child = spawn(node, [...nodeArgs, bin, ...words], {
      env: { PATH: process.env.PATH, HOME: tmpdir(), ...options.env },
      cwd: options.cwd ?? tmpdir(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text) => {
      this.out += text;
    });
    this.child.stderr?.setEncoding('utf8').on('data', (text) => {
      this.err += text;
    });
    this.child.stdin?.on('error', () => undefined);
    if (options.input !== undefined) this.child.stdin?.end(options.input);
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => {
        resolve({ code, signal, out: this.out, err: this.err });
      });
    });
  }

  /** Waits until the output so far satisfies the condition; fails when the process ends first. */
  async until(condition: (process: VitrineProcess) => boolean, what: string): Promise<void> {
    const deadline = performance.now() + PATIENCE_MS;
    let isOver = false;
    void this.ended.then(() => {
      isOver = true;
    });
    while (!condition(this)) {
      if (isOver || performance.now() > deadline) {
        const state = isOver ? 'it has ended' : 'it took too long';
        throw new Error(`waiting for ${what}: ${state}\n${this.out}\n${this.err}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Ends it, whatever it does, and waits. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

export async function runVitrine(
  words: readonly string[],
  options: StartOptions = {},
): Promise<Finished> {
  return new VitrineProcess(words, { input: '', ...options }).ended;
}

export async function makeFolder(): Promise<{ path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'vitrine-test-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

/** A port of this machine on which nobody listens. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * A Node.js older than 24: the machine's own if it has one; else this one, which tells the launcher
 * (and nothing that the launcher starts) that it is version 20.
 */
export function olderNode(): readonly string[] {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const node = join(folder, 'node');
    if (!existsSync(node)) continue;
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    const major = Number(/^v(\d+)\./.exec(stdout ?? '')?.[1]);
    if (major >= 18 && major < 24) return [node];
  }
  return [process.execPath, '--import', pretend('20.0.0')];
}

/** A module that changes what the launcher reads of its platform, but not in its child. */
export function pretend(version: string, platform: string = process.platform): string {
  const code = `if (process.env.VITRINE_INTERNAL_LAUNCHED === undefined) {
    const versions = { ...process.versions, node: ${JSON.stringify(version)} };
    Object.defineProperty(process, 'versions', { value: versions });
    Object.defineProperty(process, 'platform', { value: ${JSON.stringify(platform)} });
  }`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
