/** Files that `llama-gguf-split` cuts: the same tensors and logits, and a whole file again. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { llamaCppProgram } from '../../bench/llama-cpp.ts';
import { hashLogits } from '../logit-hash.ts';
import { makeFolder } from '../vitrine-process.ts';
import { converted } from './conversion.ts';
import { madeFolders, run } from './environment.ts';
import { readGguf } from './gguf-file.ts';

const made = madeFolders();
const program = llamaCppProgram('llama-gguf-split');
const folder = await makeFolder();
after(() => folder.remove());

const whole = join(made, 'quantize.gguf');

for (const [name, ...options] of [
  ['tensors', '--split-max-tensors', '20'],
  ['first', '--no-tensor-first-split', '--split-max-tensors', '30'],
]) {
  test(`parts by ${options.join(' ')}: the same logits and the same tensors`, async () => {
    run(program, ['--split', ...options, whole, join(folder.path, name)]);
    const parts = readdirSync(folder.path).filter((file) => file.startsWith(`${name}-`));
    assert.ok(parts.length > 2, `${parts}`);
    const last = join(folder.path, parts.sort().at(-1) as string);
    assert.equal(await hashLogits(last, 2), await hashLogits(whole, 1));
    const joined = join(folder.path, 'joined.gguf');
    await converted(last, joined, { type: 'F32' });
    const [ours, theirs] = [await readGguf(joined), await readGguf(whole)];
    assert.deepEqual(ours.contents, theirs.contents);
    const keys = [...theirs.header.metadata.keys()];
    for (const key of keys) {
      assert.deepEqual(ours.header.metadata.get(key), theirs.header.metadata.get(key), key);
    }
    assert.ok(![...ours.header.metadata.keys()].some((key) => key.startsWith('split.')));
  });
}
