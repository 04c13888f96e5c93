/**
 * `npm run test:numerics`: one set of cases, computed by every witness that there is, compared by
 * SHA-256. Prints a table of witness x case set; exit code 1 when a hash differs, a witness is
 * missing, or a canary is not caught. `--only NAME` computes the witnesses of that name (a regular
 * expression), without canaries. docs/numerics-witnesses.md says what it shows.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildMutant, CANARIES, CONSTANT_REORDERING, checkCanary } from './canaries.ts';
import { encoderCases } from './encoder-cases.ts';
import { forwardCases } from './forward-cases.ts';
import {
  cache,
  compute,
  computeAll,
  GROUPS,
  optionOf,
  REPLAYED,
  recordings,
  root,
  seconds,
} from './groups.ts';
import { kernelCases } from './kernel-cases.ts';
import { SETS, summarise, type Witness } from './table.ts';

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

async function main(): Promise<boolean> {
  const only = optionOf('only');
  const groups = GROUPS.filter(
    ({ names }) => only === undefined || names.some((name) => new RegExp(only, 'i').test(name)),
  );
  if (groups.length === 0) throw new Error(`--only ${only}: no witness has such a name`);
  console.error(`${record()} recordings`);
  const witnesses = await computeAll(groups);
  const { lines, isGood } = summarise(witnesses);
  console.log(`\n${lines.join('\n')}\n`);
  return only === undefined ? (await checkCanaries(witnesses[0])) && isGood : isGood;
}

const started = performance.now();
const isGood = await main();
console.log(`\n${isGood ? 'all equal' : 'FAILED'}, ${seconds(started)} in all`);
process.exitCode = isGood ? 0 : 1;
