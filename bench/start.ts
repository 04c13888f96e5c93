/**
 * npm run bench:start: from starting the command to the first text of the answer, with the model on
 * disk and in the page cache: `vitrine run MODEL "Hello" --max-tokens 8` in a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { machine } from './options.ts';
import { formatSpread, spreadOf } from './statistics.ts';

const HELP = `npm run bench:start -- [options]
  --model REF      file or reference, already pulled (smollm2-135m)
  --runs N         measurements after one warm-up (5)`;

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'smollm2-135m' },
    runs: { type: 'string', default: '5' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

if (values.help) console.log(HELP);
else await main();

async function main(): Promise<void> {
  const seconds: number[] = [];
  for (let run = 0; run <= Number(values.runs); run += 1) {
    const measured = await secondsToFirstText();
    if (run > 0) seconds.push(measured);
  }
  const { date, cpu, cores, node } = machine();
  console.log(`${date}, ${cpu}, ${cores} cores, Node ${node}; ${values.model}`);
  console.log(
    `start to first text, seconds, median (lowest-highest): ${formatSpread(spreadOf(seconds))}`,
  );
}

async function secondsToFirstText(): Promise<number> {
  const launcher = fileURLToPath(new URL('../bin/vitrine.mjs', import.meta.url));
  const args = ['run', values.model, 'Hello', '--max-tokens', '8', '--temperature', '0'];
  const started = performance.now();
  const child = spawn('node', [launcher, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  let first: number | undefined;
  child.stdout.on('data', () => {
    first ??= performance.now();
  });
  const [code] = await once(child, 'close');
  if (code !== 0 || first === undefined) throw new Error(`vitrine run failed: ${errors.trim()}`);
  return (first - started) / 1000;
}
