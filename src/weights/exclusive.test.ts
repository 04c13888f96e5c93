import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { type Holder, showHolder, withExclusive } from './exclusive.ts';

const HOUR_MS = 3_600_000;
const MODULE = new URL('./exclusive.ts', import.meta.url).href;

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vitrine-exclusive-'));
  path = join(folder, 'model.pulling');
});
afterEach(() => rm(folder, { recursive: true }));

/** As after a laptop's sleep: nobody has touched the lock for an hour. */
async function age(): Promise<void> {
  const then = new Date(Date.now() - HOUR_MS);
  await utimes(path, then, then);
}

/** Tries for some polls: the holder that it waited for, or undefined when it got the lock. */
async function waitFor(polls: number): Promise<Holder | undefined> {
  const stop = new AbortController();
  let seen: Holder | undefined;
  const onWait = (holder: Holder) => {
    seen = holder;
    polls -= 1;
    if (polls === 0) stop.abort();
  };
  try {
    await withExclusive(path, { onWait, signal: stop.signal }, async () => undefined);
    return undefined;
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return seen;
  }
}

/** A process of its own that holds the lock until it is killed. */
async function startHolder(): Promise<ChildProcess> {
  const script = `
    const { withExclusive } = await import(${JSON.stringify(MODULE)});
    await withExclusive(${JSON.stringify(path)}, {}, () => {
      console.log('held');
      setInterval(() => {}, 1000);
      return new Promise(() => {});
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
}

test('the lock of this very process is good however old it is', async () => {
  await withExclusive(path, {}, async (lock) => {
    await age();
    const holder = await waitFor(3);
    assert.equal(holder?.pid, process.pid);
    await lock.assertHeld();
  });
  assert.equal(await waitFor(3), undefined);
  assert.deepEqual(await readdir(folder), []);
});

test('a stopped process keeps its lock, is named, and loses it when it dies', async () => {
  const child = await startHolder();
  try {
    child.kill('SIGSTOP');
    await age();
    const holder = await waitFor(3);
    assert.equal(holder?.pid, child.pid);
    assert.equal(showHolder(holder as Holder), `process ${child.pid} on this host`);
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  assert.equal(await waitFor(3), undefined);
});

test('a pid that another process has by now does not keep the lock', async () => {
  await withExclusive(path, {}, async () => {
    const holder = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...holder, born: '1', token: 'before' }));
    assert.equal(await waitFor(3), undefined);
  });
});

test('a holder elsewhere is believed for a minute, then told that it lost the lock', async () => {
  await withExclusive(path, {}, async (lock) => {
    const holder = JSON.parse(await readFile(path, 'utf8'));
    await writeFile(path, JSON.stringify({ ...holder, host: 'far', place: 'far' }));
    const seen = await waitFor(3);
    assert.equal(showHolder(seen as Holder), `process ${process.pid} on far`);
    await age();
    assert.equal(await waitFor(3), undefined);
    await assert.rejects(lock.assertHeld(), {
      code: 'data-directory',
      message: /model\.pulling was removed or taken over by another process/,
    });
  });
});

test('who has lost the lock does not remove the one of who has it now', async () => {
  const other = JSON.stringify({ pid: 1, host: 'far', place: 'far', born: '', token: 'other' });
  await withExclusive(path, {}, async (lock) => {
    await writeFile(path, other);
    await assert.rejects(lock.assertHeld(), { code: 'data-directory' });
  });
  assert.equal(await readFile(path, 'utf8'), other);
});
