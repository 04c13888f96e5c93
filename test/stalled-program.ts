/**
 * A program that says it was started and then takes for ever: for tests of stopping what runs it.
 */
import assert from 'node:assert/strict';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { VitrineProcess } from './vitrine-process.ts';

const PATIENCE_MS = 30_000;

/** Writes the program; its process id goes to `path.pid` once it runs. */
export async function writeStalledProgram(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, '#!/bin/sh\necho $$ > "$0.pid"\nexec sleep 300\n');
  await chmod(path, 0o755);
}

/** Its process id, once `starter` has started it. */
export async function stalledPid(path: string, starter: VitrineProcess): Promise<number> {
  let isOver = false;
  void starter.ended.then(() => {
    isOver = true;
  });
  return poll(async () => {
    assert.ok(!isOver, `${path} was not started: ${starter.err}`);
    return Number(await readFile(`${path}.pid`, 'utf8').catch(() => '')) || undefined;
  }, `${path} to start`);
}

/** Resolves when no such process is left. */
export async function untilGone(pid: number): Promise<void> {
  await poll(async () => {
    try {
      process.kill(pid, 0);
      return undefined;
    } catch {
      return true;
    }
  }, `process ${pid} to end`);
}

async function poll<Value>(look: () => Promise<Value | undefined>, what: string): Promise<Value> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const value = await look();
    if (value !== undefined) return value;
    assert.ok(performance.now() < deadline, `waited too long for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
