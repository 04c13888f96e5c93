/** Encoders: names as the package gguf has them for these architectures, values untouched. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { makeFolder } from '../vitrine-process.ts';
import { converted } from './conversion.ts';
import { madeFolders } from './environment.ts';
import { readGguf } from './gguf-file.ts';

const made = madeFolders();
const expected = JSON.parse(readFileSync(join(made, 'encoders.json'), 'utf8')) as Record<
  string,
  Record<string, string>
>;
const folder = await makeFolder();
after(() => folder.remove());
const out = join(folder.path, 'encoder.gguf');

const KEYS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  bert: { context_length: 40, pooling_type: 2 },
  'nomic-bert': { context_length: 2048, pooling_type: 1, 'rope.freq_base': 1000 },
};

for (const [name, names] of Object.entries(expected)) {
  test(`${name}: names, shapes, keys and vocabulary`, async () => {
    await converted(join(made, 'encoders', name), out);
    const { header, contents } = await readGguf(out);
    assert.deepEqual([...contents.keys()].sort(), Object.values(names).sort());
    const { metadata } = header;
    assert.equal(metadata.get('general.architecture'), name);
    const keys = { embedding_length: 64, block_count: 2, feed_forward_length: 96 };
    const more = { 'attention.head_count': 2, 'attention.causal': false, ...KEYS[name] };
    for (const [key, value] of Object.entries({ ...keys, ...more })) {
      assert.equal(metadata.get(`${name}.${key}`), value, key);
    }
    assert.equal(metadata.get('tokenizer.ggml.model'), 'bert');
    assert.equal(metadata.get('tokenizer.ggml.cls_token_id'), 2);
    assert.equal(metadata.get('tokenizer.ggml.seperator_token_id'), 3);
    assert.equal(metadata.get('tokenizer.ggml.token_type_count'), 2);
  });
}
