/**
 * Folders with each kind of tokenizer: our tokenizer on the converted file gives the library's ids.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createTokenizer } from '../../src/engine/tokenizer/index.ts';
import { makeFolder } from '../vitrine-process.ts';
import { converted } from './conversion.ts';
import { madeFolders } from './environment.ts';
import { readGguf } from './gguf-file.ts';

interface Expected {
  texts: string[];
  kinds: Record<string, { model: string; pre: string; ids: number[][] }>;
}

const made = madeFolders();
const { texts, kinds } = JSON.parse(
  readFileSync(join(made, 'tokenizers.json'), 'utf8'),
) as Expected;
const folder = await makeFolder();
after(() => folder.remove());
const out = join(folder.path, 'model.gguf');

for (const [kind, { model, pre, ids }] of Object.entries(kinds)) {
  test(`${kind}: the ids are those of the library`, async () => {
    await converted(join(made, 'tokenizers', kind), out);
    const { header } = await readGguf(out);
    assert.equal(header.metadata.get('tokenizer.ggml.model'), model);
    assert.equal(header.metadata.get('tokenizer.ggml.pre'), pre);
    const tokenizer = createTokenizer(header.metadata);
    for (const [i, text] of texts.entries()) {
      assert.deepEqual([...tokenizer.encode(text)], ids[i], JSON.stringify(text));
    }
  });
}

test('special tokens, and the chat template, come along', async () => {
  await converted(join(made, 'tokenizers', 'gpt-2'), out);
  const { metadata } = (await readGguf(out)).header;
  assert.equal(metadata.get('tokenizer.ggml.bos_token_id'), 0);
  assert.equal(metadata.get('tokenizer.ggml.eos_token_id'), 1);
  assert.equal(metadata.get('tokenizer.ggml.add_bos_token'), true);
  assert.equal(metadata.get('tokenizer.chat_template'), '{{ messages[0].content }}');
});

test('a rule without a name is refused with its expression, or named by --pre', async () => {
  const { cp, writeFile } = await import('node:fs/promises');
  const copy = join(folder.path, 'other-rule');
  await cp(join(made, 'tokenizers', 'llama-bpe'), copy, { recursive: true });
  const path = join(copy, 'tokenizer.json');
  const text = readFileSync(path, 'utf8').replace('{1,3}', '{1,4}');
  await writeFile(path, text);
  await assert.rejects(converted(copy, out), /cuts text by a rule that has no known name .*1,4/);
  await converted(copy, out, { preSplit: 'llama-bpe' });
  const { metadata } = (await readGguf(out)).header;
  assert.equal(metadata.get('tokenizer.ggml.pre'), 'llama-bpe');
});
