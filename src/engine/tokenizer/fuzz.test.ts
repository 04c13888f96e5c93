import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTarget } from '../../../test/fuzz/driver.ts';
import { ownVocabularies, smollm2Metadata } from '../../../test/oracle/tokenizer/load.ts';
import { createTokenizer } from './index.ts';
import { tokenizerTarget } from './tokenizer.fuzz.ts';

const vocabularies = [...ownVocabularies().values(), smollm2Metadata()];

test('the fuzzer notices a tokenizer that crashes, forges, or streams another text', () => {
  const run = (change: (tokenizer: ReturnType<typeof createTokenizer>) => object) => () => {
    const target = tokenizerTarget('gpt2', vocabularies, (metadata) => {
      const tokenizer = createTokenizer(metadata);
      return { ...tokenizer, ...change(tokenizer) };
    });
    runTarget(target, { seed: 1, cases: 1000 });
  };
  const crashes = run(() => ({ encode: () => new Array(-1) }));
  assert.throws(crashes, /tokenizer gpt2: seed 1, case \d+: RangeError/);
  const forges = run(({ encode }) => ({
    encode: (text: string) => encode(text, { parseSpecial: true }),
  }));
  assert.throws(forges, /was forged/);
  const drops = run(({ decode }) => ({ decode: (ids: number[]) => decode(ids.slice(1)) }));
  assert.throws(drops, /streams differ/);
});
