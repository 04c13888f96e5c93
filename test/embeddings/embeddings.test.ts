/**
 * Real embedding models through the real command and the `openai` client, compared with what
 * sentence-transformers gave for the same texts (expected.json, made by make-expected.py).
 *
 *   npm run test:embeddings
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import OpenAI from 'openai';
import { readGgufHeader } from '../../src/engine/gguf/index.ts';
import { halfToFloat } from '../../src/engine/kernels/index.ts';
import { createTokenizer } from '../../src/engine/tokenizer/index.ts';
import { makeFolder, VitrineProcess } from '../vitrine-process.ts';
import { modelPath, SOURCES, TYPES } from './packages.ts';

interface Expected {
  madeBy: Record<string, string>;
  /** Vectors: f16 [texts][384], base64. */
  models: Record<string, { ids: number[][]; vectors: string }>;
}

const read = (name: string) => readFileSync(new URL(name, import.meta.url), 'utf8');
const EXPECTED = JSON.parse(read('expected.json')) as Expected;
const TEXTS = JSON.parse(read('texts.json')) as string[];
const WIDTH = 384;
const COSINE_MIN = 0.999;

test('there are at least 50 texts, each with its vector', () => {
  assert.ok(new Set(TEXTS).size >= 50);
  assert.equal(SOURCES.length, Object.keys(EXPECTED.models).length);
  for (const { ids } of Object.values(EXPECTED.models)) assert.equal(ids.length, TEXTS.length);
});

function vectorsOf(name: string): Float32Array[] {
  const bytes = Buffer.from(EXPECTED.models[name].vectors, 'base64');
  const at = (i: number) => halfToFloat(bytes.readUInt16LE(i * 2));
  return TEXTS.map((_, t) => Float32Array.from({ length: WIDTH }, (_, c) => at(t * WIDTH + c)));
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [dot, aa, bb] = [0, 0, 0];
  for (let i = 0; i < a.length; i += 1) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return dot / Math.sqrt(aa * bb);
}

for (const source of SOURCES) {
  const { name } = source;
  test(`${name}: token ids are those of tokenizers, [CLS] and [SEP] with them`, async () => {
    const bytes = readFileSync(modelPath(source, 'F16'));
    const header = await readGgufHeader(async (length) => bytes.subarray(0, length), {
      fileBytes: bytes.length,
    });
    const tokenizer = createTokenizer(header.metadata);
    for (const [i, ids] of EXPECTED.models[name].ids.entries()) {
      assert.deepEqual(tokenizer.encode(TEXTS[i], { addSpecial: true }), ids, TEXTS[i]);
      assert.deepEqual([ids[0], ids.at(-1)], [101, 102]);
    }
  });

  for (const type of TYPES) {
    test(`${name}, ${type}: vectors are those of sentence-transformers, cosine ${COSINE_MIN} and more`, (t) =>
      withServer(modelPath(source, type), async (client) => {
        // A file is served under its own name, in small letters.
        const model = `${name}-${type}`.toLowerCase();
        const started = performance.now();
        const { data, usage } = await client.embeddings.create({ model, input: TEXTS });
        const seconds = (performance.now() - started) / 1000;
        const cosines = vectorsOf(name).map((vector, i) => cosine(vector, data[i].embedding));
        const least = Math.min(...cosines);
        const worst = TEXTS[cosines.indexOf(least)].slice(0, 40);
        t.diagnostic(
          `${TEXTS.length} texts, ${usage.prompt_tokens} tokens in ${seconds.toFixed(1)} s: ` +
            `smallest cosine ${least.toFixed(7)} (${JSON.stringify(worst)})`,
        );
        assert.ok(least >= COSINE_MIN, `${least} for ${worst}`);
        // The comparison can fail: another text's vector is far off.
        assert.ok(cosine(vectorsOf(name)[0], data[2].embedding) < 0.9);
        const alone = await client.embeddings.create({ model, input: TEXTS[4] });
        assert.deepEqual(alone.data[0].embedding, data[4].embedding);
      }));
  }
}

/** `vitrine serve` in a process of its own, and the client that asks it. */
async function withServer(path: string, use: (client: OpenAI) => Promise<void>): Promise<void> {
  const folder = await makeFolder();
  const key = 'test-key-of-the-embeddings-suite-0123456789';
  const env = { VITRINE_DATA_DIR: join(folder.path, 'data'), VITRINE_API_KEY: key };
  const server = new VitrineProcess(['serve', path, '--port', '0'], { env });
  try {
    await server.until(({ out }) => /^curl .*\n/m.test(out), 'the start block');
    const url = /at (http:\S+)/.exec(server.out)?.[1];
    await use(new OpenAI({ baseURL: `${url}/v1`, apiKey: key }));
  } finally {
    await server.kill();
    await folder.remove();
  }
}
