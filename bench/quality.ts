/**
 * npm run bench:quality: logits of Vitrine and of llama.cpp on a committed text, teacher-forced,
 * against transformers on the dequantised weights in f32. Exits with 1 when Vitrine is past a
 * bound. The first run makes a Python environment of some 6 GB below .cache.
 */
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { openEngine } from '../src/engine/index.ts';
import { installPeer, machine, modelPathOf } from './options.ts';
import { type Agreement, AgreementMeter } from './quality/agreement.ts';
import { Target } from './target.ts';

const HELP = `npm run bench:quality -- [options]
  --model REF      file or reference (smollm2-135m)
  --tokens N       tokens of the text (2000)
  --no-peer        without llama.cpp
  --python PATH    a Python that has what bench/quality/requirements.txt names
  --json FILE      write the result there`;

/** Bounds of the project's first milestone. */
const BOUNDS = { klMean: 0.003, topAgreement: 0.97, margin: 0.5 };

const { values } = parseArgs({
  allowNegative: true,
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    tokens: { type: 'string', default: '2000' },
    peer: { type: 'boolean', default: true },
    python: { type: 'string' },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const cache = fileURLToPath(new URL('../.cache/', import.meta.url));

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  if (values.peer) installPeer();
  const path = await modelPathOf(values.model);
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'quality-'));
  try {
    const tokens = await tokensOf(path, Number(values.tokens));
    const tokensPath = join(folder, 'tokens.json');
    writeFileSync(tokensPath, JSON.stringify(tokens));
    console.error(`reference logits of ${tokens.length} tokens by transformers`);
    const reference = join(folder, 'reference.f32');
    const script = fileURLToPath(new URL('quality/reference-logits.py', import.meta.url));
    run(values.python ?? python(), [script, path, tokensPath, reference]);
    const modules = [new URL('vitrine-target.ts', import.meta.url)];
    if (values.peer) modules.push(new URL('peers/llama-cpp-target.mjs', import.meta.url));
    const results: { name: string; version: string; agreement: Agreement }[] = [];
    for (const module of modules) {
      const target = new Target({ module, args: [path, '2'] });
      try {
        const { name, version } = await target.ready();
        console.error(`logits by ${name}`);
        const own = join(folder, 'own.f32');
        const request = { type: 'logits', tokens, path: own };
        const { vocabularySize } = await target.ask<{ vocabularySize: number }>(request);
        results.push({ name, version, agreement: compare(reference, own, tokens, vocabularySize) });
      } finally {
        await target.close();
      }
    }
    report(results);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function tokensOf(modelPath: string, count: number): Promise<number[]> {
  const text = readFileSync(new URL('quality/text.txt', import.meta.url), 'utf8');
  const engine = await openEngine({ modelPath, threads: 1, contextTokens: 64 });
  const tokens = engine.tokenizer.encode(text);
  await engine.close();
  if (tokens.length < count) throw new Error(`the text has ${tokens.length} tokens`);
  return [...tokens].slice(0, count);
}

/** The environment below .cache, made at its first use. */
function python(): string {
  const requirements = fileURLToPath(new URL('quality/requirements.txt', import.meta.url));
  const environment = join(cache, 'quality-python');
  const executable = join(environment, 'bin', 'python');
  if (!existsSync(join(environment, 'ready'))) {
    console.error('making a Python environment with torch and transformers (once, some minutes)');
    run('python3', ['-m', 'venv', environment]);
    run(executable, ['-m', 'pip', 'install', '--quiet', '-r', requirements]);
    writeFileSync(join(environment, 'ready'), '');
  }
  return executable;
}

function run(command: string, args: readonly string[]): void {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) {
    const reason = error?.message ?? stderr.trim().slice(-2000);
    throw new Error(`${command} ${args.join(' ')} failed: ${reason}`);
  }
}

/** Rows of two files of logits, one pair after the other. */
function compare(a: string, b: string, tokens: readonly number[], V: number): Agreement {
  const meter = new AgreementMeter();
  const files = [openSync(a, 'r'), openSync(b, 'r')];
  const rows = files.map(() => new Float32Array(V));
  for (let i = 0; i < tokens.length; i += 1) {
    for (const [j, file] of files.entries()) {
      const count = readSync(file, new Uint8Array(rows[j].buffer), 0, V * 4, i * V * 4);
      if (count !== V * 4) throw new Error(`row ${i} of ${j === 0 ? a : b} is incomplete`);
    }
    meter.add(rows[0], rows[1], tokens[i + 1]);
  }
  files.forEach(closeSync);
  return meter.result();
}

function report(results: { name: string; version: string; agreement: Agreement }[]): void {
  console.log(`against transformers in f32, ${values.tokens} tokens, ${values.model}`);
  console.log('engine        KL mean    KL max   same top   largest lost margin   perplexity');
  for (const { name, agreement: a } of results) {
    const top = `${(100 * a.topAgreement).toFixed(2)} %`;
    console.log(
      `${name.padEnd(12)}${a.klMean.toFixed(6).padStart(9)}${a.klMax.toFixed(4).padStart(10)}` +
        `${top.padStart(11)}${a.marginMaxWhereDiffering.toFixed(3).padStart(22)}` +
        `${a.perplexity.toFixed(3).padStart(13)}`,
    );
  }
  if (values.json !== undefined) {
    const json = { machine: machine(), bounds: BOUNDS, results };
    writeFileSync(values.json, `${JSON.stringify(json, null, 2)}\n`);
  }
  const { klMean, topAgreement, marginMaxWhereDiffering } = results[0].agreement;
  const holds =
    klMean <= BOUNDS.klMean &&
    topAgreement >= BOUNDS.topAgreement &&
    marginMaxWhereDiffering <= BOUNDS.margin;
  if (holds) return;
  console.error(`past a bound: ${JSON.stringify(BOUNDS)}`);
  process.exitCode = 1;
}
