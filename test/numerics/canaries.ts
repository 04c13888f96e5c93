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
  /** The module that is exchanged: same-bits.test.ts loads the shared one for several threads. */
  build: Build;
  /** The tests of SUITES that are meant for it: at least one must fail. */
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
const POSITION = 'const position = load<i32>(row, 4);';
const IMPORT = "import { halves } from './half';";
/** Of the first layer: the last table and position, and whether a position came twice. */
const SPECULATION_STATE = `let firstLayer: usize = 0;
export let lastTable: usize = 0;
let lastPosition: i32 = 0;
export let isRedone = false;
function watch(layer: usize, table: usize, position: i32): void {
  if (firstLayer == 0 || layer < firstLayer) firstLayer = layer;
  if (layer != firstLayer) return;
  if (table != lastTable || position == 0) isRedone = false;
  else if (position <= lastPosition) isRedone = true;
  lastTable = table;
  lastPosition = position;
}
export function ropeKv(`;
/** Where the page table of a row stands: one for each sequence. */
const TABLE = (row: string): string => `load<u32>(address(record, 4) + (<usize>(${row}) << 4), 8)`;

/**
 * Tests in which the engine itself mixes batches, chunks, cached pages and guesses, as the seed
 * has it.
 */
const ENGINE_MIXES = /alone and (among|beside)|cache is too small|guessed tokens|256, speculation/;

/** The test files that every canary is shown to. */
const SUITES = ['test/same-bits.test.ts', 'test/same-bits-forward.test.ts'];

export const CANARIES: readonly Canary[] = [
  {
    name: 'an order that depends on the batch (several sequences in one tile)',
    build: 'relaxed-shared',
    edits: [quotientWhere(`${TABLE('from')} != ${TABLE('to - 1')}`)],
    caughtBy: /alone and (among|beside)/,
    mayCatch: ENGINE_MIXES,
  },
  {
    name: 'an order that depends on the chunk (2 to 9 rows that go on with a prefill)',
    build: 'relaxed-shared',
    edits: [
      quotientWhere(
        'integer(record, 5) > 1 && integer(record, 5) < 10' +
          ` && load<i32>(address(record, 4), 4) > 0 && ${TABLE('from')} == ${TABLE('to - 1')}`,
      ),
    ],
    caughtBy: /threads 2, rows of a step (?!1$|256$)\d+$/,
    mayCatch: ENGINE_MIXES,
  },
  {
    name: 'an order that depends on the number of threads (three and more)',
    build: 'relaxed-shared',
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
  {
    name: 'an order that depends on the cache (the sequence did not compute its own position 0)',
    build: 'relaxed',
    edits: [
      {
        file: 'rope-kv.ts',
        find: 'export function ropeKv(',
        replace: `export let firsts: u64 = 0;\nexport function ropeKv(`,
      },
      {
        file: 'rope-kv.ts',
        find: POSITION,
        replace: `${POSITION}\n    if (position == 0) firsts |= <u64>1 << ((load<usize>(row, 8) >> 2) & 63);`,
      },
      {
        file: 'attention.ts',
        find: IMPORT,
        replace: `${IMPORT}\nimport { firsts } from './rope-kv';`,
      },
      quotientWhere(`((firsts >> ((${TABLE('r')} >> 2) & 63)) & 1) == 0`),
    ],
    caughtBy: /whose pages another sequence filled/,
  },
  {
    name: 'an order that depends on speculation (a position is computed again after a wrong draft)',
    build: 'relaxed',
    edits: [
      {
        file: 'rope-kv.ts',
        find: 'export function ropeKv(',
        replace: SPECULATION_STATE,
      },
      {
        file: 'rope-kv.ts',
        find: POSITION,
        replace: `${POSITION}\n    watch(address(record, 4), load<usize>(row, 8), position);`,
      },
      {
        file: 'attention.ts',
        find: IMPORT,
        replace: `${IMPORT}\nimport { isRedone, lastTable } from './rope-kv';`,
      },
      quotientWhere(`isRedone && ${TABLE('r')} == lastTable`),
    ],
    caughtBy: /steps that verify drafts/,
  },
];

export type Build = 'simd128' | 'relaxed' | 'relaxed-shared';

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
    ...(build === 'simd128' ? [] : ['--enable', 'relaxed-simd']),
    ...(build === 'relaxed-shared' ? ['--enable', 'threads', '--sharedMemory'] : []),
    ...['-o', out],
  ]);
  if (result.code !== 0) throw new Error(`asc ended with ${result.code}:\n${result.output}`);
  return out;
}

/**
 * Runs SUITES in a copy of the checkout with one module exchanged for the mutant; what is wrong
 * with the outcome, nothing when the canary is caught as it should.
 */
export async function checkCanary(
  root: string,
  folder: string,
  canary: Canary,
): Promise<{ caught: string[]; problem?: string }> {
  const mutant = await buildMutant(root, join(folder, 'kernels'), canary.edits, canary.build);
  const copy = join(folder, 'checkout');
  rmSync(copy, { recursive: true, force: true });
  const folders = ['src/base', 'src/engine', 'test/same-bits', 'test/oracle/architectures'];
  const files = ['test/random-model.ts', 'test/model-runner.ts', 'package.json'];
  const shared = ['test/numerics/document-models.ts'];
  for (const name of [...folders, ...files, ...shared, ...SUITES]) {
    cpSync(join(root, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
  cpSync(mutant, join(copy, `src/engine/kernels/build/vitrine-${canary.build}.wasm`));
  const args = ['--test', '--test-concurrency=1', '--test-reporter=tap', ...SUITES];
  const { output } = await runNode(copy, args);
  const lines = [...output.matchAll(/^ *(not ok|ok) \d+ - (.*)$/gm)];
  const named = (kind: string) =>
    lines.filter(([, found]) => found === kind).map(([, , name]) => name);
  const caught = named('not ok').filter((name) => !name.endsWith('.test.ts'));
  const passed = named('ok');
  const { caughtBy, mayCatch } = canary;
  const stray = caught.filter((name) => !caughtBy.test(name) && !mayCatch?.test(name));
  if (!caught.some((name) => caughtBy.test(name))) {
    return { caught, problem: `the test meant for it did not fail:\n${output}` };
  }
  if (stray.length > 0 || passed.length < 12) {
    return { caught, problem: `other tests failed as well: ${stray.join('; ')}\n${output}` };
  }
  return { caught };
}

/** The program's output and exit code; no more than 10 minutes. */
export function runNode(
  cwd: string,
  args: readonly string[],
  command: readonly string[] = [process.execPath],
  more: Record<string, string> = {},
): Promise<{ code: number | null; output: string; stdout: string }> {
  const [program, ...first] = command;
  // A test runner inside a test runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const options = { cwd, env: { ...env, ...more }, timeout: 600_000 };
  const child = spawn(program, [...first, ...args], options);
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
