/**
 * Model folders that transformers wrote, as safetensors, in parts and as pytorch_model.bin: the
 * files that come out have the tensors and the metadata of the exporter that uses the package gguf,
 * and the logits of transformers.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfig, vocabularySizeOf } from '../../src/engine/model/index.ts';
import { bindBuild, ModelRunner, ROW_COUNT_MAX, relativeError } from '../model-runner.ts';
import { makeFolder } from '../vitrine-process.ts';
import { converted } from './conversion.ts';
import { madeFolders } from './environment.ts';
import { type GgufFile, readGguf } from './gguf-file.ts';

interface Expected {
  tokens: number[];
  positions: number[];
  logits: Record<string, string>;
}

const made = madeFolders();
const expected = JSON.parse(readFileSync(join(made, 'expected.json'), 'utf8')) as Expected;
const folder = await makeFolder();
after(() => folder.remove());
const out = join(folder.path, 'model.gguf');
const simd = bindBuild('vitrine-simd128');

/** As for the committed oracle of the architectures. */
const TOLERANCE = 2e-3;

/** Of the exporter: what names its own test file. */
const OTHER_KEYS = new Set(['general.name', 'GGUF.version']);

function checkMetadata(ours: GgufFile, theirs: GgufFile): void {
  for (const [key, value] of theirs.header.typedMetadata) {
    if (OTHER_KEYS.has(key)) continue;
    assert.deepEqual(ours.header.typedMetadata.get(key), value, key);
  }
}

function checkTensors(ours: GgufFile, theirs: GgufFile): void {
  assert.deepEqual([...ours.contents.keys()].sort(), [...theirs.contents.keys()].sort());
  for (const info of ours.infos) {
    const other = theirs.infos.find(({ name }) => name === info.name);
    assert.deepEqual([info.type, info.dims], [other?.type, other?.dims], info.name);
    assert.deepEqual(ours.contents.get(info.name), theirs.contents.get(info.name), info.name);
  }
}

function logitError(file: GgufFile, name: string): number {
  const vocabularySize = vocabularySizeOf(file.infos);
  const config = readConfig(file.header.metadata, vocabularySize);
  const logits = new ModelRunner(simd, config, file).sequence(expected.tokens, [ROW_COUNT_MAX]);
  const flat = new Float32Array(
    new Uint8Array(Buffer.from(expected.logits[name], 'base64')).buffer,
  );
  return relativeError(
    expected.positions.map((position) => logits[position]),
    expected.positions.map((_, i) => flat.slice(i * vocabularySize, (i + 1) * vocabularySize)),
  );
}

for (const name of Object.keys(expected.logits)) {
  for (const form of readdirSync(join(made, name))) {
    test(`${name} from ${form}: metadata, tensors and logits`, async (t) => {
      await converted(join(made, name, form), out);
      const ours = await readGguf(out);
      const theirs = await readGguf(join(made, `${name}.gguf`));
      checkMetadata(ours, theirs);
      checkTensors(ours, theirs);
      const error = logitError(ours, name);
      t.diagnostic(`relative error of the logits ${error.toExponential(2)}`);
      assert.ok(error > 0 && error < TOLERANCE, `${error}`);
    });
  }
}

test('a folder converted to Q8_0 is near, and smaller', async () => {
  await converted(join(made, 'qwen3', 'pytorch'), out, { type: 'Q8_0' });
  const file = await readGguf(out);
  assert.ok(file.infos.some(({ type }) => type === 'Q8_0'));
  const error = logitError(file, 'qwen3');
  assert.ok(error > 0 && error < 0.05, `${error}`);
});
