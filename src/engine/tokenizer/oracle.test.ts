/** Ids against those of Hugging Face `tokenizers`; see test/oracle/tokenizer/README.md. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { assertSums } from '../../../test/oracle/tokenizer/compare.ts';
import { corpus, expected, smollm2Metadata } from '../../../test/oracle/tokenizer/load.ts';
import { createTextStream, createTokenizer } from './index.ts';

const TEXTS = corpus();
const EXPECTED = expected();
const smollm = createTokenizer(smollm2Metadata());

test('the corpus has at least 5,000 different texts', () => {
  assert.ok(new Set(TEXTS).size >= 5000, `${new Set(TEXTS).size}`);
  assert.equal(EXPECTED.ordinary.length, TEXTS.length);
});

test('ids equal those of tokenizers when special tokens are ordinary text', () => {
  compare(
    (text) => smollm.encode(text, { unencodable: 'drop' }),
    (index) => EXPECTED.ordinary[index],
  );
});

test('ids equal those of tokenizers when special tokens are parsed', () => {
  assert.ok(Object.keys(EXPECTED.parsed).length > 500);
  compare(
    (text) => smollm.encode(text, { parseSpecial: true, unencodable: 'drop' }),
    (index) => EXPECTED.parsed[index] ?? EXPECTED.ordinary[index],
  );
});

/**
 * Texts whose ids differ, by rule. U+1AD0 came with Unicode 17 as a combining mark: JavaScript's
 * NFC sorts it before its neighbour, the older tables of `tokenizers` do not know it.
 */
const KNOWN_DIVERGENCE: Record<string, string[]> = {
  qwen2: ['\u1ad0\u1ab9 \u1aa81\u1cd0\u19d2\u1858a'],
};

for (const rule of ['gpt-2', 'llama-bpe', 'qwen2']) {
  test(`ids equal those of tokenizers under the rule ${rule}`, () => {
    const tokenizer = createTokenizer(smollm2Metadata({ 'tokenizer.ggml.pre': rule }));
    for (const parseSpecial of [false, true]) {
      const sums = EXPECTED.checksums[`${rule} ${parseSpecial ? 'parsed' : 'ordinary'}`];
      assertSums(tokenizer, { texts: TEXTS, sums, parseSpecial, known: KNOWN_DIVERGENCE[rule] });
    }
  });
}

test('user-defined tokens are read from ordinary text, as tokenizers reads them', () => {
  const types = (smollm2Metadata().get('tokenizer.ggml.token_type') as number[]).slice();
  types.fill(4, 3, 17);
  const tokenizer = createTokenizer(smollm2Metadata({ 'tokenizer.ggml.token_type': types }));
  assertSums(tokenizer, { texts: TEXTS, sums: EXPECTED.checksums['smollm user-defined'] });
});

test('decoding the ids gives the text back', () => {
  let checked = 0;
  for (const text of TEXTS) {
    for (const parseSpecial of [false, true]) {
      let ids: number[];
      try {
        ids = smollm.encode(text, { parseSpecial });
      } catch {
        continue; // A character without bytes in the vocabulary; the next test counts them.
      }
      assert.equal(smollm.decode(ids, { special: true }), text);
      checked += 1;
    }
  }
  assert.ok(checked > 12000, `${checked}`);
});

test('characters without a token are refused, and only they', () => {
  // Control characters without a byte token, and planes whose lead bytes have none.
  const missing = new Set([0x04, 0x06, 0x13, 0x14, 0x16, 0x1d]);
  const isMissing = (code: number) => missing.has(code) || (code >= 0x40000 && code <= 0xbffff);
  for (const text of TEXTS) {
    if (Array.from(text, (char) => char.codePointAt(0) as number).some(isMissing)) {
      assert.throws(() => smollm.encode(text), { code: 'bad-request', message: /cannot express/ });
    } else {
      smollm.encode(text);
    }
  }
});

test('streaming decode equals whole decode', () => {
  for (const text of TEXTS) {
    const ids = smollm.encode(text, { parseSpecial: true, unencodable: 'drop' });
    for (const special of [false, true]) {
      const stream = createTextStream(smollm, { special });
      let streamed = '';
      for (const id of ids) streamed += stream.push(id);
      assert.equal(streamed + stream.end(), smollm.decode(ids, { special }));
    }
  }
});

function compare(actual: (text: string) => number[], wanted: (index: number) => number[]): void {
  const differing: string[] = [];
  for (let index = 0; index < TEXTS.length; index += 1) {
    const got = actual(TEXTS[index]);
    const want = wanted(index);
    if (got.length !== want.length || got.some((id, i) => id !== want[i])) {
      differing.push(`${JSON.stringify(TEXTS[index])}: expected ${want}, got ${got}`);
    }
  }
  assert.equal(
    differing.length,
    0,
    `${differing.length} differ\n${differing.slice(0, 5).join('\n')}`,
  );
}
