/**
 * One process at a time: a file created exclusively, with the holder's pid, place and a token, and
 * touched while it is held. A holder in the same place (host, boot, pid namespace) is asked for: as
 * long as it lives its lock is good, however long it has stood still. One elsewhere is believed
 * gone when it has not touched its lock for a minute; if it was only asleep, `assertHeld` tells it.
 * Advisory: it keeps Vitrine's own processes apart. Not for file systems without exclusive create.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { open, readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { VitrineError } from '../base/index.ts';
import { fileSystemError, type WeightsErrorCode } from './errors.ts';

const TOUCH_MS = 5_000;
const STALE_MS = 60_000;
const TAKEOVER_STALE_MS = 10_000;
const POLL_MS = 100;

export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Where a pid means the same process: host, boot and pid namespace, where they can be told. */
  readonly place: string;
  /** When the process started, as the system counts; empty where it does not tell (not Linux). */
  readonly born: string;
  readonly token: string;
}

/** What `work` is given. */
export interface ExclusiveLock {
  /**
   * To be called right before what only the holder may do: renews the lock and refuses when
   * another process has taken it.
   * @throws VitrineError data-directory
   */
  assertHeld(): Promise<void>;
}

export interface ExclusiveOptions {
  readonly signal?: AbortSignal;
  /** Called at every poll while another process holds the lock. */
  readonly onWait?: (holder: Holder) => void;
}

/** Runs `work` while this process holds the lock file `path`; waits for another holder. */
export async function withExclusive<T>(
  path: string,
  options: ExclusiveOptions,
  work: (lock: ExclusiveLock) => Promise<T>,
): Promise<T> {
  const token = randomUUID();
  await acquire(path, token, options);
  const touch = () => {
    const now = new Date();
    return utimes(path, now, now).catch(() => undefined);
  };
  const touching = setInterval(touch, TOUCH_MS);
  touching.unref();
  const assertHeld = async () => {
    await touch();
    if ((await readHolder(path))?.token !== token) throw lockLost(path);
  };
  try {
    return await work({ assertHeld });
  } finally {
    clearInterval(touching);
    if ((await readHolder(path))?.token === token) await rm(path, { force: true });
  }
}

/** `process 7 on this host`, `process 7 on HOST`. */
export function showHolder({ pid, host, place }: Holder): string {
  return `process ${pid} on ${place === PLACE ? 'this host' : host}`;
}

function lockLost(path: string): VitrineError<WeightsErrorCode> {
  return new VitrineError(
    'data-directory',
    `${path} was removed or taken over by another process while this one stood still; nothing of ` +
      'this one is used. Try again.',
  );
}

async function acquire(path: string, token: string, options: ExclusiveOptions): Promise<void> {
  const { pid } = process;
  const born = bornOf(pid) ?? '';
  const mine: Holder = { pid, host: hostname(), place: PLACE, born, token };
  for (;;) {
    options.signal?.throwIfAborted();
    if (await createExclusive(path, JSON.stringify(mine))) return;
    if (await isStale(path)) {
      await removeStale(path);
      continue;
    }
    const holder = await readHolder(path);
    if (holder !== undefined) options.onWait?.(holder);
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
  if (holder?.place === PLACE) return !isAlive(holder);
  return (await ageMs(path)) > STALE_MS;
}

/** That very process: a pid is given again, in a restarted container at once. */
function isAlive({ pid, born }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return born === '' || bornOf(pid) === born;
}

/**
 * Start of a process in ticks since the boot, field 22 of /proc/PID/stat (proc(5)). Undefined when
 * it is gone or a zombie, or where there is no /proc.
 */
function bornOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    // Field 2 is the name in brackets, which may hold anything; field 3 follows.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

const PLACE = [
  hostname(),
  orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim()),
  orEmpty(() => readlinkSync('/proc/self/ns/pid')),
].join(' ');

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
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
