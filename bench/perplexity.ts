/**
 * npm run bench:perplexity: perplexity of a fixed text under Vitrine and under llama.cpp's own
 * `llama-perplexity`: the same chunks, the same BOS, the same scored positions. Exits with 1 when
 * they differ by more than the bound.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LLAMA_CPP_SOURCE, llamaCppProgram } from './llama-cpp.ts';
import { machine, modelPathOf } from './options.ts';
import { longText } from './quality/long-text.ts';
import { Target } from './target.ts';

const HELP = `npm run bench:perplexity -- [options]
  --model REF      a file or reference; may be repeated (smollm2-135m and gemma3-270m)
  --chunks N       chunks of 512 tokens; the second half of each is scored (40)
  --threads N      for both engines (2)
  --json FILE      write the result there
It needs llama.cpp's programs: npm run build:llama-cpp.`;

/** Tokens of a chunk: llama-perplexity's default. */
const CHUNK = 512;
/** Largest relative difference. */
const BOUND = 0.005;

const { values } = parseArgs({
  options: {
    model: { type: 'string', multiple: true, default: ['smollm2-135m', 'gemma3-270m'] },
    chunks: { type: 'string', default: '40' },
    threads: { type: 'string', default: '2' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** What --json writes; docs/models.md shows docs/evidence/perplexity.json. */
export interface PerplexityReport {
  machine: Record<string, unknown>;
  results: Result[];
}

interface Result {
  model: string;
  tokens: number;
  scored: number;
  vitrine: number;
  llamaCpp: number;
  difference: number;
}

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const program = llamaCppProgram('llama-perplexity');
  const text = longText();
  const results: Result[] = [];
  for (const reference of values.model) {
    const model = await modelPathOf(reference);
    const own = await ownPerplexity(model, text);
    const peer = peerPerplexity(program, model, text);
    const difference = own.perplexity / peer - 1;
    const name = reference.split('/').at(-1) ?? reference;
    results.push({ model: name, ...own, vitrine: own.perplexity, llamaCpp: peer, difference });
  }
  const { date, cpu, cores, node } = machine();
  console.log(`${date}, ${cpu}, ${cores} cores, Node ${node}; peer: ${LLAMA_CPP_SOURCE}`);
  console.log(
    'model                                tokens  scored   vitrine  llama.cpp  difference',
  );
  for (const { model, tokens, scored, vitrine, llamaCpp, difference } of results) {
    console.log(
      `${model.padEnd(35)}${String(tokens).padStart(8)}${String(scored).padStart(8)}` +
        `${vitrine.toFixed(4).padStart(10)}${llamaCpp.toFixed(4).padStart(11)}` +
        `${`${(100 * difference).toFixed(3)} %`.padStart(12)}`,
    );
  }
  if (values.json !== undefined) {
    const report: PerplexityReport = { machine: machine(), results };
    writeFileSync(values.json, `${JSON.stringify(report, null, 2)}\n`);
  }
  const isPast = results.some(({ difference }) => !(Math.abs(difference) <= BOUND));
  if (isPast) console.error(`a difference is past ${100 * BOUND} %`);
  process.exitCode = isPast ? 1 : 0;
}

async function ownPerplexity(
  model: string,
  path: string,
): Promise<{ perplexity: number; tokens: number; scored: number }> {
  const target = new Target({
    module: new URL('vitrine-target.ts', import.meta.url),
    args: [model, values.threads],
  });
  try {
    await target.ready();
    const request = { type: 'tokenize', text: readFileSync(path, 'utf8') };
    const { tokens, bos } = await target.ask<{ tokens: number[]; bos: number | null }>(request);
    const chunks = Number(values.chunks);
    if (tokens.length < chunks * CHUNK) throw new Error(`the text has ${tokens.length} tokens`);
    let loss = 0;
    let scored = 0;
    for (let i = 0; i < chunks; i += 1) {
      const chunk = tokens.slice(i * CHUNK, (i + 1) * CHUNK);
      if (bos !== null) chunk[0] = bos;
      const part = { type: 'loss', tokens: chunk, first: CHUNK / 2 };
      loss += (await target.ask<{ loss: number }>(part)).loss;
      scored += CHUNK - 1 - CHUNK / 2;
      process.stderr.write(`\rvitrine: chunk ${i + 1} of ${chunks}`);
    }
    process.stderr.write('\n');
    return { perplexity: Math.exp(loss / scored), tokens: chunks * CHUNK, scored };
  } finally {
    await target.close();
  }
}

function peerPerplexity(program: string, model: string, text: string): number {
  console.error('llama-perplexity');
  const size = ['-c', String(CHUNK), '-b', String(CHUNK), '--chunks', values.chunks];
  const args = ['-m', model, '-f', text, ...size, '-t', values.threads];
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const found = /Final estimate: PPL = ([\d.]+)/.exec(`${stdout}${stderr}`);
  if (status === 0 && found !== null) return Number(found[1]);
  throw new Error(`${program} failed: ${error?.message ?? stderr.trim().slice(-2000)}`);
}
