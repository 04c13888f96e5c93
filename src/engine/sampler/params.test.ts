import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { isVitrineError } from '../../base/index.ts';
import { checkSamplingParams, type SamplingParams } from './params.ts';

const GOOD: SamplingParams = {
  temperature: 1,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  presencePenalty: 0,
  frequencyPenalty: 0,
  logitBias: new Map(),
  seed: 0n,
};

function refusal(change: Partial<SamplingParams>): string {
  try {
    checkSamplingParams({ ...GOOD, ...change }, 100);
  } catch (error) {
    assert.ok(isVitrineError(error, 'bad-request'));
    return error.message;
  }
  assert.fail(`accepted ${JSON.stringify(change, (_, v) => String(v))}`);
}

test('the bounds themselves are accepted', () => {
  const edges: Partial<SamplingParams>[] = [
    {},
    { temperature: 0 },
    { temperature: 1e6 },
    { topK: Number.MAX_SAFE_INTEGER },
    { topP: 0, minP: 1 },
    { repetitionPenalty: 1e-6 },
    { presencePenalty: -1e6, frequencyPenalty: 1e6 },
    {
      logitBias: new Map([
        [0, -1e6],
        [99, 1e6],
      ]),
    },
    { seed: 2n ** 64n - 1n },
  ];
  for (const edge of edges) checkSamplingParams({ ...GOOD, ...edge }, 100);
});

test('each parameter out of its bounds, or NaN, is refused by its name with the bounds and the value', () => {
  const cases: [string, Partial<SamplingParams>][] = [
    ['temperature', { temperature: -0.1 }],
    ['temperature', { temperature: Number.NaN }],
    ['temperature', { temperature: Number.POSITIVE_INFINITY }],
    ['top_k', { topK: -1 }],
    ['top_k', { topK: 1.5 }],
    ['top_p', { topP: 1.01 }],
    ['top_p', { topP: Number.NaN }],
    ['min_p', { minP: -1 }],
    ['repetition_penalty', { repetitionPenalty: 0 }],
    ['presence_penalty', { presencePenalty: 1e7 }],
    ['frequency_penalty', { frequencyPenalty: Number.NaN }],
    ['logit_bias', { logitBias: new Map([[100, 1]]) }],
    ['logit_bias', { logitBias: new Map([[-1, 1]]) }],
    ['logit_bias', { logitBias: new Map([[1.5, 1]]) }],
    ['logit_bias of token 3', { logitBias: new Map([[3, Number.NaN]]) }],
    ['seed', { seed: -1n }],
    ['seed', { seed: 2n ** 64n }],
  ];
  for (const [name, change] of cases) {
    const message = refusal(change);
    assert.match(message, new RegExp(`^${name}: expected .*, came `), message);
    assert.ok(!message.includes('\n'));
  }
});
