/**
 * npm run bench:questions: the committed questions with their checks, answered at temperature 0 by
 * `vitrine run` and by llama.cpp's `llama-server` from the same prompts and the same file. Exits
 * with 1 when Vitrine has fewer right.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { LLAMA_CPP_SOURCE, llamaCppProgram } from './llama-cpp.ts';
import { machine, modelPathOf } from './options.ts';

const HELP = `npm run bench:questions -- [options]
  --model REF             file or reference; a base model or one that follows a pattern
                          (gemma3-270m)
  --accept-licence NAME   of the model, handed to vitrine run (gemma)
It needs llama.cpp's programs: npm run build:llama-cpp.`;

/** Tokens of an answer at most; an answer ends at its line. */
const ANSWER_TOKENS = 16;
/** How long llama-server may take to load, milliseconds. */
const START_MS_MAX = 120_000;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'gemma3-270m' },
    'accept-licence': { type: 'string', default: 'gemma' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

interface Question {
  ask: string;
  check: string;
}

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const program = llamaCppProgram('llama-server');
  const model = await modelPathOf(values.model);
  const committed = new URL('quality/questions.json', import.meta.url);
  const { preamble, questions } = JSON.parse(readFileSync(committed, 'utf8')) as {
    preamble: string;
    questions: Question[];
  };
  const prompts = questions.map(({ ask }) => `${preamble}Question: ${ask}\nAnswer:`);
  const own = prompts.map((prompt, i) => {
    process.stderr.write(`\rvitrine run: question ${i + 1} of ${prompts.length}`);
    return ownAnswer(model, prompt);
  });
  process.stderr.write('\nllama-server\n');
  const peer = await peerAnswers(program, model, prompts);
  const { date, cpu, cores, node } = machine();
  console.log(`${date}, ${cpu}, ${cores} cores, Node ${node}; peer: ${LLAMA_CPP_SOURCE}`);
  const score = { own: 0, peer: 0 };
  for (const [i, { ask, check }] of questions.entries()) {
    const isRight = (answer: string): boolean => new RegExp(check, 'i').test(answer);
    const mark = (answer: string): string => `${isRight(answer) ? 'right' : 'wrong'} ${answer}`;
    if (isRight(own[i])) score.own += 1;
    if (isRight(peer[i])) score.peer += 1;
    console.log(`${ask}\n  vitrine    ${mark(own[i])}\n  llama.cpp  ${mark(peer[i])}`);
  }
  const same = own.filter((answer, i) => answer === peer[i]).length;
  console.log(`vitrine ${score.own} of ${questions.length}, llama.cpp ${score.peer}; same ${same}`);
  process.exitCode = score.own >= score.peer ? 0 : 1;
}

/** By the command itself, a process each; a file without a template gets the prompt as it is. */
function ownAnswer(model: string, prompt: string): string {
  const launcher = fileURLToPath(new URL('../bin/vitrine.mjs', import.meta.url));
  const args = [launcher, 'run', model, prompt, '--temperature', '0', '--stop', '\n', '--json'];
  args.push('--max-tokens', String(ANSWER_TOKENS), '--accept-licence', values['accept-licence']);
  const { status, stdout, stderr } = spawnSync('node', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`vitrine run failed: ${stderr.trim()}`);
  return (JSON.parse(stdout) as { text: string }).text.trim();
}

async function peerAnswers(
  program: string,
  model: string,
  prompts: readonly string[],
): Promise<string[]> {
  const port = await freePort();
  const args = ['-m', model, '-c', '1024', '-t', '2', '--host', '127.0.0.1', '--port', `${port}`];
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  try {
    await whenHealthy(child, `http://127.0.0.1:${port}/health`, errors);
    const answers: string[] = [];
    for (const prompt of prompts) {
      const response = await fetch(`http://127.0.0.1:${port}/completion`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt, temperature: 0, n_predict: ANSWER_TOKENS, stop: ['\n'] }),
      });
      if (!response.ok) throw new Error(`llama-server: ${response.status}`);
      answers.push(((await response.json()) as { content: string }).content.trim());
    }
    return answers;
  } finally {
    child.kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  }
}

async function whenHealthy(child: ChildProcess, url: string, errors: string[]): Promise<void> {
  for (const end = Date.now() + START_MS_MAX; Date.now() < end; ) {
    if (child.exitCode !== null) break;
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`llama-server did not start: ${errors.join('').trim().slice(-2000)}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
