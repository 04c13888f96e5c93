/**
 * `npm run test:numerics`: one set of cases, computed by every witness that there is, compared by
 * SHA-256. Prints a table of witness x case set; exit code 1 when a hash differs, a witness is
 * missing, or a canary is not caught. docs/numerics-witnesses.md says what it shows.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildMutant, CANARIES, CONSTANT_REORDERING, checkCanary, runNode } from './canaries.ts';
import { witnessInChromium } from './chromium.ts';
import { encoderCases } from './encoder-cases.ts';
import { forwardCases } from './forward-cases.ts';
import { kernelCases } from './kernel-cases.ts';
import { type Command, setUpArm64, setUpChromium, setUpWasmtime } from './set-up.ts';
import { SETS, summarise, type Witness } from './table.ts';
import type { Digests } from './witness.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const cache = join(root, '.cache/numerics');
const recordings = '.cache/numerics/recordings';
const BUILDS = 'src/engine/kernels/build';
const REPLAYED = ['kernels', 'forward'] as const;

/** Some witnesses, one for each module, computed by one program. */
interface Group {
  names: readonly string[];
  sets: Witness['sets'];
  compute: () => Promise<Digests[]>;
}

const moduleOf = (name: string): string =>
  name === 'reference' ? name : `${BUILDS}/vitrine-${name}.wasm`;

function nodeGroup(
  label: string,
  modules: readonly string[],
  flags: readonly string[] = [],
): Group {
  return nodeWith(label, modules, flags, () => [process.execPath]);
}

function nodeWith(
  label: string,
  modules: readonly string[],
  flags: readonly string[],
  command: () => Command,
): Group {
  const suffix = flags.map((flag) => `, ${flag.replace('--', '')}`).join('');
  return {
    names: modules.map((name) => `${label}, ${name}${suffix}`),
    sets: SETS,
    compute: () =>
      compute(command(), [...flags, 'test/numerics/witness-node.ts'], modules.map(moduleOf)),
  };
}

function wasmtimeGroup(): Group {
  const modules = ['simd128', 'relaxed', 'relaxed:deterministic'];
  return {
    names: modules.map((name) => `Wasmtime, ${name.replace(':', ', ')}`),
    sets: REPLAYED,
    compute: () =>
      compute(
        setUpWasmtime({ root, cache }),
        ['test/numerics/witness-wasmtime.py'],
        modules.map((name) => moduleOf(name.split(':')[0]) + (name.match(/:.*/)?.[0] ?? '')),
      ),
  };
}

function chromiumGroup(): Group {
  const modules = ['simd128', 'relaxed'];
  return {
    names: modules.map((name) => `Chromium, ${name}`),
    sets: SETS,
    compute: () =>
      witnessInChromium({
        ...{ program: setUpChromium({ root, cache })[0], root, modules: modules.map(moduleOf) },
        recordings: readdirSync(join(root, recordings)).map((name) => `${recordings}/${name}`),
      }),
  };
}

/** Runs a witness program over the recordings: a line of JSON for each module. */
async function compute(
  command: Command,
  first: readonly string[],
  modules: readonly string[],
): Promise<Digests[]> {
  const { code, output, stdout } = await runNode(root, [...first, recordings, ...modules], command);
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (code === 0 && lines.length === modules.length) return lines.map((line) => JSON.parse(line));
  throw new Error(`the program ended with ${code}:\n${output.slice(-2000)}`);
}

const arm64 = (modules: readonly string[], flags: readonly string[] = []): Group =>
  nodeWith('arm64 Node', modules, flags, () => setUpArm64({ root, cache }));

/** The reference comes first: the others are compared with it. */
const GROUPS: readonly Group[] = [
  nodeGroup(`${process.arch} Node`, ['reference']),
  nodeGroup(`${process.arch} Node`, ['simd128', 'relaxed', 'simd128-shared', 'relaxed-shared']),
  nodeGroup(`${process.arch} Node`, ['simd128', 'relaxed'], ['--liftoff-only']),
  nodeGroup(`${process.arch} Node`, ['simd128', 'relaxed'], ['--no-liftoff']),
  arm64(['simd128', 'relaxed']),
  arm64(['relaxed'], ['--liftoff-only']),
  arm64(['relaxed'], ['--no-liftoff']),
  chromiumGroup(),
  wasmtimeGroup(),
];

function record(): number {
  const folder = join(root, recordings);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const cases of [kernelCases(), forwardCases(), encoderCases()]) {
    for (const bytes of cases) {
      writeFileSync(join(folder, String(count).padStart(3, '0')), bytes);
      count += 1;
    }
  }
  return count;
}

/** Two groups at a time. */
async function computeAll(): Promise<Witness[]> {
  const found: Witness[][] = GROUPS.map(() => []);
  const queue = [...GROUPS.entries()];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const [i, { names, sets, compute }] = next;
      const from = performance.now();
      try {
        const digests = await compute();
        found[i] = names.map((name, k) => ({ name, sets, outcome: digests[k] }));
      } catch (error) {
        const outcome = error instanceof Error ? error : new Error(String(error));
        found[i] = names.map((name) => ({ name, sets, outcome }));
      }
      console.error(`${names.join('; ')}: ${seconds(from)}`);
    }
  };
  await Promise.all([work(), work()]);
  return found.flat();
}

function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}

/** A module with one sum in another order must be caught by the table. */
async function checkTable(reference: Witness): Promise<string | undefined> {
  const folder = join(cache, 'canary-constant');
  const path = await buildMutant(root, folder, CONSTANT_REORDERING, 'simd128');
  const program = ['test/numerics/witness-node.ts'];
  const [outcome] = await compute([process.execPath], program, [path]);
  const { lines, isGood } = summarise([reference, { name: 'mutant', sets: SETS, outcome }]);
  const seen = REPLAYED.filter((set) =>
    lines.some((line) => line.startsWith(`mutant: ${set} differs`)),
  );
  if (!isGood && seen.length === REPLAYED.length) return;
  return `the table sees it in ${seen.join(' and ') || 'no set'} only`;
}

async function checkCanaries(reference: Witness): Promise<boolean> {
  let isGood = true;
  const tell = (name: string, from: number, problem: string | undefined, by: string): void => {
    if (problem !== undefined) isGood = false;
    const verdict = problem === undefined ? `caught by ${by}` : `NOT CAUGHT: ${problem}`;
    console.log(`canary: ${name}: ${verdict} (${seconds(from)})`);
  };
  const from = performance.now();
  const problem = await checkTable(reference);
  tell('a sum in another order in one implementation', from, problem, 'the table');
  for (const [i, canary] of CANARIES.entries()) {
    const start = performance.now();
    const found = await checkCanary(root, join(cache, `canary-${i}`), canary);
    tell(canary.name, start, found.problem, `"${found.caught.join('", "')}"`);
  }
  return isGood;
}

const started = performance.now();
console.error(`${record()} recordings`);
const witnesses = await computeAll();
const { lines, isGood } = summarise(witnesses);
console.log(`\n${lines.join('\n')}\n`);
const areCaught = await checkCanaries(witnesses[0]);
console.log(`\n${isGood && areCaught ? 'all equal' : 'FAILED'}, ${seconds(started)} in all`);
process.exitCode = isGood && areCaught ? 0 : 1;
