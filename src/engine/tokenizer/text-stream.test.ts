import assert from 'node:assert/strict';
import { test } from 'node:test';
import { smollm2Metadata } from '../../../test/oracle/tokenizer/load.ts';
import { createTextStream, createTokenizer } from './index.ts';

test('a stream leaves special tokens out, but for those that it is told to show', () => {
  const tokenizer = createTokenizer(smollm2Metadata());
  const ids = tokenizer.encode('<|im_start|>a<repo_name>é<|im_end|>', { parseSpecial: true });
  const [shown] = tokenizer.encode('<repo_name>', { parseSpecial: true });
  const texts = (options?: Parameters<typeof createTextStream>[1]) => {
    const stream = createTextStream(tokenizer, options);
    return ids.map((id) => stream.push(id)).join('') + stream.end();
  };
  assert.equal(texts(), 'aé');
  assert.equal(texts({ shown: new Set([shown]) }), 'a<repo_name>é');
  assert.equal(texts({ special: true }), '<|im_start|>a<repo_name>é<|im_end|>');
});
