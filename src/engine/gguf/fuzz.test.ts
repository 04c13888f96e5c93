import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runTarget } from '../../../test/fuzz/driver.ts';
import { ggufTarget, type HeaderParser } from './gguf.fuzz.ts';
import { parseGgufHeader } from './header.ts';

test('the fuzzer notices a parser that crashes, hoards memory, or leaves the file', () => {
  const run = (parse: HeaderParser) => runTarget(ggufTarget(parse), { seed: 1, cases: 500 });
  const crash = run.bind(null, (bytes, options) => {
    if (bytes[8] === 255) throw new RangeError('Invalid array length');
    return parseGgufHeader(bytes, options);
  });
  assert.throws(crash, /gguf: seed 1, case \d+: RangeError/);
  const hoards = run.bind(null, (bytes, options) => {
    if (new Uint8Array(8e6).length === 0) throw new Error();
    return parseGgufHeader(bytes, options);
  });
  assert.throws(hoards, /took \d+ bytes of memory/);
  const careless = run.bind(null, (bytes) => parseGgufHeader(bytes, { fileBytes: 2 ** 53 - 1 }));
  assert.throws(careless, /outside of the file|wants \d+ bytes/);
});
