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
    `${name.padEnd(40)} mean ${mean.toFixed(6)}  largest ${Math.max(...each).toFixed(6)}`,
  );
}

function eightBits(...kinds: InputKind[]): Rounding['input'] {
  return (kind, x) => (kinds.includes(kind) ? quantised(x, 127) : x);
}

const halves = (x: Float64Array): Float64Array => x.map(Math.f16round);
const all: InputKind[] = ['qkv', 'attention-out', 'gate-up', 'down'];
const sixteen: Rounding['input'] = (_, x) => quantised(x, 32767);
const contract: Rounding['input'] = (kind, x) => quantised(x, kind === 'output' ? 32767 : 127);

console.log(`${tokens.length} positions, KL divergence from f64 in nats`);
report('the engine', ours);
const variants: [string, Rounding][] = [
  ['8-bit inputs, output 16, KV halves', { input: contract, kv: halves }],
  ['16-bit inputs, KV halves', { input: sixteen, kv: halves }],
  ['KV halves alone', { kv: halves }],
  ...all.map((kind): [string, Rounding] => [
    `8 bits for ${kind} alone`,
    { input: eightBits(kind) },
  ]),
];
for (const [name, rounding] of variants) {
  report(name, plainForward(config, weights, tokens, rounding));
}
