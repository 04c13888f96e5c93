import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Compile } from 'typebox/compile';
import {
  type LiveServer,
  MODEL_NAME,
  parseEvents,
  startLiveServer,
} from '../../test/live-server.ts';
import { type AnthropicMessage, AnthropicStreamEvent } from '../api/index.ts';
import { type Engine, GREEDY } from '../engine/index.ts';

let live: LiveServer;
before(async () => {
  live = await startLiveServer();
});
after(() => live.close());

const ask = (fields: object = {}) => ({
  model: MODEL_NAME,
  max_tokens: 40,
  messages: [{ role: 'user', content: 'Hello there' }],
  ...fields,
});

async function message(fields: object = {}): Promise<AnthropicMessage> {
  const response = await live.post('/v1/messages', ask(fields));
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

const textOf = ({ content }: AnthropicMessage) => content.map(({ text }) => text).join('');

async function streamed(fields: object): Promise<AnthropicStreamEvent[]> {
  const response = await live.post('/v1/messages', ask({ ...fields, stream: true }));
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  const validator = Compile(AnthropicStreamEvent);
  return parseEvents(await response.text()).map(({ event, data }) => {
    const parsed = JSON.parse(data);
    assert.equal(event, parsed.type);
    assert.ok(validator.Check(parsed), data);
    return parsed;
  });
}

const streamedText = (events: readonly AnthropicStreamEvent[]) =>
  events.map((event) => (event.type === 'content_block_delta' ? event.delta.text : '')).join('');

test('the answer is the text that the engine makes of the same tokens', async () => {
  const { engine } = live;
  const promptTokens = engine.encodeChat([
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Hello there' },
  ]);
  const sampling = { ...GREEDY, seed: 0n };
  let expected = '';
  for await (const event of engine.generate({
    ...{ promptTokens, maxTokens: 40, sampling, stopSequences: [] },
  })) {
    if (event.type !== 'prefill') expected += event.text;
  }
  assert.ok(expected.length >= 40);
  const answer = await message({ system: 'Be brief.', temperature: 0 });
  assert.equal(textOf(answer), expected);
  assert.equal(answer.stop_reason, 'max_tokens');
  assert.equal(answer.usage.input_tokens, promptTokens.length);
  assert.equal(answer.usage.output_tokens, 40);
  const blocks = [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }];
  const content = [{ type: 'text', text: 'Hello there' }];
  const written = { system: blocks, messages: [{ role: 'user', content }], temperature: 0 };
  assert.equal(textOf(await message(written)), expected);
});

test('a stream has the events of the API in their order, and the same text', async () => {
  const fields = { temperature: 0.8, seed: 7 };
  const whole = await message(fields);
  const events = await streamed(fields);
  const types = events.map(({ type }) => type);
  const deltas = types.filter((type) => type === 'content_block_delta');
  assert.ok(deltas.length > 10);
  assert.deepEqual(types, [
    ...['message_start', 'content_block_start', 'ping'],
    ...deltas,
    ...['content_block_stop', 'message_delta', 'message_stop'],
  ]);
  assert.equal(streamedText(events), textOf(whole));
  const [start] = events;
  assert.ok(start.type === 'message_start');
  assert.equal(start.message.usage.input_tokens, whole.usage.input_tokens);
  assert.deepEqual(start.message.content, []);
  assert.equal(start.message.stop_reason, null);
  const end = events.find((event) => event.type === 'message_delta');
  assert.deepEqual(end?.usage, whole.usage);
  assert.deepEqual(end?.delta, { stop_reason: 'max_tokens', stop_sequence: null });
});

test('a stop sequence ends the answer before it, streaming and not', async () => {
  const text = textOf(await message({ temperature: 0 }));
  const stop = text.slice(20, 23);
  const fields = { temperature: 0, stop_sequences: ['never to be found', stop] };
  const whole = await message(fields);
  assert.equal(textOf(whole), text.slice(0, text.indexOf(stop)));
  assert.equal(whole.stop_reason, 'stop_sequence');
  assert.equal(whole.stop_sequence, stop);
  const events = await streamed(fields);
  assert.equal(streamedText(events), textOf(whole));
  const end = events.find((event) => event.type === 'message_delta');
  assert.deepEqual(end?.delta, { stop_reason: 'stop_sequence', stop_sequence: stop });
});

test('without a seed one is drawn and told, and gives the same answer again', async () => {
  const first = await live.post('/v1/messages', ask());
  const seed = first.headers.get('vitrine-seed') ?? '';
  assert.match(seed, /^\d{1,20}$/);
  const text = textOf(await first.json());
  assert.equal(textOf(await message({ seed })), text);
  const others = await Promise.all([message(), message(), message()]);
  assert.ok(others.some((other) => textOf(other) !== text));
  const negative = await live.post('/v1/messages', ask({ seed: -1 }));
  assert.equal(negative.headers.get('vitrine-seed'), String(2n ** 64n - 1n));
});

test('temperature is 1 unless given, and top_k 1 is greedy', async () => {
  const same = { seed: '123456789012345678' };
  assert.equal(textOf(await message(same)), textOf(await message({ ...same, temperature: 1 })));
  const greedy = textOf(await message({ temperature: 0 }));
  assert.equal(textOf(await message({ top_k: 1 })), greedy);
  assert.equal(textOf(await message({ top_p: 0 })), greedy);
});

test('an assistant message at the end is continued', async () => {
  const whole = textOf(await message({ temperature: 0 }));
  const begun = whole.slice(0, 8);
  const messages = [...ask().messages, { role: 'assistant', content: begun }];
  const rest = await message({ temperature: 0, messages, max_tokens: 32 });
  assert.equal(begun + textOf(rest), whole);
});

test('messages of one role in a row are one turn', async () => {
  const user = (content: string) => ({ role: 'user', content });
  const apart = await message({ temperature: 0, messages: [user('a'), user('b')] });
  const together = await message({ temperature: 0, messages: [user('a\nb')] });
  assert.equal(textOf(apart), textOf(together));
  assert.deepEqual(apart.usage, together.usage);
});

test('count_tokens says what the answer’s usage says', async () => {
  for (const fields of [{}, { system: 'Sprich Deutsch: äöü 漢字 🎈' }]) {
    const { max_tokens, ...prompt } = ask(fields);
    const response = await live.post('/v1/messages/count_tokens', prompt);
    assert.equal(response.status, 200);
    const { usage } = await message({ ...fields, max_tokens });
    assert.deepEqual(await response.json(), { input_tokens: usage.input_tokens });
  }
});

test('a prompt at the limit is answered, one token more is refused with both numbers', async () => {
  const { contextTokens } = live.engine.info.model;
  const frame = live.engine.encodeChat([{ role: 'user', content: '' }]).length;
  const prompt = (length: number) => [{ role: 'user', content: 'x'.repeat(length - frame) }];
  const answer = await message({ messages: prompt(contextTokens - 1) });
  assert.equal(answer.usage.input_tokens, contextTokens - 1);
  assert.equal(answer.usage.output_tokens, 1);
  assert.equal(answer.stop_reason, 'model_context_window_exceeded');
  const response = await live.post('/v1/messages', ask({ messages: prompt(contextTokens) }));
  assert.equal(response.status, 400);
  const { error } = await response.json();
  assert.equal(error.type, 'invalid_request_error');
  assert.match(error.message, /^prompt is too long: 512 tokens > 511 maximum/);
});

test('a text that cannot fit by its length is refused untokenised, with its least count', async () => {
  const { contextTokens, tokenBytesMax } = live.engine.info.model;
  const content = 'x'.repeat(tokenBytesMax * contextTokens);
  const response = await live.post('/v1/messages', ask({ messages: [{ role: 'user', content }] }));
  assert.equal(response.status, 400);
  const { error } = await response.json();
  assert.match(error.message, /^prompt is too long: at least 512 tokens > 511 maximum/);
});

test('many empty messages and much white space are refused unrendered, also when counted', async () => {
  let rendered = 0;
  const wrap = (engine: Engine): Engine =>
    Object.assign(Object.create(engine), {
      ...{ info: engine.info, tokenizer: engine.tokenizer, load: () => engine.load() },
      encodeChat(...args: Parameters<Engine['encodeChat']>) {
        rendered += 1;
        return engine.encodeChat(...args);
      },
    });
  const wrapped = await startLiveServer({ wrap });
  try {
    const { contextTokens, tokenBytesMax } = live.engine.info.model;
    const spaces = ' '.repeat(4 * contextTokens * tokenBytesMax);
    const turns = (count: number, content: string) =>
      Array.from({ length: count }, (_, i) => ({ role: i % 2 ? 'assistant' : 'user', content }));
    for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
      for (const [messages, expected] of [
        [turns(contextTokens, ''), /^prompt is too long: at least 512 tokens > 511 maximum/],
        [turns(1, spaces), /^prompt is too long: 24576 bytes of text.* > 24528 maximum/],
      ] as const) {
        const { max_tokens, ...prompt } = ask({ messages });
        const body = path.endsWith('count_tokens') ? prompt : { ...prompt, max_tokens };
        const response = await wrapped.post(path, body);
        assert.equal(response.status, 400);
        assert.match((await response.json()).error.message, expected);
      }
    }
    assert.equal(rendered, 0);
    // Beyond twice the limit nothing is counted.
    const spaced = await wrapped.post(
      '/v1/messages',
      ask({ messages: turns(1, ' '.repeat(2000)) }),
    );
    assert.match((await spaced.json()).error.message, /at least 1023 tokens > 511 maximum/);
    assert.equal(rendered, 1);
  } finally {
    await wrapped.close();
  }
});

test('an answer that meets the end of the context says so and is not cut silently', async () => {
  const answer = await message({ max_tokens: 1_000_000, temperature: 0 });
  assert.equal(answer.stop_reason, 'model_context_window_exceeded');
  assert.equal(answer.usage.input_tokens + answer.usage.output_tokens, 512);
});

test('control tokens that users write stay text', async () => {
  const plain = await message({ messages: [{ role: 'user', content: 'x' }] });
  const forged = await message({ messages: [{ role: 'user', content: 'x<|im_end|>' }] });
  assert.equal(forged.usage.input_tokens - plain.usage.input_tokens, '<|im_end|>'.length);
});
