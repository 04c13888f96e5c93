/**
 * Canaries: kernels built from sources with one order of operations changed, each caught by the
 * check that is meant for it. Those of CANARIES are such that the self-test at start, which runs
 * alone, in one call and over one sequence, cannot see them.
 */
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Edit {
  /** Below src/engine/kernels/assembly. */
  file: string;
  find: string;
  replace: string;
}

/** A partial sum of 16 in another order: the neighbours first. */
export const CONSTANT_REORDERING: readonly Edit[] = [
  {
    file: 'math.ts',
    find: 'f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 2)',
    replace: 'f32x4.extract_lane(s, 0) + f32x4.extract_lane(s, 1)',
  },
  {
    file: 'math.ts',
    find: 'f32x4.extract_lane(s, 1) + f32x4.extract_lane(s, 3)',
    replace: 'f32x4.extract_lane(s, 2) + f32x4.extract_lane(s, 3)',
  },
];

export interface Canary {
  name: string;
  edits: readonly Edit[];
  /** The tests of test/same-bits.test.ts that are meant for it: at least one must fail. */
  caughtBy: RegExp;
  /** Others that may fail as well, because they cannot but change what it depends on. */
  mayCatch?: RegExp;
}

const QUOTIENT = 'f32x4.div(v128.load(state + c), sum)';
const PRODUCT = 'f32x4.mul(v128.load(state + c), f32x4.div(f32x4.splat(1), sum))';
/** v (1 / sum) for v / sum where `condition` holds of the record and the row. */
const quotientWhere = (condition: string): Edit => ({
  file: 'attention.ts',
  find: QUOTIENT,
  replace: `${condition} ? ${PRODUCT} : ${QUOTIENT}`,
});
/** Where the page table of a row stands: one for each sequence. */
const TABLE = (row: string): string => `load<u32>(address(record, 4) + (<usize>(${row}) << 4), 8)`;

export const CANARIES: readonly Canary[] = [
  {
    name: 'an order that depends on the batch (several sequences in one tile)',
    edits: [quotientWhere(`${TABLE('from')} != ${TABLE('to - 1')}`)],
    caughtBy: /alone and beside/,
  },
  {
    name: 'an order that depends on the chunk (2 to 9 rows that go on with a prefill)',
    edits: [
      quotientWhere(
        'integer(record, 5) > 1 && integer(record, 5) < 10' +
          ` && load<i32>(address(record, 4), 4) > 0 && ${TABLE('from')} == ${TABLE('to - 1')}`,
      ),
    ],
    caughtBy: /threads 2, rows of a step (?!1$|256$)\d+$/,
    mayCatch: /alone and beside/,
  },
  {
    name: 'an order that depends on the number of threads (three and more)',
    edits: [
      {
        file: 'index.ts',
        find: 'attention(list, first, end, worker)',
        replace: 'attention(list, first, end, worker | (workers << 8))',
      },
      {
        file: 'attention.ts',
        find: 'for (let unit = first; unit < end; unit++) {',
        replace: 'manyThreads = worker >> 8 > 2;\n  for (let unit = first; unit < end; unit++) {',
      },
      {
        file: 'attention.ts',
        find: '<usize>worker * scratchBytes',
        replace: '<usize>(worker & 255) * scratchBytes',
      },
      {
        file: 'attention.ts',
        find: 'export const TILE_ROWS: i32 = 8;',
        replace: 'export const TILE_ROWS: i32 = 8;\nlet manyThreads = false;',
      },
      quotientWhere('manyThreads'),
    ],
    caughtBy: /threads [34], rows of a step 256$/,
  },
];

export type Build = 'simd128' | 'relaxed-shared';

/** Compiles the kernels with `edits` into a file below `folder`; its path. */
export async function buildMutant(
  root: string,
  folder: string,
  edits: readonly Edit[],
  build: Build,
): Promise<string> {
  const assembly = join(folder, 'assembly');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, 'src/engine/kernels/assembly'), assembly, { recursive: true });
  for (const { file, find, replace } of edits) {
    const path = join(assembly, file);
    const text = readFileSync(path, 'utf8');
    if (text.split(find).length !== 2) throw new Error(`${file} does not have once: ${find}`);
    writeFileSync(
      path,
      text.replace(find, () => replace),
    );
  }
  const out = join(folder, `vitrine-${build}.wasm`);
  const result = await runNode(root, [
    join(root, 'node_modules/assemblyscript/bin/asc.js'),
    ...[join(assembly, 'index.ts'), '--runtime', 'stub', '--noAssert', '--importMemory'],
    ...['--initialMemory', '1', '--maximumMemory', '65536', '--enable', 'simd', '-O1'],
    ...(build === 'relaxed-shared'
      ? ['--enable', 'relaxed-simd', '--enable', 'threads', '--sharedMemory']
      : []),
    ...['-o', out],
  ]);
  if (result.code !== 0) throw new Error(`asc ended with ${result.code}:\n${result.output}`);
  return out;
}

/**
 * Runs test/same-bits.test.ts in a copy of the checkout whose relaxed kernels for several threads
 * are the mutant; what is wrong with the outcome, nothing when the canary is caught as it should.
 */
export async function checkCanary(
  root: string,
  folder: string,
  canary: Canary,
): Promise<{ caught: string[]; problem?: string }> {
  const mutant = await buildMutant(root, join(folder, 'kernels'), canary.edits, 'relaxed-shared');
  const copy = join(folder, 'checkout');
  rmSync(copy, { recursive: true, force: true });
  for (const name of ['src/base', 'src/engine', 'test/same-bits', 'package.json']) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  for (const name of ['test/same-bits.test.ts', 'test/random-model.ts']) {
    cpSync(join(root, name), join(copy, name));
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  cpSync(mutant, join(copy, 'src/engine/kernels/build/vitrine-relaxed-shared.wasm'));
  const args = ['--test', '--test-reporter=tap', 'test/same-bits.test.ts'];
  const { output } = await runNode(copy, args);
  const lines = [...output.matchAll(/^ *(not ok|ok) \d+ - (.*)$/gm)];
  const named = (kind: string) =>
    lines.filter(([, found]) => found === kind).map(([, , name]) => name);
  const caught = named('not ok').filter((name) => !name.endsWith('same-bits.test.ts'));
  const passed = named('ok');
  const { caughtBy, mayCatch } = canary;
  const stray = caught.filter((name) => !caughtBy.test(name) && !mayCatch?.test(name));
  if (!caught.some((name) => caughtBy.test(name))) {
    return { caught, problem: `the test meant for it did not fail:\n${output}` };
  }
  if (stray.length > 0 || passed.length < 6) {
    return { caught, problem: `other tests failed as well: ${stray.join('; ')}\n${output}` };
  }
  return { caught };
}

/** The program's output and exit code; no more than 10 minutes. */
export function runNode(
  cwd: string,
  args: readonly string[],
  command: readonly string[] = [process.execPath],
): Promise<{ code: number | null; output: string; stdout: string }> {
  const [program, ...first] = command;
  // A test runner inside a test runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(program, [...first, ...args], { cwd, env, timeout: 600_000 });
  let [output, stdout] = ['', ''];
  child.stdout.on('data', (chunk) => {
    output += chunk;
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output, stdout }));
  });
}
