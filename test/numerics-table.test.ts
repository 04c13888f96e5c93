/**
 * The judgement of `npm run test:numerics`: on digests made up for it, and by the command itself on
 * a machine that has none of the programs that the foreign witnesses need.
 */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runNode } from './numerics/canaries.ts';
import { formatRecording, parseRecording } from './numerics/recording.ts';
import { SETS, summarise, type Witness } from './numerics/table.ts';
import type { Digests } from './numerics/witness.ts';

const digests = (): Digests => ({
  ...{ kernels: { matmul: '01', rope: '02' }, forward: { llama: '03' } },
  ...{ sampler: { llama: '04' }, functions: { exp: '05' } },
});

const witness = (name: string, outcome: Witness['outcome'], sets: Witness['sets'] = SETS) => ({
  ...{ name, outcome, sets },
});

test('witnesses that agree are good, and share the hashes of a column', () => {
  const { lines, isGood } = summarise([
    witness('reference', digests()),
    witness('relaxed', digests()),
    witness('wasmtime', digests(), ['kernels', 'forward']),
  ]);
  assert.ok(isGood);
  assert.equal(lines.length, 4);
  const cells = lines.slice(1).map((line) => line.split(/ {2,}/));
  assert.deepEqual(cells[1].slice(1), cells[0].slice(1));
  assert.deepEqual(cells[2].slice(1), [...cells[0].slice(1, 3), '-', '-']);
});

test('one case that differs fails, and is named', () => {
  const changed = digests();
  changed.kernels.rope = '99';
  const { lines, isGood } = summarise([witness('a', digests()), witness('b', changed)]);
  assert.ok(!isGood);
  assert.equal(lines.at(-1), 'b: kernels differs from a in rope');
  assert.match(lines[2], /!/);
});

test('a case that only one of them has fails', () => {
  for (const change of [
    (found: Digests) => delete found.kernels.rope,
    (found: Digests) => (found.kernels.other = '07'),
    (found: Digests) => delete found.sampler,
  ]) {
    const changed = digests();
    change(changed);
    assert.ok(!summarise([witness('a', digests()), witness('b', changed)]).isGood);
    assert.ok(!summarise([witness('a', changed), witness('b', digests())]).isGood);
  }
});

test('a witness that is missing fails with its reason', () => {
  const { lines, isGood } = summarise([
    witness('a', digests()),
    witness('arm64', new Error('no qemu')),
  ]);
  assert.ok(!isGood);
  assert.match(lines[2], /^arm64 +missing$/);
  assert.equal(lines.at(-1), 'arm64 is missing: no qemu');
});

test('without qemu, Python and Chromium the command fails, and says of each what is missing', async () => {
  const root = fileURLToPath(new URL('..', import.meta.url));
  mkdirSync(join(root, '.cache'), { recursive: true });
  const cache = mkdtempSync(join(root, '.cache/nothing-there-'));
  try {
    const only = ['--only', 'arm64|Chromium|Wasmtime', '--cache', relative(root, cache)];
    const program = ['--disable-warning=ExperimentalWarning', 'test/numerics/main.ts', ...only];
    // In CI, with an empty folder for a PATH.
    const env = { PATH: join(cache, 'no-programs'), CI: 'true' };
    const { code, stdout } = await runNode(root, program, [process.execPath], env);
    assert.equal(code, 1, stdout);
    for (const name of [
      ...['arm64 Node, simd128', 'arm64 Node, relaxed', 'arm64 Node, relaxed, liftoff-only'],
      ...['arm64 Node, relaxed, no-liftoff', 'Chromium, simd128', 'Chromium, relaxed'],
      ...['Wasmtime, simd128', 'Wasmtime, relaxed', 'Wasmtime, relaxed, deterministic'],
    ]) {
      assert.match(stdout, new RegExp(`^${name} is missing: .+`, 'm'));
    }
    assert.match(stdout, /^FAILED, /m);
  } finally {
    rmSync(cache, { recursive: true, force: true });
  }
});

test('sets without cases fail: nothing was compared', () => {
  const empty = { kernels: {}, forward: {}, sampler: {}, functions: {} };
  assert.ok(!summarise([witness('a', empty), witness('b', empty)]).isGood);
});

test('a recording comes back as it was, without the zeros at its end', () => {
  const memory = new ArrayBuffer(65536);
  new Uint8Array(memory).set([1, 2, 0, 4]);
  const header = {
    ...{ set: 'kernels', name: 'matmul Q4_0 — 8 × 4', pages: 1 },
    lists: [{ start: 2048, count: 3 }],
    ranges: [[64, 128]] as [number, number][],
  };
  const parsed = parseRecording(formatRecording(header, memory));
  const { image, ...rest } = parsed;
  assert.deepEqual(rest, header);
  assert.deepEqual([...image], [1, 2, 0, 4]);
});
