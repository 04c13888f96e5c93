/**
 * The same logits when a prefix stands in pages that another sequence filled, and when positions
 * are computed in the steps that verify drafts, right ones and wrong ones. Below the engine, on
 * memory and kernels: what a prefix cache and speculation do to a forward pass, whatever decides
 * when. The engine's own are setups of test/same-bits.test.ts.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../src/engine/kernels/index.ts';
import { bindBuild, ModelRunner, ROW_COUNT_MAX } from './model-runner.ts';
import { documentModels, openModel } from './numerics/document-models.ts';
import { seedNote, testSeed } from './same-bits/seed.ts';

const PAGE = 64;
/** Two full pages and a part of the third. */
const LENGTH = 150;
/** A plain model, all of its matrices quantised; windows and caps; a window in all layers. */
const NAMES = ['llama Q4_0', 'gemma2 of mixed types', 'phi3 of mixed types'];

const seed = testSeed();
const random = new Random(seed);
const from = (least: number, most: number) => least + (random.next() % (most - least + 1));

const MODELS = [...documentModels(seed)].filter(({ name }) => NAMES.includes(name));
const relaxed = bindBuild('vitrine-relaxed');

interface Case {
  runner: () => ModelRunner;
  tokens: number[];
  token: () => number;
  /** Logits of all positions, cold, in the largest pieces. */
  cold: Float32Array[];
}

function caseOf(file: Uint8Array): Case {
  const { config, ...contents } = openModel(file);
  const runner = () => new ModelRunner(relaxed, config, contents);
  const token = () => random.next() % config.vocabularySize;
  const tokens = Array.from({ length: LENGTH }, token);
  return { runner, tokens, token, cold: runner().sequence(tokens, [ROW_COUNT_MAX]) };
}

test('the models of these tests are there', () => {
  assert.deepEqual(MODELS.map(({ name }) => name).sort(), [...NAMES].sort());
});

for (const { name, file } of MODELS) {
  test(`${name}: the same logits after a prefix whose pages another sequence filled`, (t) => {
    t.diagnostic(seedNote(seed));
    const { runner, tokens, token, cold } = caseOf(file);
    for (const pages of [1, 2]) {
      const shared = pages * PAGE;
      const warm = runner();
      // The other went on with a text of its own.
      const other = [...tokens.slice(0, shared), ...Array.from({ length: from(0, 20) }, token)];
      warm.sequence(other, [from(1, ROW_COUNT_MAX)], 0);
      warm.sharePages({ from: 0, to: 1, count: pages });
      for (let position = shared; position < LENGTH; ) {
        const count = Math.min(from(1, ROW_COUNT_MAX), LENGTH - position);
        const rows = tokens
          .slice(position, position + count)
          .map((each, i) => ({ sequence: 1, position: position + i, token: each }));
        const logits = warm.step(rows);
        const note = `${pages} pages, ${count} rows from ${position}`;
        assert.deepEqual(logits, cold.slice(position, position + count), note);
        position += count;
      }
    }
  });

  test(`${name}: the same logits from steps that verify drafts`, (t) => {
    t.diagnostic(seedNote(seed));
    const { runner, tokens, token, cold } = caseOf(file);
    const speculating = runner();
    const first = from(1, PAGE);
    speculating.sequence(tokens.slice(0, first), [ROW_COUNT_MAX]);
    let wrong = 0;
    for (let position = first; position < LENGTH; ) {
      const drafts = from(0, Math.min(7, LENGTH - position - 1));
      const right = from(0, drafts);
      const rows = Array.from({ length: drafts + 1 }, (_, i) => {
        const isRight = i <= right;
        const guess = isRight ? tokens[position + i] : token();
        return { sequence: 0, position: position + i, token: guess };
      });
      const logits = speculating.step(rows).slice(0, right + 1);
      const note = `${right} of ${drafts} drafts right at ${position}`;
      assert.deepEqual(logits, cold.slice(position, position + right + 1), note);
      // What the wrong ones left in the pages is written over.
      wrong += drafts - right;
      position += right + 1;
    }
    t.diagnostic(`${wrong} wrong drafts`);
    assert.ok(wrong > 0, 'some drafts were wrong');
  });
}
