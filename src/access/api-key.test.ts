import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openApiKey } from './index.ts';

let dataDir = '';

beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'vitrine-access-')), 'data');
});
afterEach(async () => {
  await rm(join(dataDir, '..'), { recursive: true });
});

test('the first start makes a key, later starts verify it and do not show it again', async () => {
  const first = await openApiKey({ dataDir });
  assert.equal(first.source, 'created');
  const key = first.created ?? '';
  assert.match(key, /^vitrine-[A-Za-z0-9_-]{43}$/);
  const second = await openApiKey({ dataDir });
  assert.equal(second.source, 'stored');
  assert.equal(second.created, undefined);
  for (const { verifier } of [first, second]) {
    assert.equal(verifier.verify(key), true);
    const wrong = [`${key}x`, key.slice(0, -1), key.toUpperCase(), '', 'x'.repeat(100_000)];
    for (const presented of wrong) assert.equal(verifier.verify(presented), false);
  }
});

test('the data directory holds a salted hash for the owner alone, and nothing else', async () => {
  const { created = '' } = await openApiKey({ dataDir });
  assert.deepEqual(await readdir(dataDir), ['api-key.json']);
  const path = join(dataDir, 'api-key.json');
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  const text = await readFile(path, 'utf8');
  assert.equal(text.includes(created.slice('vitrine-'.length)), false);
  assert.match(JSON.parse(text).hash, /^[0-9a-f]{64}$/);
});

test('two first starts at once agree on one key', async () => {
  const opened = await Promise.all(Array.from({ length: 8 }, () => openApiKey({ dataDir })));
  const made = opened.flatMap(({ created }) => (created === undefined ? [] : [created]));
  assert.equal(made.length, 1);
  for (const { verifier } of opened) assert.equal(verifier.verify(made[0]), true);
  assert.deepEqual(await readdir(dataDir), ['api-key.json']);
});

test('a key from the environment is used instead and nothing is written', async () => {
  const environmentKey = 'k'.repeat(22);
  const { verifier, created, source } = await openApiKey({ dataDir, environmentKey });
  assert.equal(source, 'environment');
  assert.equal(created, undefined);
  assert.equal(verifier.verify(environmentKey), true);
  assert.equal(verifier.verify('k'.repeat(21)), false);
  await assert.rejects(readdir(dataDir), { code: 'ENOENT' });
});

test('a short or unsendable key from the environment is refused without being shown', async () => {
  for (const environmentKey of ['secret-secret-secret!', 'secret secret secret secret']) {
    await assert.rejects(openApiKey({ dataDir, environmentKey }), (error: Error) => {
      assert.equal((error as Error & { code: string }).code, 'weak-key');
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

test('a key file that is not ours is refused and left as it is', async () => {
  await openApiKey({ dataDir });
  const path = join(dataDir, 'api-key.json');
  for (const text of ['', '{"version":1}', 'null', '[]', `{"version":1,"salt":"00","hash":"00"}`]) {
    await writeFile(path, text);
    await assert.rejects(openApiKey({ dataDir }), { code: 'bad-key-file' });
    assert.equal(await readFile(path, 'utf8'), text);
  }
});

test('a data directory that cannot be made is an error that names it', async () => {
  await writeFile(dataDir, 'a file');
  await assert.rejects(openApiKey({ dataDir }), (error: Error) => {
    assert.equal((error as Error & { code: string }).code, 'data-directory');
    return error.message.includes(dataDir);
  });
});
