/**
 * The witnesses of `npm run test:numerics`, in groups that one program computes, and their run. A
 * group whose program cannot be had or fails is missing, with the reason: never left out.
 */
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runNode } from './canaries.ts';
import { witnessInChromium } from './chromium.ts';
import { type Command, setUpArm64, setUpChromium, setUpWasmtime } from './set-up.ts';
import { SETS, type Witness } from './table.ts';
import type { Digests } from './witness.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
/** `--cache FOLDER`, below the checkout: what is set up and recorded. */
export const cache = join(root, optionOf('cache') ?? '.cache/numerics');
export const recordings = relative(root, join(cache, 'recordings'));
const BUILDS = 'src/engine/kernels/build';
export const REPLAYED = ['kernels', 'forward'] as const;

/** The value after `--name`. @throws Error when there is none */
export function optionOf(name: string): string | undefined {
  const at = process.argv.indexOf(`--${name}`);
  if (at < 0) return undefined;
  const value = process.argv[at + 1];
  if (value === undefined) throw new Error(`--${name} is followed by a value`);
  return value;
}

/** Some witnesses, one for each module, computed by one program. */
export interface Group {
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
export async function compute(
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
export const GROUPS: readonly Group[] = [
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

/** Two groups at a time. */
export async function computeAll(groups: readonly Group[]): Promise<Witness[]> {
  const found: Witness[][] = groups.map(() => []);
  const queue = [...groups.entries()];
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

export function seconds(from: number): string {
  return `${((performance.now() - from) / 1000).toFixed(1)} s`;
}
