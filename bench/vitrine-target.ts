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
  // Tokens are not guessed: what is measured is the engine.
  speculation: false,
  kernels: (kernels ?? 'auto') as 'auto' | 'relaxed' | 'simd128' | 'reference',
});
const { numerics, kernels: variant, model } = engine.info;
let tenants = 0;
/** Tenants share no cached text. */
const nextTenant = (): string => {
  tenants += 1;
  return String(tenants);
};

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
    if (request.type === 'loss') return lossFrom(tokens, request.first as number);
    if (request.type === 'tokenize') return tokenize(request.text as string);
    if (request.type === 'at-depth') return atDepth(request as unknown as AtDepth);
    return generate(tokens, request.maxTokens as number);
  },
);
await engine.close();

interface Rates {
  prefillMs: number;
  decodeMs: number;
  tokens: number;
}

interface AtDepth {
  /** `depth` tokens that come before, and `prefill` of the prompt. */
  tokens: number[];
  depth: number;
  decode: number;
}

/**
 * As llama-bench measures: the prompt, and then the answer, each behind the same `depth` tokens.
 */
async function atDepth({ tokens, depth, decode }: AtDepth): Promise<Rates> {
  const tenant = nextTenant();
  const before = tokens.slice(0, depth);
  if (depth > 0) await generate(before, 1, tenant);
  const { prefillMs } = await generate(tokens, 1, tenant);
  const answer = await generate([...before, tokens[depth]], decode + 1, tenant);
  return { prefillMs, decodeMs: answer.decodeMs, tokens: answer.tokens };
}

/**
 * Milliseconds of the prefill (to the first logits) and of the tokens after the first. Without a
 * tenant nothing of the prompt is known from before.
 */
async function generate(tokens: number[], maxTokens: number, tenant?: string): Promise<Rates> {
  for await (const event of engine.generate({
    ...{ promptTokens: tokens, maxTokens, ignoreEndOfTurn: true, stopSequences: [] },
    ...{ sampling: { ...GREEDY, seed: 0n }, tenant: tenant ?? nextTenant() },
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

/** Sum of -log p(next token) over the positions from `first` on, nats. */
async function lossFrom(tokens: number[], first: number): Promise<unknown> {
  let loss = 0;
  await engine.evaluateLogits(tokens, (position, logits) => {
    if (position < first || position + 1 === tokens.length) return;
    let max = Number.NEGATIVE_INFINITY;
    for (const value of logits) max = Math.max(max, value);
    let sum = 0;
    for (const value of logits) sum += Math.exp(value - max);
    loss += max + Math.log(sum) - logits[tokens[position + 1]];
  });
  return { loss };
}

/** The text's tokens with the file's own BOS, which is null when it wants none. */
function tokenize(text: string): unknown {
  const encode = (part: string) => engine.tokenizer.encode(part, { addSpecial: true });
  return { tokens: encode(text), bos: encode('').at(0) ?? null };
}
