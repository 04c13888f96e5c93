/**
 * Fuzzing of everything that reads untrusted bytes or text: GGUF headers, the four kinds of
 * tokenizers, tool calls, chat templates (docs/fuzzing.md).
 *
 *   npm run fuzz -- [--cases N] [--seed N] [--target NAME] [--from N]
 *
 * `--cases` counts all targets together. A failure names seed and case; `--target NAME --seed N
 * --from CASE --cases 1` runs that one again. Each target runs in a thread of its own, one after
 * the other; this one watches that no case hangs. Exit code 0: nothing found, 1: a violation, 2:
 * wrong arguments.
 */
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import type { FuzzReport } from './driver.ts';
import type { FuzzTarget } from './target.ts';
import { fuzzTargets } from './targets.ts';

/**
 * A case that takes longer by the clock hangs, milliseconds. Targets themselves allow seconds of
 * CPU at most; the rest is for machines that have others to serve first.
 */
const HANG_MS = 120_000;
/** Heap of a target's thread, MB: what needs more ends the run. */
const HEAP_MB = 1536;

const { values } = parseArgs({
  options: {
    cases: { type: 'string', default: '100000' },
    seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
    target: { type: 'string' },
    from: { type: 'string', default: '0' },
  },
});
const all = fuzzTargets();
const targets = all.filter(({ name }) => values.target === undefined || name === values.target);
const [cases, seed, from] = [values.cases, values.seed, values.from].map(Number);
const areWhole = [cases, seed, from].every((n) => Number.isSafeInteger(n) && n >= 0);
if (targets.length > 0 && areWhole) process.exitCode = (await runAll()) ? 0 : 1;
else {
  const names = all.map(({ name }) => `"${name}"`).join(', ');
  console.error(`fuzz: expected whole numbers, and one of the targets ${names}`);
  process.exitCode = 2;
}

/** False: a violation was found. */
async function runAll(): Promise<boolean> {
  const weights = targets.reduce((sum, { weight }) => sum + weight, 0);
  let failed = false;
  let total = 0;
  console.log(`seed ${seed}, ${cases} cases`);
  console.log('target           cases      cases/s  slowest ms (case)      largest memory (case)');
  for (const target of targets) {
    const share = Math.ceil((cases * target.weight) / weights);
    try {
      const report = await runInThread(target, share);
      total += report.cases;
      console.log(line(target, report));
    } catch (error) {
      failed = true;
      console.log(`${target.name}: FAILED ${error instanceof Error ? error.message : error}`);
    }
  }
  console.log(`${total} cases${failed ? ', with failures' : ', nothing found'}`);
  return !failed;
}

function line(target: FuzzTarget, report: FuzzReport): string {
  const { slowest, largest } = report;
  const cells = [
    target.name.padEnd(16),
    String(report.cases).padEnd(10),
    String(Math.round(report.cases / report.seconds)).padEnd(8),
    `${slowest.ms.toFixed(1)} (${slowest.index})`.padEnd(22),
    `${largest.multiple.toFixed(1)} x input, ${largest.bytes} bytes (${largest.index})`,
  ];
  return `${cells.join(' ')}\n  ${JSON.stringify(report.outcomes)}`;
}

/** Runs a target in a thread; rejects when it fails, dies, or stays too long with one case. */
function runInThread(target: FuzzTarget, share: number): Promise<FuzzReport> {
  const progress = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(new URL('worker.ts', import.meta.url), {
    workerData: { name: target.name, seed, cases: share, from, progress },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
  });
  let seen = -1;
  let sinceMs = performance.now();
  let saidMs = sinceMs;
  return new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const now = performance.now();
      const index = Atomics.load(progress, 0);
      if (index !== seen) [seen, sinceMs] = [index, now];
      if (now - saidMs > 60_000) {
        saidMs = now;
        console.error(`${target.name}: case ${index} of ${share}`);
      }
      if (now - sinceMs < HANG_MS) return;
      end(() => reject(new Error(`seed ${seed}, case ${index} hangs`)));
      void worker.terminate();
    }, 1000);
    const end = (settle: () => void) => {
      clearInterval(watch);
      settle();
    };
    const at = () => `seed ${seed}, case ${Atomics.load(progress, 0)}`;
    worker.once('message', (report: FuzzReport) => end(() => resolve(report)));
    worker.once('error', (error) => end(() => reject(new Error(`${at()}: ${error}`))));
    worker.once('exit', (code) => end(() => reject(new Error(`${at()}: exit code ${code}`))));
  });
}
