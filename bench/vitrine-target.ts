/** Vitrine's engine as a target: node bench/vitrine-target.ts MODEL.gguf THREADS [KERNELS]. */
import { writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { GREEDY, openEngine } from '../src/engine/index.ts';
import { serveTarget } from './target.ts';

const [modelPath, threads, kernels] = process.argv.slice(2);
const before = performance.now();
const engine = await openEngine({
  modelPath,
  threads: Number(threads),
  kernels: (kernels ?? 'auto') as 'auto' | 'relaxed' | 'simd128' | 'reference',
});
const { numerics, kernels: variant, model } = engine.info;

await serveTarget(
  {
    name: 'vitrine',
    version: numerics,
    loadMs: performance.now() - before,
    details: {
      ...{ kernels: variant, memoryBytes: model.memoryBytes, tensorBytes: engine.tensorBytes },
      ...{ tensorTypes: model.tensorTypes, digest: model.digest },
    },
  },
  async (request) => {
    const tokens = request.tokens as number[];
    if (request.type === 'logits') return writeLogits(tokens, request.path as string);
    return generate(tokens, request.maxTokens as number);
  },
);
await engine.close();

/** Milliseconds of the prefill (to the first logits) and of the tokens after the first. */
async function generate(tokens: number[], maxTokens: number): Promise<unknown> {
  for await (const event of engine.generate({
    ...{ promptTokens: tokens, maxTokens, ignoreEndOfTurn: true, stopSequences: [] },
    sampling: { ...GREEDY, seed: 0n },
  })) {
    if (event.type !== 'end') continue;
    return { prefillMs: event.prefillMs, decodeMs: event.decodeMs, tokens: event.outputTokens - 1 };
  }
  throw new Error('the answer has no end');
}

/** Logits at every position: f32 [tokens][vocabulary]. */
async function writeLogits(tokens: number[], path: string): Promise<unknown> {
  const file = await open(path, 'w');
  const started = performance.now();
  await engine.evaluateLogits(tokens, (position, logits) => {
    const bytes = new Uint8Array(logits.buffer, logits.byteOffset, logits.byteLength);
    writeSync(file.fd, bytes, 0, bytes.length, position * bytes.length);
  });
  await file.close();
  return { vocabularySize: model.vocabularySize, ms: performance.now() - started };
}
