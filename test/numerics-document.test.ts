/**
 * The engine against docs/formats/numerics.md: whole forward passes have the bits that numpy gave
 * (test/oracle/numerics/forward.py, written from the document), and the examples of sections 19 and
 * 20, read from the text, come out as printed. `npm run test:document` starts numpy itself.
 */
import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  activationBytes,
  bindReference,
  createMemory,
  type Form,
  formOf,
  HEAP_START,
  initializeMemory,
  OpList,
  pack,
  packedBytes,
  WEIGHT_TYPES,
  type WeightType,
} from '../src/engine/kernels/index.ts';
import { fillRopeTable, SUPPORTED_ARCHITECTURES } from '../src/engine/model/index.ts';
import { type Bind, bindBuild, ROW_COUNT_MAX } from './model-runner.ts';
import { caseDigest, documentCases } from './numerics/document-encoders.ts';
import { COMMITTED_SEED, type Digest } from './numerics/document-models.ts';

const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
const DOCUMENT = read('../docs/formats/numerics.md');
const WANTED = JSON.parse(read('oracle/numerics/forward.json')) as Record<
  string,
  Digest & { tokens: number[] }
>;
const MODELS = documentCases(COMMITTED_SEED);

/** The reference, which is slow, leaves out F32, where others compare it with the modules. */
const QUANTISED = MODELS.filter(({ name }) => /of mixed types|llama [^F]/.test(name));

for (const [name, bind, chunks, models] of [
  ['reference', bindReference, [ROW_COUNT_MAX], QUANTISED],
  ['simd128', bindBuild('vitrine-simd128'), [1], MODELS],
  ['relaxed', bindBuild('vitrine-relaxed'), [ROW_COUNT_MAX, 5], MODELS],
] as [string, Bind, number[], typeof MODELS][]) {
  test(`${name}: whole forward passes have the bits that numpy has by the document`, () => {
    for (const model of models) {
      const { file, outputs, tokens } = WANTED[model.name];
      assert.deepEqual(model.tokens, tokens, model.name);
      assert.deepEqual(caseDigest(bind, model, chunks), { file, outputs }, model.name);
    }
  });
}

test('every architecture and every tensor type is among the passes', () => {
  const names = MODELS.map(({ name }) => name);
  assert.deepEqual(names, Object.keys(WANTED));
  for (const architecture of SUPPORTED_ARCHITECTURES) {
    assert.ok(names.includes(`${architecture} of mixed types`), architecture);
  }
  for (const scaled of ['llama-llama3', 'llama-linear', 'llama-yarn', 'phi3-longrope']) {
    assert.ok(names.includes(scaled), scaled);
  }
  for (const type of Object.keys(WEIGHT_TYPES)) assert.ok(names.includes(`llama ${type}`), type);
  assert.equal(new Set(Object.values(WANTED).map(({ outputs }) => outputs)).size, names.length);
});

type RopeScaling = NonNullable<Parameters<typeof fillRopeTable>[3]>;

test('every example of section 19 comes out as printed', () => {
  const examples = linesOf('rope');
  assert.equal(examples.length, 15);
  const [R, base, position] = [32, 500, 7];
  const none: RopeScaling = {
    ...{ type: 'none', factor: 1, amplitude: 1, originalContextTokens: 0 },
    ...{ betaFast: 32, betaSlow: 1, isLong: false },
  };
  const stretched = { ...none, factor: 4, originalContextTokens: 32 };
  const divisors = (divisor: (i: number) => number) =>
    Float32Array.from({ length: R / 2 }, (_, i) => divisor(i));
  const scalings: Record<string, [RopeScaling, Float32Array?]> = {
    none: [none],
    llama3: [none, divisors(() => 8)],
    linear: [{ ...stretched, type: 'linear' }],
    // 1 + 0.1 log 4, the logarithm of section 4.3.
    yarn: [{ ...stretched, type: 'yarn', amplitude: 1.138629436111989 }],
    longrope: [{ ...stretched, type: 'longrope', amplitude: 1.25 }, divisors((i) => 1 + i / 4)],
  };
  for (const [kind, i, ...expected] of examples) {
    const table = new Float32Array((position + 1) * R);
    const [scaling, factors] = scalings[kind];
    fillRopeTable(table, base, R, scaling, factors);
    const at = position * R + 2 * Number(i);
    assert.deepEqual([...table.subarray(at, at + 2)].map(hexOf), expected, `${kind} ${i}`);
  }
});

/** Where the halves of a block stand: d, then m or dmin. */
const HALVES: Record<string, number[]> = {
  ...{ Q4_0: [0], Q4_1: [0, 2], Q5_0: [0], Q5_1: [0, 2], Q8_0: [0], IQ4_NL: [0], MXFP4: [] },
  ...{ Q2_K: [80, 82], Q3_K: [108], Q4_K: [0, 2], Q5_K: [0, 2], Q6_K: [208], IQ4_XS: [0] },
};

test('every example of section 20 comes out as printed', () => {
  const examples = linesOf('blocks');
  assert.deepEqual(
    examples.map(([type]) => type).sort(),
    Object.keys(WEIGHT_TYPES)
      .filter((type) => !/^B?F/.test(type))
      .sort(),
  );
  for (const [type, ...results] of examples as [WeightType, ...string[]][]) {
    const forms = [...new Set([formOf(type), formOf(type, true)])];
    const values = forms.map((form) => `${form.slice(3)}:${hexOf(blockOf(type, form).product)}`);
    const { embedding } = blockOf(type, forms[0]);
    values.push(...[1, 31].map((k) => `v${k}:${hexOf(embedding[k])}`));
    assert.deepEqual(values, results, type);
  }
});

function linesOf(block: string): string[][] {
  const [, text = ''] =
    new RegExp(`\`\`\`examples-${block}\n([\\s\\S]*?)\`\`\``).exec(DOCUMENT) ?? [];
  return text
    .trim()
    .split('\n')
    .map((line) => line.split(' '));
}

function hexOf(value: number): string {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  return view.getUint32(0).toString(16).padStart(8, '0');
}

/** The block of section 20.4: its product with the x of section 2.6, and its values. */
function blockOf(type: WeightType, form: Form): { product: number; embedding: Float32Array } {
  const K = type.endsWith('_K') || type === 'IQ4_XS' ? 256 : 32;
  const memory = createMemory(1 << 17, false);
  const { buffer } = memory;
  initializeMemory(buffer);
  const [x, w, prepared, out, rows, embedded] = [1, 2, 3, 4, 5, 6].map(
    (i) => HEAP_START + i * 8192,
  );
  new Float32Array(buffer, x, K).set(Array.from({ length: K }, (_, k) => ((k % 32) - 15) / 10));
  const bytes = new Uint8Array(FILE_BYTES[type] ?? 0).map((_, i) => 37 * i + 11);
  for (const [i, at] of HALVES[type].entries()) bytes.set([0x66, [0x2a, 0x2e][i]], at);
  pack(type, K, bytes, new Uint8Array(buffer, w, packedBytes(type, 1, K)));
  assert.ok(activationBytes(form, K) < 8192);
  const list = new OpList(buffer, HEAP_START, 4, 1);
  const common = { K, columns: 1, form, label: type };
  list.activate({ ...common, out: prepared, source: 'plain', in: x, inStride: K * 4 });
  const product = { ...common, out, outStride: 16, add: false, weights: w, activations: prepared };
  list.matmul({ ...product, N: 1, type: WEIGHT_TYPES[type] });
  const row = { out: embedded, outStride: K * 4, weights: w, rows, rowCount: 1, K };
  list.embed({ ...row, type: WEIGHT_TYPES[type], label: type });
  bindReference(memory).run(list.start, list.count, 0, 1);
  return {
    product: new Float32Array(buffer, out, 1)[0],
    embedding: new Float32Array(buffer, embedded, K).slice(),
  };
}

/** Bytes of a block, section 20.1. */
const FILE_BYTES: Partial<Record<WeightType, number>> = Object.fromEntries(
  [...DOCUMENT.matchAll(/^(\w+) +(?:32|256) +(\d+) (?: bytes)?/gm)].map(([, type, size]) => [
    type,
    Number(size),
  ]),
);
