/**
 * What the README says, as far as Node and npm suffice: its TypeScript against a real server over a
 * model of random weights that has the name of the real one. test/full runs all of it.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { randomModel } from './random-model.ts';
import { blockFor, liveBlocks, readmeBlocks } from './readme-blocks.ts';
import { CHECKOUT, makeFolder, runVitrine, VitrineProcess } from './vitrine-process.ts';

const KEY = 'test-key-of-the-readme-0123456789';
const readme = await readFile(join(CHECKOUT, 'README.md'), 'utf8');

test('the TypeScript of the README prints an answer of a live server', async () => {
  const folder = await makeFolder();
  const model = join(folder.path, 'smollm2-135m.gguf');
  await writeFile(model, randomModel());
  const env = { VITRINE_API_KEY: KEY, VITRINE_DATA_DIR: join(folder.path, 'data') };
  const server = new VitrineProcess(['serve', model, '--port', '0'], { env });
  try {
    await server.until(({ out }) => /^ {2}API key .*\n/m.test(out), 'the start block');
    const url = /at (http:\S+)/.exec(server.out)?.[1] ?? '';
    const code = blockFor(await readmeBlocks(), 'ts', url);
    const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', code], {
      ...{ cwd: CHECKOUT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)]);
    assert.match(out, /^[\x20-\x7e]{8,}/, err);
  } finally {
    await server.kill();
    await folder.remove();
  }
});

test('live blocks are found by their mark, and must ask the default address', () => {
  const blocks = liveBlocks('```sh\nno\n```\n```sh live\ncurl http://127.0.0.1:8000/x\n```\n');
  assert.deepEqual(blocks, [{ language: 'sh', code: 'curl http://127.0.0.1:8000/x\n' }]);
  assert.equal(blockFor(blocks, 'sh', 'http://[::1]:9'), 'curl http://[::1]:9/x\n');
  assert.throws(() => blockFor(blocks, 'ts', 'http://[::1]:9'), /0 live ts blocks/);
  const elsewhere = liveBlocks('```sh live\ncurl http://localhost:1/x\n```\n');
  assert.throws(() => blockFor(elsewhere, 'sh', ''), /does not ask/);
});

test('every command that the README names exists', async () => {
  const named = new Set([...readme.matchAll(/\bvitrine ([a-z]+)\b/g)].map(([, name]) => name));
  assert.ok(named.size >= 6);
  for (const name of named) {
    const { code, err } = await runVitrine(['help', name]);
    assert.equal(code, 0, err);
  }
});

test('every npm script that README and CONTRIBUTING name exists', async () => {
  const { scripts } = JSON.parse(await readFile(join(CHECKOUT, 'package.json'), 'utf8'));
  const contributing = await readFile(join(CHECKOUT, 'CONTRIBUTING.md'), 'utf8');
  const words = `${readme}${contributing}`.matchAll(/npm (?:run ([a-z:]+)|(start|test)\b)/g);
  const named = [...words].map(([, script, short]) => script ?? short);
  assert.ok(named.includes('test:full'));
  assert.deepEqual(
    named.filter((name) => scripts[name] === undefined),
    [],
  );
});
