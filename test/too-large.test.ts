/**
 * Models that do not fit one WebAssembly memory: refused by their header alone. The files are
 * sparse, a header and then nothing, and so large that reading them would take hours.
 */
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type TensorShape, type TypedValue, writeGgufHead } from '../src/engine/gguf/index.ts';
import { checkFits, openEngine } from '../src/engine/index.ts';
import { makeFolder, runVitrine } from './vitrine-process.ts';

const folder = await makeFolder();
after(() => folder.remove());

interface Size {
  layers: number;
  width: number;
  ffnWidth: number;
  type: 'Q8_0' | 'Q4_K';
  context?: number;
}

/** A llama model of that size, without a byte of weights. */
async function writeSparse(name: string, size: Size): Promise<string> {
  const { layers, width, ffnWidth, type, context = 131072 } = size;
  const heads = width / 128;
  const u32 = (value: number): TypedValue => ({ type: 'u32', value });
  const metadata = new Map<string, TypedValue>([
    ['general.architecture', { type: 'string', value: 'llama' }],
    ['general.license', { type: 'string', value: 'apache-2.0' }],
    ['llama.block_count', u32(layers)],
    ['llama.context_length', u32(context)],
    ['llama.embedding_length', u32(width)],
    ['llama.feed_forward_length', u32(ffnWidth)],
    ['llama.attention.head_count', u32(heads)],
    ['llama.attention.head_count_kv', u32(heads / 4)],
  ]);
  const matrix = (tensor: string, columns: number, rows: number): TensorShape => ({
    ...{ name: `${tensor}.weight`, type, dims: [columns, rows] },
  });
  const vector = (tensor: string): TensorShape => ({
    ...{ name: `${tensor}.weight`, type: 'F32', dims: [width] },
  });
  const tensors = [matrix('token_embd', width, 32000), vector('output_norm')];
  for (let i = 0; i < layers; i += 1) {
    const block = (part: string) => `blk.${i}.${part}`;
    tensors.push(vector(block('attn_norm')), vector(block('ffn_norm')));
    tensors.push(matrix(block('attn_q'), width, width));
    tensors.push(matrix(block('attn_k'), width, width / 4));
    tensors.push(matrix(block('attn_v'), width, width / 4));
    tensors.push(matrix(block('attn_output'), width, width));
    tensors.push(matrix(block('ffn_gate'), width, ffnWidth));
    tensors.push(matrix(block('ffn_up'), width, ffnWidth));
    tensors.push(matrix(block('ffn_down'), ffnWidth, width));
  }
  const { bytes, fileBytes } = writeGgufHead(metadata, tensors);
  const path = join(folder.path, name);
  const file = await open(path, 'w');
  try {
    await file.write(bytes);
    await file.truncate(fileBytes);
  } finally {
    await file.close();
  }
  return path;
}

const HUGE = { layers: 200, width: 8192, ffnWidth: 131072, type: 'Q8_0' } as const;
const NUMBERS =
  /the model needs [\d.]+ GB \(weights [\d.]+ GB, KV cache [\d.]+ GB for a context of 512 tokens, working memory [\d.]+ MB\); one WebAssembly memory holds 4\.3 GB\. The weights alone are too large: take a type of fewer bits/;

test('the command refuses it with the numbers and what to do, before it reads weights', async () => {
  const path = await writeSparse('huge.gguf', HUGE);
  const { code, err, out } = await runVitrine(['run', path, 'Hello']);
  assert.equal(code, 1, err);
  assert.match(err, NUMBERS);
  assert.ok(err.startsWith(`vitrine: error: ${path}: `), err);
  assert.equal(out, '');
});

test('the engine refuses it too', async () => {
  const modelPath = await writeSparse('huge.gguf', HUGE);
  await assert.rejects(openEngine({ modelPath, threads: 2 }), {
    code: 'out-of-memory',
    message: NUMBERS,
  });
});

test('weights that fit beside a short context are refused for a long one only', async () => {
  const size = { layers: 32, width: 4096, ffnWidth: 11008, type: 'Q4_K' } as const;
  const modelPath = await writeSparse('fits.gguf', size);
  await assert.rejects(checkFits({ modelPath, threads: 1, contextTokens: 32768 }), {
    code: 'out-of-memory',
    message: /KV cache [\d.]+ GB for a context of 32768 tokens.*Give a smaller --context/,
  });
  // What the machine has free is another limit, told in other words.
  await checkFits({ modelPath, threads: 1 }).catch((error: Error) => {
    assert.match(error.message, /of memory for a context of \d+ tokens; .* can be had/);
  });
});
