/**
 * What vitrine-tiny says, greedy and to the letter, on every kernel (on the reference kernels: the
 * short cases). The expected texts, ids and logits in vitrine-tiny.json come from a forward pass in
 * numpy (float64) on the dequantised file, not from this engine. Made again by
 *
 *   cd models/vitrine-tiny && pip install -r requirements.txt && python golden.py
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  type FinishReason,
  GREEDY,
  type MeasurableEngine,
  openEngine,
} from '../../src/engine/index.ts';

interface GoldenCase {
  /** A text to continue, or a chat to answer. */
  text?: string;
  messages?: { role: 'user' | 'assistant'; content: string }[];
  maxTokens: number;
  promptIds: number[];
  answer: string;
  /** Without the token that ends the turn. */
  answerIds: number[];
  reason: FinishReason;
  /** Least distance of the best from the second logit, over the answer. */
  margin: number;
  /** [id, logit] of the highest behind the prompt, descending. */
  firstLogits: [number, number][];
}

/** Activations are quantised, so logits differ a little from float64; measured: at most 0.0045. */
const LOGIT_TOLERANCE = 0.02;

/** The reference kernels compute about ten tokens a second: they get the short cases only. */
const REFERENCE_TOKENS_MAX = 21;

const folder = new URL('../../models/vitrine-tiny/', import.meta.url);
const modelPath = fileURLToPath(new URL('vitrine-tiny.gguf', folder));
const golden: { sha256: string; cases: GoldenCase[] } = JSON.parse(
  readFileSync(new URL('vitrine-tiny.json', import.meta.url), 'utf8'),
);

test('the golden answers, the descriptor and the model file belong together', () => {
  const bytes = readFileSync(modelPath);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const descriptor = JSON.parse(readFileSync(new URL('vitrine-tiny.json', folder), 'utf8'));
  assert.deepEqual(descriptor, { sha256, bytes: bytes.length });
  assert.equal(golden.sha256, sha256, 'run golden.py: the model has changed');
  assert.ok(bytes.length < 1_000_000);
  assert.ok(golden.cases.length >= 10);
});

for (const kernels of ['reference', 'simd128', 'relaxed'] as const) {
  const isShort = ({ promptIds, answerIds }: GoldenCase) =>
    promptIds.length + answerIds.length <= REFERENCE_TOKENS_MAX;
  const cases = kernels === 'reference' ? golden.cases.filter(isShort) : golden.cases;

  describe(`vitrine-tiny on ${kernels} kernels`, () => {
    let engine: MeasurableEngine;
    before(async () => {
      engine = await openEngine({ modelPath, digest: golden.sha256, threads: 2, kernels });
    });
    after(() => engine.close());

    test('it has cases to answer', () => assert.ok(cases.length >= 4));

    test('it names itself, its licence and its kernels', () => {
      const { model, kernels: used } = engine.info;
      assert.equal(model.name, 'vitrine-tiny');
      assert.equal(model.licence, 'apache-2.0');
      assert.equal(model.trainedContextTokens, 1024);
      assert.equal(used, kernels);
    });

    for (const expected of cases) {
      const shown = JSON.stringify(expected.text ?? expected.messages?.at(-1)?.content);
      test(`${shown} is answered to the letter`, async () => {
        const promptTokens = promptOf(engine, expected);
        assert.deepEqual(promptTokens, expected.promptIds);
        assert.deepEqual(await answer(engine, promptTokens, expected.maxTokens), {
          text: expected.answer,
          ids: expected.answerIds,
          reason: expected.reason,
        });
      });
    }

    test('the logits behind each prompt are near those of float64', async () => {
      let worst = 0;
      for (const { promptIds, firstLogits } of cases) {
        let last = new Float32Array();
        await engine.evaluateLogits(promptIds, (position, logits) => {
          if (position === promptIds.length - 1) last = logits.slice();
        });
        for (const [id, logit] of firstLogits) {
          worst = Math.max(worst, Math.abs(last[id] - logit));
        }
      }
      assert.ok(worst < LOGIT_TOLERANCE, `a logit differs by ${worst}`);
    });
  });
}

function promptOf(engine: MeasurableEngine, { text, messages }: GoldenCase): number[] {
  if (messages !== undefined) return engine.encodeChat(messages);
  return engine.tokenizer.encode(text ?? '', { addSpecial: true });
}

async function answer(engine: MeasurableEngine, promptTokens: number[], maxTokens: number) {
  const ids: number[] = [];
  let text = '';
  const request = { promptTokens, maxTokens, stopSequences: [] };
  for await (const event of engine.generate({ ...request, sampling: { ...GREEDY, seed: 1n } })) {
    if (event.type === 'token') {
      ids.push(event.tokenId);
      text += event.text;
    } else if (event.type === 'end') {
      if (event.reason === 'end-turn') ids.pop();
      return { text: text + event.text, ids, reason: event.reason };
    }
  }
  throw new Error('generation ended without an end event');
}
