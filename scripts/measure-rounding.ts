/**
 * What each rounding of the number contract costs on a real model: KL divergence, in nats a
 * position, of a pass in f64 with that rounding, and of the engine, from a pass in f64 without.
 *
 *   node scripts/measure-rounding.ts MODEL.gguf ["a text"]
 *
 * The text is a user's message; default "What is the capital of France?". The output must be tied.
 */
import { readFileSync } from 'node:fs';
import { dequantize, readGgufHeader } from '../src/engine/gguf/index.ts';
import { openEngine } from '../src/engine/index.ts';
import { readConfig, vocabularySizeOf } from '../src/engine/model/index.ts';
import { type InputKind, plainForward, quantised, type Rounding } from '../test/plain-forward.ts';

const [path, text = 'What is the capital of France?'] = process.argv.slice(2);
if (path === undefined) throw new Error('expected the path of a GGUF file');

const file = readFileSync(path);
const header = await readGgufHeader(async (length) => new Uint8Array(file.subarray(0, length)), {
  fileBytes: file.length,
});
const config = readConfig(header.metadata, vocabularySizeOf(header.tensors));
const cache = new Map<string, Float32Array>();

function weights(name: string): Float32Array {
  const found = cache.get(name);
  if (found !== undefined) return found;
  const info = header.tensors.find((tensor) => tensor.name === name);
  if (info === undefined) throw new Error(`the file lacks ${name}`);
  const out = new Float32Array(info.elementCount);
  const { offsetBytes, sizeBytes } = info;
  dequantize(info.type, new Uint8Array(file.subarray(offsetBytes, offsetBytes + sizeBytes)), out);
  cache.set(name, out);
  return out;
}

const engine = await openEngine({ modelPath: path, threads: 1, contextTokens: 1024 });
const tokens = engine.encodeChat([{ role: 'user', content: text }]);
const ours: Float32Array[] = [];
await engine.evaluateLogits(tokens, (position, logits) => {
  ours[position] = logits.slice();
});
await engine.close();

function logSumExp(logits: Float32Array | Float64Array): number {
  let max = Number.NEGATIVE_INFINITY;
  for (const logit of logits) max = Math.max(max, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - max);
  return max + Math.log(sum);
}

function divergence(exact: Float64Array, other: Float32Array | Float64Array): number {
  const [a, b] = [logSumExp(exact), logSumExp(other)];
  let kl = 0;
  for (let i = 0; i < exact.length; i += 1) {
    kl += Math.exp(exact[i] - a) * (exact[i] - a - (other[i] - b));
  }
  return kl;
}

const exact = plainForward(config, weights, tokens);

function report(name: string, logits: readonly (Float32Array | Float64Array)[]): void {
  const each = exact.map((row, p) => divergence(row, logits[p]));
  const mean = each.reduce((sum, kl) => sum + kl, 0) / each.length;
  console.log(
    `${name.padEnd(42)} mean ${mean.toFixed(6)}  largest ${Math.max(...each).toFixed(6)}`,
  );
}

type Input = NonNullable<Rounding['input']>;

/** The largest integers of the three block forms: section 2.1. */
const TOPS = { 8: 127, 15: 16319, 16: 32767 } as const;
type Bits = keyof typeof TOPS;

const allBits =
  (bits: Bits): Input =>
  (_, x) =>
    quantised(x, TOPS[bits]);

/** 8 bits for these products alone, nothing rounded elsewhere. */
const eightFor =
  (...kinds: InputKind[]): Input =>
  (kind, x) =>
    kinds.includes(kind) ? quantised(x, TOPS[8]) : x;

/** What section 2.1 asks of Q4_1 weights: 8 bits for gate and up before the last layer, else 15. */
const contract: Input = (kind, x, layer) =>
  quantised(x, TOPS[kind === 'gate-up' && layer < config.layers - 1 ? 8 : 15]);

const halves = (x: Float64Array): Float64Array => x.map(Math.f16round);
const kinds: InputKind[] = ['qkv', 'attention-out', 'gate-up', 'down', 'output'];

console.log(`${tokens.length} positions, KL divergence from f64 in nats`);
report('the engine', ours);
const variants: [string, Rounding][] = [
  ['the contract in f64', { input: contract, kv: halves }],
  ['8 bits everywhere, KV halves', { input: allBits(8), kv: halves }],
  ['15 bits everywhere, KV halves', { input: allBits(15), kv: halves }],
  ['16 bits everywhere, KV halves', { input: allBits(16), kv: halves }],
  ['KV halves alone', { kv: halves }],
  ...kinds.map((kind): [string, Rounding] => [
    `8 bits for ${kind} alone`,
    { input: eightFor(kind) },
  ]),
  [
    "8 bits for the last layer's gate-up alone",
    {
      input: (kind, x, layer) =>
        layer === config.layers - 1 ? eightFor('gate-up')(kind, x, layer) : x,
    },
  ],
];
for (const [name, rounding] of variants) {
  report(name, plainForward(config, weights, tokens, rounding));
}
