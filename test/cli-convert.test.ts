/**
 * `vitrine convert` as a process: what it prints, what it refuses, and a stop that leaves nothing.
 */
import assert from 'node:assert/strict';
import { mkdir, open, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type TensorShape, type TypedValue, writeGgufHead } from '../src/engine/gguf/index.ts';
import { makeFolder, runVitrine, VitrineProcess } from './vitrine-process.ts';

const folder = await makeFolder();
after(() => folder.remove());
const TINY = fileURLToPath(new URL('../models/vitrine-tiny/vitrine-tiny.gguf', import.meta.url));

/** A GGUF file of zeros that takes no room: one matrix of so many rows of 4096. */
async function writeSparse(name: string, rows: number): Promise<string> {
  const metadata = new Map<string, TypedValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
  ]);
  const tensor: TensorShape = { name: 'blk.0.ffn_up.weight', type: 'F16', dims: [4096, rows] };
  const { bytes, fileBytes } = writeGgufHead(metadata, [tensor]);
  const file = await open(join(folder.path, name), 'w');
  await file.write(bytes);
  await file.truncate(fileBytes);
  await file.close();
  return join(folder.path, name);
}

test('the bundled model becomes Q8_0, and the result answers', async () => {
  const out = join(folder.path, 'tiny-q8_0.gguf');
  const { code, err, out: said } = await runVitrine(['convert', TINY, '--out', out, '-t', 'q8_0']);
  assert.equal(code, 0, err);
  assert.match(said, /tiny-q8_0\.gguf {2}[\d.]+ KB {2}llama, \d+ tensors: .*\d+ Q8_0/);
  assert.match(err, /note: the source is quantised already/);
  const answer = await runVitrine(['run', out, 'Hello', '--max-tokens', '4']);
  assert.equal(answer.code, 0, answer.err);
});

test('an output that is there is not replaced without --force', async () => {
  const out = join(folder.path, 'there.gguf');
  await writeFile(out, 'mine');
  const words = ['convert', TINY, '--out', out, '--type', 'Q8_0'];
  const refused = await runVitrine(words);
  assert.equal(refused.code, 1);
  assert.match(refused.err, /there\.gguf is there already; --force replaces it\n$/);
  assert.equal((await stat(out)).size, 4);
  assert.equal((await runVitrine([...words, '--force'])).code, 0);
  assert.ok((await stat(out)).size > 1000);
});

test('wrong words are answered with what is expected', async () => {
  const out = join(folder.path, 'none.gguf');
  for (const [words, code, message] of [
    [['convert', TINY], 2, /needs --out FILE/],
    [['convert', TINY, '--out', out, '--type', 'Q9'], 2, /"Q9"; expected one of F32, F16/],
    [['convert', TINY, '--out', out], 2, /give --type/],
    [
      ['convert', '/none', '--out', out, '--type', 'F16'],
      1,
      /\/none does not exist; expected a model/,
    ],
  ] as const) {
    const finished = await runVitrine(words);
    assert.equal(finished.code, code, finished.err);
    assert.match(finished.err, message);
  }
});

test('what the disk cannot hold is refused before anything is written', async () => {
  const source = await writeSparse('vast.gguf', 2 ** 30);
  const target = join(folder.path, 'vast');
  await mkdir(target);
  const out = join(target, 'out.gguf');
  const { code, err } = await runVitrine(['convert', source, '--out', out, '--type', 'Q8_0']);
  assert.equal(code, 1);
  assert.match(err, /has .* free; the file needs 4\.7 TB and 33\.6 MB to spare/);
  assert.deepEqual(await readdir(target), []);
});

test('Ctrl-C in the middle leaves nothing behind', async () => {
  const source = await writeSparse('long.gguf', 2 ** 15);
  const target = join(folder.path, 'stopped');
  await mkdir(target);
  const out = join(target, 'out.gguf');
  const program = new VitrineProcess(['convert', source, '--out', out, '--type', 'Q2_K']);
  while ((await readdir(target)).length === 0) {
    assert.equal(program.child.exitCode, null, program.err);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.match((await readdir(target))[0], /^\.out\.gguf\.\d+\.part$/);
  program.child.kill('SIGINT');
  const { code } = await program.ended;
  assert.equal(code, 130, program.err);
  assert.deepEqual(await readdir(target), []);
});
