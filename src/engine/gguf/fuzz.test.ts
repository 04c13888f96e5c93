import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzHeaders } from './gguf.fuzz.ts';
import { parseGgufHeader } from './header.ts';

test('3000 mutated headers end as a header, a demand for bytes or an error', (t) => {
  const seed = Date.now() % 2 ** 32;
  t.diagnostic(`fuzz seed ${seed}`);
  const { outcomes } = fuzzHeaders({ seed, rounds: 3000 });
  // Mutations that never reached the parser's depth would prove nothing.
  const expected = ['header', 'need-bytes', 'not-gguf', 'truncated-file', 'bad-header'];
  for (const outcome of expected) assert.ok(outcomes[outcome] > 5, JSON.stringify(outcomes));
});

test('the fuzzer notices a parser that crashes, hoards memory, or leaves the file', () => {
  const run = (parse: typeof parseGgufHeader) => fuzzHeaders({ seed: 1, rounds: 500, parse });
  const crash = run.bind(null, (bytes, options) => {
    if (bytes[8] === 255) throw new RangeError('Invalid array length');
    return parseGgufHeader(bytes, options);
  });
  assert.throws(crash, /seed 1, round \d+: RangeError/);
  const hoards = run.bind(null, (bytes, options) => {
    if (new Uint8Array(8e6).length === 0) throw new Error();
    return parseGgufHeader(bytes, options);
  });
  assert.throws(hoards, /bytes of memory too many/);
  const careless = run.bind(null, (bytes) => parseGgufHeader(bytes, { fileBytes: 2 ** 53 - 1 }));
  assert.throws(careless, /outside of the file|wants \d+ bytes/);
});
