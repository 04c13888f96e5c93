/**
 * llama.cpp, through node-llama-cpp, as a target (bench/target.ts):
 * node bench/peers/llama-cpp-target.mjs MODEL.gguf THREADS
 */
import { writeSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { getLlama } from 'node-llama-cpp';

const [modelPath, threads] = process.argv.slice(2);
const before = performance.now();
const llama = await getLlama({ build: 'never', gpu: false, logLevel: 'error' });
const model = await llama.loadModel({ modelPath });
const context = await model.createContext({
  contextSize: 4096,
  batchSize: 512,
  threads: Number(threads),
});
const sequence = context.getSequence();
const { version } = JSON.parse(
  await readFile(new URL('node_modules/node-llama-cpp/package.json', import.meta.url), 'utf8'),
);

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
say({
  name: 'llama.cpp',
  version: `node-llama-cpp ${version}`,
  loadMs: performance.now() - before,
  details: { systemInfo: llama.systemInfo },
});
for await (const line of createInterface({ input: process.stdin })) {
  const { type, tokens, maxTokens, path } = JSON.parse(line);
  await sequence.clearHistory();
  say(type === 'logits' ? await writeLogits(tokens, path) : await generate(tokens, maxTokens));
}
await llama.dispose();

async function generate(tokens, maxTokens) {
  const started = performance.now();
  let first = 0;
  let count = 0;
  for await (const _ of sequence.evaluate(tokens, { temperature: 0, yieldEogToken: true })) {
    if (count === 0) first = performance.now();
    count += 1;
    if (count === maxTokens) break;
  }
  return { prefillMs: first - started, decodeMs: performance.now() - first, tokens: count - 1 };
}

/** Logarithms of the probabilities at every position: f32 [tokens][vocabulary]. */
async function writeLogits(tokens, path) {
  const file = await open(path, 'w');
  const started = performance.now();
  let vocabularySize = 0;
  const row = { generateNext: { probabilities: true } };
  for (let at = 0; at < tokens.length; at += 64) {
    const piece = tokens.slice(at, at + 64);
    const results = await sequence.controlledEvaluate(piece.map((token) => [token, row]));
    for (const [i, result] of results.entries()) {
      const { probabilities } = result.next;
      vocabularySize = probabilities.size;
      const logs = new Float32Array(vocabularySize);
      for (const [token, probability] of probabilities) logs[token] = Math.log(probability);
      writeSync(
        file.fd,
        new Uint8Array(logs.buffer),
        0,
        logs.byteLength,
        (at + i) * logs.byteLength,
      );
    }
  }
  await file.close();
  return { vocabularySize, ms: performance.now() - started };
}
