/**
 * Linters start workers of their own. Each child of the fold leads a process group, so that all of
 * it can be ended: when the command is interrupted, when the child goes before its workers, and at
 * the latest when this process exits. Windows has no groups; the child alone is ended there.
 */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';

/** From SIGTERM to SIGKILL. */
const GRACE_MS = 1000;
const POLL_MS = 20;

export const HAS_GROUPS = process.platform !== 'win32';

/** Leaders of the groups in which something may still run. */
const running = new Set<ChildProcess>();

export interface ProcessGroup {
  /** SIGTERM, after a short grace SIGKILL; resolves when the group is gone. May be repeated. */
  end(): Promise<void>;
}

/** @param child started with `detached: HAS_GROUPS` */
export function processGroup(child: ChildProcess): ProcessGroup {
  let ending: Promise<void> | undefined;
  const end = () => (ending ??= endGroup(child));
  if (child.pid !== undefined) {
    if (running.size === 0) process.on('exit', killAll);
    running.add(child);
    // What the leader left behind.
    child.once('exit', end);
  }
  return { end };
}

async function endGroup(child: ChildProcess): Promise<void> {
  const until = performance.now() + GRACE_MS;
  send(child, 'SIGTERM');
  while (isAlive(child) && performance.now() < until) await delay(POLL_MS);
  if (isAlive(child)) send(child, 'SIGKILL');
  running.delete(child);
  if (running.size === 0) process.off('exit', killAll);
}

function killAll(): void {
  for (const child of running) send(child, 'SIGKILL');
}

function isAlive(child: ChildProcess): boolean {
  return HAS_GROUPS ? send(child, 0) : child.exitCode === null && child.signalCode === null;
}

/** False when nobody is there to get it. */
function send(child: ChildProcess, signal: NodeJS.Signals | 0): boolean {
  if (child.pid === undefined) return false;
  if (!HAS_GROUPS) return child.kill(signal);
  try {
    return process.kill(-child.pid, signal);
  } catch {
    return false;
  }
}
