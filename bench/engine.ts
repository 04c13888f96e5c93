/**
 * npm run bench:engine: prefill and decode rates of Vitrine and of llama.cpp over the same file
 * with the same number of threads, in turns within one run, as a table and as JSON. The decode rate
 * is also held against the memory bandwidth measured in the same run.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { measureReadBandwidth } from '../src/engine/index.ts';
import { llamaCppProgram } from './llama-cpp.ts';
import { installPeer, machine, modelPathOf } from './options.ts';
import { formatSpread, type Spread, spreadOf } from './statistics.ts';
import { type Ready, Target } from './target.ts';

const HELP = `npm run bench:engine -- [options]
  --model REF      file, reference, gemma3-270m or random:SHAPE:TYPE (smollm2-135m)
  --threads N      compute threads of each engine (2)
  --runs N         measurements of each engine, in turns (5)
  --prefill N      tokens of the prompt (512)
  --decode N       tokens generated (128)
  --depth N        tokens that stand before both in the KV cache (0)
  --peer NAME      llama-bench (npm run build:llama-cpp), node-llama-cpp or none (llama-bench)
  --json FILE      write the result there`;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    threads: { type: 'string', default: '2' },
    runs: { type: 'string', default: '5' },
    prefill: { type: 'string', default: '512' },
    decode: { type: 'string', default: '128' },
    depth: { type: 'string', default: '0' },
    peer: { type: 'string', default: 'llama-bench' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const PEERS: Readonly<Record<string, string>> = {
  'llama-bench': 'llama-bench-target.ts',
  'node-llama-cpp': 'peers/llama-cpp-target.mjs',
  none: '',
};
const PEER_NAMES = Object.keys(PEERS).join(', ');

interface Rates {
  prefillMs: number;
  decodeMs: number;
  tokens: number;
}

interface Measured {
  ready: Ready;
  /** Tokens per second. */
  prefill: Spread;
  decode: Spread;
}

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const peer = PEERS[values.peer];
  if (peer === undefined) throw new Error(`--peer ${values.peer}: expected ${PEER_NAMES}`);
  if (values.peer === 'llama-bench') llamaCppProgram('llama-bench');
  if (values.peer === 'node-llama-cpp') installPeer();
  const path = await modelPathOf(values.model);
  const threads = Number(values.threads);
  note('measuring the memory bandwidth');
  const bandwidth = await measureReadBandwidth(threads);
  const modules = [new URL('vitrine-target.ts', import.meta.url)];
  if (peer !== '') modules.push(new URL(peer, import.meta.url));
  const args = [path, values.threads];
  const targets: Target[] = [];
  try {
    const engines: { target: Target; ready: Ready; rates: Rates[] }[] = [];
    for (const module of modules) {
      const target = new Target({ module, args });
      targets.push(target);
      engines.push({ target, ready: await target.ready(), rates: [] });
    }
    const [prefill, decode, depth] = [values.prefill, values.decode, values.depth].map(Number);
    const request = {
      type: values.peer === 'node-llama-cpp' ? 'generate' : 'at-depth',
      ...{ tokens: prompt(depth + prefill), maxTokens: decode + 1 },
      ...{ prefill, decode, depth },
    };
    // The first of each is a warm-up.
    for (let run = 0; run <= Number(values.runs); run += 1) {
      for (const { target, ready, rates } of engines) {
        note(`run ${run} of ${values.runs}: ${ready.name}`);
        const rate = await target.ask<Rates>(request);
        if (run > 0) rates.push(rate);
      }
    }
    note('');
    report(engines.map(measured), { path, bandwidth });
  } finally {
    await Promise.all(targets.map((target) => target.close()));
  }
}

function measured({ ready, rates }: { ready: Ready; rates: Rates[] }): Measured {
  const perSecond = (count: number, ms: number): number => (1000 * count) / ms;
  return {
    ready,
    prefill: spreadOf(rates.map((r) => perSecond(Number(values.prefill), r.prefillMs))),
    decode: spreadOf(rates.map((r) => perSecond(r.tokens, r.decodeMs))),
  };
}

function report(results: Measured[], about: { path: string; bandwidth: number }): void {
  const [ours, peer] = results;
  const tensorBytes = Number(ours.ready.details.tensorBytes);
  const share = (ours.decode.median * tensorBytes) / about.bandwidth;
  const json = {
    machine: machine(),
    options: { ...values, json: undefined },
    bandwidthBytesPerSecond: Math.round(about.bandwidth),
    results,
    decodeShareOfBandwidth: share,
    ratio: peer && {
      prefill: ours.prefill.median / peer.prefill.median,
      decode: ours.decode.median / peer.decode.median,
    },
  };
  const { cpu, cores, node, date } = machine();
  console.log(`${date}, ${cpu}, ${cores} cores, Node ${node}; ${values.model}`);
  console.log(
    `${values.threads} threads each, depth ${values.depth}; medians of ${values.runs} ` +
      '(lowest-highest), tokens/s',
  );
  console.log(
    `${'engine'.padEnd(28)}${`prefill ${values.prefill}`.padEnd(20)}decode ${values.decode}`,
  );
  for (const { ready, prefill, decode } of results) {
    const name = `${ready.name}, ${ready.version}`.slice(0, 27);
    console.log(`${name.padEnd(28)}${formatSpread(prefill).padEnd(20)}${formatSpread(decode)}`);
  }
  if (json.ratio !== undefined) {
    const { prefill, decode } = json.ratio;
    console.log(`${'ratio'.padEnd(28)}${prefill.toFixed(2).padEnd(20)}${decode.toFixed(2)}`);
  }
  const gigabytes = (about.bandwidth / 1e9).toFixed(1);
  console.log(`decode reads ${(100 * share).toFixed(0)} % of the measured ${gigabytes} GB/s`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(json, null, 2)}\n`);
}

/** Ids spread over the vocabulary, the same in every run. */
function prompt(count: number): number[] {
  return Array.from({ length: count }, (_, i) => 60 + ((i * 7919) % 190));
}

function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else if (text !== '') process.stderr.write(`${text}\n`);
}
