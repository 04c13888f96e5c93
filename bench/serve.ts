/**
 * npm run bench:serve: chat completions over HTTP, streamed, from Vitrine and from llama.cpp's
 * `llama-server` over the same file with the same threads, in turns within one run. For each number
 * of clients both servers are started with room for that many; while one is measured the other is
 * idle. Answers have a fixed number of tokens: the ids that end a turn are biased away.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { openEngine } from '../src/engine/index.ts';
import { LLAMA_CPP_SOURCE } from './llama-cpp.ts';
import { machine, modelPathOf } from './options.ts';
import { longText } from './quality/long-text.ts';
import { type BenchServer, startLlamaServer, startVitrine } from './servers.ts';
import { formatSpread, type Spread, spreadOf } from './statistics.ts';

const HELP = `npm run bench:serve -- [options]
  --model REF      file or reference (smollm2-135m)
  --threads N      compute threads of each server (2)
  --clients LIST   clients at once, each sending its next request when its last is answered (1,8,32)
  --tokens N       tokens of an answer (64)
  --system N       tokens of a system prompt that all requests share (0)
  --runs N         measurements of each server, in turns (5)
  --first-token    instead: time to the first token of a prompt of 1,000 known tokens and 8 new ones
  --json FILE      write the result there
It needs llama.cpp's programs: npm run build:llama-cpp.`;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    threads: { type: 'string', default: '2' },
    clients: { type: 'string', default: '1,8,32' },
    tokens: { type: 'string', default: '64' },
    system: { type: 'string', default: '0' },
    runs: { type: 'string', default: '5' },
    'first-token': { type: 'boolean', default: false },
    json: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

/** Requests of each client in one measurement. */
const REQUESTS_PER_CLIENT = 2;
const TOPICS = ['rivers', 'bread', 'clocks', 'bridges', 'salt', 'maps', 'glass', 'wool', 'ink'];

interface Answered {
  firstTokenMs: number;
  outputTokens: number;
}

interface Result {
  server: string;
  clients: number;
  tokensPerSecond: Spread;
  firstTokenMs: Spread;
  peakBytes: number;
}

interface Texts {
  system: string;
  /** Ids that end a turn, biased away. */
  bias: Record<string, number>;
}

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const model = await modelPathOf(values.model);
  const isFirstToken = values['first-token'];
  const texts = await textsOf(model, isFirstToken ? 1000 : Number(values.system));
  const counts = isFirstToken ? [1] : values.clients.split(',').map(Number);
  const results: Result[] = [];
  for (const clients of counts) {
    const contextTokens = 512 + (isFirstToken ? 1000 : Number(values.system));
    const size = { model, threads: Number(values.threads), streams: clients, contextTokens };
    const servers: BenchServer[] = [];
    try {
      for (const start of [startVitrine, startLlamaServer]) servers.push(await start(size));
      results.push(...(await measure(servers, clients, texts)));
    } finally {
      await Promise.all(servers.map((server) => server.close()));
    }
  }
  report(results);
}

async function measure(servers: BenchServer[], clients: number, texts: Texts): Promise<Result[]> {
  const runs = new Map(servers.map((server) => [server, [] as { rate: number; first: number }[]]));
  // The first of each is a warm-up.
  for (let run = 0; run <= Number(values.runs); run += 1) {
    for (const server of servers) {
      note(`${clients} clients, run ${run} of ${values.runs}: ${server.name}`);
      const started = performance.now();
      const answers = (
        await Promise.all(
          Array.from({ length: clients }, (_, client) => converse(server, texts, { run, client })),
        )
      ).flat();
      const seconds = (performance.now() - started) / 1000;
      const tokens = answers.reduce((sum, answer) => sum + answer.outputTokens, 0);
      const first = spreadOf(answers.map((answer) => answer.firstTokenMs)).median;
      if (run > 0) runs.get(server)?.push({ rate: tokens / seconds, first });
    }
  }
  const results: Result[] = [];
  for (const [server, measured] of runs) {
    results.push({
      ...{ server: server.name, clients, peakBytes: await server.peakBytes() },
      tokensPerSecond: spreadOf(measured.map(({ rate }) => rate)),
      firstTokenMs: spreadOf(measured.map(({ first }) => first)),
    });
  }
  return results;
}

/** One client: its requests one after the other. */
async function converse(
  server: BenchServer,
  texts: Texts,
  place: { run: number; client: number },
): Promise<Answered[]> {
  const answers: Answered[] = [];
  const count = values['first-token'] ? 10 : REQUESTS_PER_CLIENT;
  for (let i = 0; i < count; i += 1) {
    const number = (place.run * 64 + place.client) * count + i;
    const topic = TOPICS[number % TOPICS.length];
    const content = values['first-token']
      ? `${topic} ${number}`
      : `Number ${number}. Write a long story about ${topic}.`;
    answers.push(await ask(server, texts, content));
  }
  return answers;
}

async function ask(server: BenchServer, texts: Texts, content: string): Promise<Answered> {
  const messages = [{ role: 'user', content }];
  if (texts.system !== '') messages.unshift({ role: 'system', content: texts.system });
  const started = performance.now();
  const response = await fetch(`${server.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...server.headers },
    body: JSON.stringify({
      ...{ model: server.model, messages, temperature: 0, stream: true, logit_bias: texts.bias },
      max_tokens: values['first-token'] ? 1 : Number(values.tokens),
      stream_options: { include_usage: true },
    }),
  });
  if (!response.ok || response.body === null) {
    throw new Error(`${server.name}: ${response.status} ${await response.text()}`);
  }
  let firstTokenMs: number | undefined;
  let rest = '';
  let usage: { completion_tokens: number } | undefined;
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data: {')) continue;
      const chunk = JSON.parse(line.slice(6));
      if (chunk.choices?.[0]?.delta?.content) firstTokenMs ??= performance.now() - started;
      usage = chunk.usage ?? usage;
    }
  }
  if (usage === undefined) throw new Error(`${server.name}: an answer without usage`);
  return {
    firstTokenMs: firstTokenMs ?? performance.now() - started,
    outputTokens: usage.completion_tokens,
  };
}

async function textsOf(model: string, systemTokens: number): Promise<Texts> {
  const engine = await openEngine({ modelPath: model, threads: 1, contextTokens: 64 });
  try {
    const { tokenizer } = engine;
    const bias = Object.fromEntries(tokenizer.endOfTurnIds.map((id) => [String(id), -100]));
    const tokens = tokenizer.encode(readFileSync(longText(), 'latin1').slice(20_000, 40_000));
    return { system: tokenizer.decode(tokens.slice(0, systemTokens)), bias };
  } finally {
    await engine.close();
  }
}

function report(results: readonly Result[]): void {
  const { date, cpu, cores, node } = machine();
  const { runs, threads, system, tokens } = values;
  console.log(`${date}, ${cpu}, ${cores} cores, Node ${node}; peer: ${LLAMA_CPP_SOURCE}`);
  console.log(
    `${values.model}, ${threads} threads each, ${tokens} tokens an answer, ${system} of a shared ` +
      `system prompt; medians of ${runs} (lowest-highest)`,
  );
  console.log('clients  server          tokens/s            first token, ms      peak memory');
  for (const result of results) {
    const { clients, server, tokensPerSecond, firstTokenMs, peakBytes } = result;
    const rate = formatSpread(tokensPerSecond).padEnd(20);
    const first = formatSpread(firstTokenMs).padEnd(21);
    const peak = `${(peakBytes / 1e6).toFixed(0)} MB`;
    console.log(`${String(clients).padEnd(9)}${server.padEnd(16)}${rate}${first}${peak}`);
  }
  for (let i = 0; i + 1 < results.length; i += 2) {
    const [ours, peer] = [results[i], results[i + 1]];
    const rate = ours.tokensPerSecond.median / peer.tokensPerSecond.median;
    const first = ours.firstTokenMs.median / peer.firstTokenMs.median;
    console.log(
      `${ours.clients} clients: ${rate.toFixed(2)} times the tokens/s, ` +
        `${first.toFixed(2)} times the time to the first token`,
    );
  }
  if (values.json !== undefined) {
    const json = { machine: machine(), options: { ...values, json: undefined }, results };
    writeFileSync(values.json, `${JSON.stringify(json, null, 2)}\n`);
  }
}

function note(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  else process.stderr.write(`${text}\n`);
}
