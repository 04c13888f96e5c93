import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startLiveServer } from '../../test/live-server.ts';

test('both APIs tell which tokens of a prompt were not computed again', async () => {
  const live = await startLiveServer({ engine: { prefixCache: true } });
  try {
    const ask = { model: 'random', max_tokens: 2, messages: [{ role: 'user', content: 'hello' }] };
    const usages: Record<string, number>[] = [];
    for (let i = 0; i < 2; i += 1) {
      usages.push((await (await live.post('/v1/messages', ask)).json()).usage);
    }
    const [first, second] = usages;
    assert.equal(first.cache_read_input_tokens, 0);
    assert.equal(second.cache_read_input_tokens, first.input_tokens - 1);
    assert.equal(second.input_tokens, 1);
    const { usage } = await (await live.post('/v1/chat/completions', ask)).json();
    assert.equal(usage.prompt_tokens, first.input_tokens);
    assert.equal(usage.prompt_tokens_details.cached_tokens, first.input_tokens - 1);
  } finally {
    await live.close();
  }
});
