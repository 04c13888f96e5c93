import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type Agreement, architectureTables } from '../scripts/evidence/architectures.ts';
import { perplexityTable } from '../scripts/evidence/perplexity.ts';
import { readTypeOracles, tensorTypeTable } from '../scripts/evidence/tensor-types.ts';
import {
  type Compared,
  fetchedTable,
  kindTable,
  ruleTable,
} from '../scripts/evidence/tokenizers.ts';
import { fillSections } from '../scripts/models-page.ts';
import { WEIGHT_TYPES } from '../src/engine/kernels/index.ts';
import { SUPPORTED_ARCHITECTURES } from '../src/engine/model/index.ts';
import { SUPPORTED_PRE_SPLITS, SUPPORTED_TOKENIZERS } from '../src/engine/tokenizer/index.ts';
import type { TokenizerEvidence } from './full/tokenizers.test.ts';

const AGREEMENT: Agreement = { isEncoder: false, models: 2, positions: 12, error: 0.00084 };
const measured = new Map(SUPPORTED_ARCHITECTURES.map((name) => [name, AGREEMENT]));

test('an architecture of the code without a model fails the page, and so does one without a text', () => {
  assert.match(architectureTables(measured).decoders, /\| `llama` \| .* \| 2 \| 12 \| 8\.4e-4 \|/);
  const names = [...SUPPORTED_ARCHITECTURES, 'mamba'];
  assert.throws(() => architectureTables(measured, names), /architecture mamba: add a model/);
  const all = new Map(measured).set('mamba', AGREEMENT);
  assert.throws(() => architectureTables(all, names), /architecture mamba: say in scripts/);
  measured.delete('qwen3');
  assert.throws(() => architectureTables(measured), /architecture qwen3/);
});

test('a tensor type of the code without answers of the references fails the page', () => {
  const oracles = readTypeOracles();
  for (const type of Object.keys(WEIGHT_TYPES)) {
    const dequantized = oracles.dequantized.filter((each) => each.type !== type);
    const missing = new RegExp(`tensor type ${type}: add it`);
    assert.throws(() => tensorTypeTable({ ...oracles, dequantized }), missing);
    const quantized = Object.fromEntries(
      Object.entries(oracles.quantized).filter(([name]) => name !== type),
    );
    const unwritten = new RegExp(`quantisation to ${type}: add it`);
    assert.throws(() => tensorTypeTable({ ...oracles, quantized }), unwritten);
  }
  const types = [...Object.keys(WEIGHT_TYPES), 'IQ2_S'];
  assert.throws(() => tensorTypeTable(oracles, types), /tensor type IQ2_S/);
});

test('a value or a byte that is another than that of the reference is counted', () => {
  const oracles = readTypeOracles();
  assert.match(tensorTypeTable(oracles, ['Q8_0']), /\| 0 of 768 \| 0 of 2,176 \|/);
  const flip = (base64: string) => {
    const bytes = Buffer.from(base64, 'base64');
    bytes[8] ^= 1;
    return bytes.toString('base64');
  };
  const dequantized = oracles.dequantized.map((each) => ({
    ...each,
    expected: flip(each.expected),
  }));
  const quantized = { ...oracles.quantized, Q8_0: flip(oracles.quantized.Q8_0) };
  const table = tensorTypeTable({ ...oracles, dequantized, quantized }, ['Q8_0']);
  assert.match(table, /\| 1 of 768 \| 1 of 2,176 \|/);
});

test('a tokenizer or a pre-split rule of the code that nothing is compared with fails the page', () => {
  const count = { texts: 1000, differing: 1 };
  const kinds: Compared[] = SUPPORTED_TOKENIZERS.map((model) => ({
    ...{ vocabulary: `the ${model}`, model, ...count },
  }));
  const rules: Compared[] = SUPPORTED_PRE_SPLITS.map((names) => ({
    ...{ vocabulary: 'SmolLM2', model: 'gpt2', pre: names[0], ...count },
  }));
  assert.match(kindTable(kinds), /\| `bert` \| WordPiece \| .* \| the bert \| 1 of 1,000 \|/);
  assert.match(ruleTable(rules), /\| Tekken \| tekken \| SmolLM2 \| 1 of 1,000 \|/);
  for (const gone of kinds) {
    const others = kinds.filter((each) => each !== gone);
    const message = new RegExp(`tokenizer ${gone.model}: add`);
    assert.throws(() => kindTable([...others, ...rules.slice(1)]), message);
  }
  for (const gone of rules) {
    const others = rules.filter((each) => each !== gone);
    assert.throws(() => ruleTable(others), new RegExp(`pre-split rule ${gone.pre}: add`));
  }
  assert.throws(() => ruleTable(rules, [...SUPPORTED_PRE_SPLITS, ['viking']]), /rule viking/);
  assert.throws(() => kindTable(kinds, [...SUPPORTED_TOKENIZERS, 'rwkv']), /tokenizer rwkv/);
});

test('a vocabulary with committed ids that is not on record fails the page', () => {
  const path = new URL('../docs/evidence/tokenizers.json', import.meta.url);
  const evidence = JSON.parse(readFileSync(path, 'utf8')) as TokenizerEvidence;
  assert.match(fetchedTable(evidence), /\| gpt-2 \| gpt2 \| gpt-2 \| 0 of 6,318 \| 0 of 47 \|/);
  for (const { vocabulary } of evidence.results) {
    const results = evidence.results.filter((each) => each.vocabulary !== vocabulary);
    const message = new RegExp(`vocabulary ${vocabulary}: VITRINE_INTERNAL_EVIDENCE`);
    assert.throws(() => fetchedTable({ ...evidence, results }), message);
  }
  assert.throws(() => fetchedTable(undefined), /no evidence for the vocabulary/);
});

test('a result on record shows its figures, date and machine', () => {
  const machine = { cpu: 'a CPU', cores: 2, memoryBytes: 1, node: 'v24.0.0', date: '2026-01-02' };
  const figures = { tokens: 20480, scored: 10200, vitrine: 21.3456, llamaCpp: 21.3501 };
  const results = [{ model: 'a-model', ...figures, difference: -0.00021 }];
  const text = perplexityTable({ machine, results });
  assert.match(text, /\| a-model \| 20,480 \| 10,200 \| 21\.35 \| 21\.35 \| -0\.02 % \|/);
  assert.match(text, /^2026-01-02, a CPU, 2 cores, Node v24\.0\.0\.$/m);
});

test('sections are replaced between their markers, and the two lists must be the same', () => {
  const page = (text: string) =>
    `before\n<!-- begin a: written by \`npm run docs\` -->\n${text}<!-- end a -->\nafter\n`;
  const filled = page('\nnew\n\n');
  assert.equal(fillSections(page(''), { a: 'new\n' }), filled);
  assert.equal(fillSections(page('old\n'), { a: 'new\n' }), filled);
  assert.equal(fillSections(filled, { a: 'new\n' }), filled);
  assert.throws(
    () => fillSections(page(''), { a: '', b: '' }),
    /lacks the markers of the section b/,
  );
  assert.throws(() => fillSections(page(''), {}), /section a in excess/);
});
