import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownVocabularies, smollm2Metadata } from '../../../test/oracle/tokenizer/load.ts';
import { createTokenizer } from './index.ts';
import { fuzzTokenizers } from './tokenizer.fuzz.ts';

const vocabularies = [...ownVocabularies().values(), smollm2Metadata()];

/** A long run sets it; 200 rounds take a second. */
const ROUNDS = Number(process.env.VITRINE_INTERNAL_FUZZ_ROUNDS ?? 200);

test('mutated vocabularies with 20 texts each end as ids or as an error that says why', (t) => {
  const seed = Date.now() % 2 ** 31;
  t.diagnostic(`fuzz seed ${seed}`);
  const outcomes = fuzzTokenizers({ seed, rounds: ROUNDS, vocabularies });
  t.diagnostic(JSON.stringify(outcomes));
  // Mutations that never got past the checks, or never met one, would prove nothing.
  for (const count of Object.values(outcomes)) assert.ok(count > 5, JSON.stringify(outcomes));
});

test('the fuzzer notices a tokenizer that crashes, forges, or streams another text', () => {
  const run = (change: (tokenizer: ReturnType<typeof createTokenizer>) => object) => () =>
    fuzzTokenizers({
      seed: 1,
      rounds: 60,
      vocabularies,
      create: (metadata) => {
        const tokenizer = createTokenizer(metadata);
        return { ...tokenizer, ...change(tokenizer) };
      },
    });
  const crashes = run(() => ({ encode: () => new Array(-1) }));
  assert.throws(crashes, /seed 1, round \d+: RangeError/);
  const forges = run(({ encode }) => ({
    encode: (text: string) => encode(text, { parseSpecial: true }),
  }));
  assert.throws(forges, /was forged/);
  const drops = run(({ decode }) => ({ decode: (ids: number[]) => decode(ids.slice(1)) }));
  assert.throws(drops, /streams differ/);
});
