/** Models of embeddings on the command line: served, and refused where text is wanted. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { randomEncoder } from './random-encoder.ts';
import { type ModelFile, writeModel } from './random-model.ts';
import { makeFolder, runVitrine, VitrineProcess } from './vitrine-process.ts';

let file: ModelFile;
let folder: { path: string; remove(): Promise<void> };
let env: Record<string, string>;
before(async () => {
  file = await writeModel(randomEncoder());
  folder = await makeFolder();
  env = { VITRINE_DATA_DIR: join(folder.path, 'data'), VITRINE_THREADS: '1' };
});
after(async () => {
  await file.remove();
  await folder.remove();
});

test('run and chat with a model of embeddings end with one line that says what to do', async () => {
  for (const words of [
    ['run', file.path, 'Hello'],
    ['chat', file.path],
  ]) {
    const { code, out, err } = await runVitrine(words, { env });
    assert.equal(code, 1, err);
    assert.equal(out, '');
    assert.match(err, /random is an embedding model \(bert\): it gives vectors, not text\./);
    assert.match(err, /vitrine serve`, and send texts to POST \/v1\/embeddings/);
  }
});

test('serve says what the model gives, and its line for curl asks for an embedding', async () => {
  const server = new VitrineProcess(['serve', file.path, '--port', '0'], { env });
  try {
    await server.until(({ out }) => /^curl .*\n/m.test(out), 'the start block');
    assert.match(server.out, /gives +embeddings of 64 values/);
    const [, url, body] = /^curl -s (\S+) .* -d '(.*)'$/m.exec(server.out) ?? [];
    const key = /VITRINE_API_KEY=(\S+)/.exec(server.out)?.[1] ?? '';
    assert.match(url, /\/v1\/embeddings$/);
    const headers = { 'x-api-key': key, 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body });
    assert.equal(response.status, 200);
    assert.equal((await response.json()).data[0].embedding.length, 64);
  } finally {
    await server.kill();
  }
});
