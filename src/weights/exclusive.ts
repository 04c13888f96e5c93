/**
 * One process at a time: a file created exclusively, with the holder's pid, host and a token, and
 * touched while it is held. A lock is stale when its holder ran on this host and is gone, or when
 * nobody has touched it for a minute (another host, another container's pid namespace).
 * Advisory: it keeps Vitrine's own processes apart. Not for file systems without exclusive create.
 */
import { randomUUID } from 'node:crypto';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileSystemError } from './errors.ts';

const TOUCH_MS = 5_000;
const STALE_MS = 60_000;
const TAKEOVER_STALE_MS = 10_000;
const POLL_MS = 100;

interface Holder {
  readonly pid: number;
  readonly host: string;
  readonly token: string;
}

export interface ExclusiveOptions {
  readonly signal?: AbortSignal;
  /** Called at every poll while another process holds the lock. */
  readonly onWait?: (pid: number) => void;
}

/** Runs `work` while this process holds the lock file `path`; waits for another holder. */
export async function withExclusive<T>(
  path: string,
  options: ExclusiveOptions,
  work: () => Promise<T>,
): Promise<T> {
  const token = randomUUID();
  await acquire(path, token, options);
  const touching = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_MS);
  touching.unref();
  try {
    return await work();
  } finally {
    clearInterval(touching);
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  }
}

async function acquire(path: string, token: string, options: ExclusiveOptions): Promise<void> {
  const mine: Holder = { pid: process.pid, host: hostname(), token };
  for (;;) {
    options.signal?.throwIfAborted();
    if (await createExclusive(path, JSON.stringify(mine))) return;
    if (await isStale(path)) {
      await removeStale(path);
      continue;
    }
    options.onWait?.((await readHolder(path))?.pid ?? 0);
    await sleep(POLL_MS, undefined, { signal: options.signal });
  }
}

async function createExclusive(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(path, 'wx', 0o644);
    try {
      await file.writeFile(content);
    } finally {
      await file.close();
    }
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fileSystemError(path, error);
  }
}

/**
 * Only one process may remove a stale lock, else the second would remove the first one's new one.
 */
async function removeStale(path: string): Promise<void> {
  const takeover = `${path}.takeover`;
  if (!(await createExclusive(takeover, String(process.pid)))) {
    if ((await ageMs(takeover)) > TAKEOVER_STALE_MS) await rm(takeover, { force: true });
    await sleep(POLL_MS);
    return;
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rm(takeover, { force: true });
  }
}

async function isStale(path: string): Promise<boolean> {
  const holder = await readHolder(path);
  const age = await ageMs(path);
  if (age > STALE_MS) return true;
  return holder !== undefined && holder.host === hostname() && !isAlive(holder.pid);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Undefined when the lock is gone, or not written yet. */
async function readHolder(path: string): Promise<Holder | undefined> {
  try {
    const holder = JSON.parse(await readFile(path, 'utf8'));
    return Number.isInteger(holder.pid) && holder.pid > 0 ? holder : undefined;
  } catch {
    return undefined;
  }
}

/** -1 when the file is gone. */
async function ageMs(path: string): Promise<number> {
  try {
    return Date.now() - (await stat(path)).mtimeMs;
  } catch {
    return -1;
  }
}
