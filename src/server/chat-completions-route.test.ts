import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Compile } from 'typebox/compile';
import {
  type LiveServer,
  MODEL_NAME,
  parseEvents,
  startLiveServer,
} from '../../test/live-server.ts';
import { ChatCompletion, ChatCompletionChunk } from '../api/index.ts';

let live: LiveServer;
before(async () => {
  live = await startLiveServer();
});
after(() => live.close());

const PATH = '/v1/chat/completions';
const ask = (fields: object = {}) => ({
  model: MODEL_NAME,
  max_tokens: 40,
  messages: [{ role: 'user', content: 'Hello there' }],
  ...fields,
});

async function completion(fields: object = {}): Promise<ChatCompletion> {
  const response = await live.post(PATH, ask(fields));
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.ok(Compile(ChatCompletion).Check(body));
  return body;
}

const textOf = ({ choices }: ChatCompletion) => choices[0].message.content;

async function streamed(fields: object): Promise<ChatCompletionChunk[]> {
  const response = await live.post(PATH, ask({ ...fields, stream: true }));
  assert.equal(response.status, 200);
  const events = parseEvents(await response.text());
  assert.equal(events.pop()?.data, '[DONE]');
  const validator = Compile(ChatCompletionChunk);
  return events.map(({ event, data }) => {
    assert.equal(event, undefined);
    const chunk = JSON.parse(data);
    assert.ok(validator.Check(chunk), data);
    return chunk;
  });
}

const streamedText = (chunks: readonly ChatCompletionChunk[]) =>
  chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');

async function refusal(fields: object) {
  const response = await live.post(PATH, ask(fields));
  assert.equal(response.status, 400);
  const { error } = await response.json();
  assert.equal(error.type, 'invalid_request_error');
  return error;
}

test('a completion and its stream have the same text, and the usage when asked for', async () => {
  const fields = { temperature: 0.9, seed: 11 };
  const whole = await completion(fields);
  assert.equal(whole.choices[0].finish_reason, 'length');
  assert.equal(whole.usage.completion_tokens, 40);
  assert.equal(whole.usage.total_tokens, whole.usage.prompt_tokens + 40);
  const chunks = await streamed({ ...fields, stream_options: { include_usage: true } });
  assert.equal(streamedText(chunks), textOf(whole));
  assert.deepEqual(chunks[0].choices[0].delta, { role: 'assistant', content: '', refusal: null });
  const last = chunks[chunks.length - 1];
  assert.deepEqual(last.choices, []);
  assert.deepEqual(last.usage, whole.usage);
  assert.ok(chunks.slice(0, -1).every(({ usage }) => usage === null));
  assert.equal(chunks[chunks.length - 2].choices[0].finish_reason, 'length');
  const bare = await streamed(fields);
  assert.ok(bare.every((chunk) => !('usage' in chunk) && chunk.choices.length === 1));
  assert.equal(new Set(bare.map(({ id }) => id)).size, 1);
});

test('both APIs give one prompt the same answer', async () => {
  const body = { model: MODEL_NAME, max_tokens: 30, messages: ask().messages, seed: 99 };
  const anthropic = await (await live.post('/v1/messages', body)).json();
  const openAi = await completion({ max_tokens: 30, seed: '99' });
  assert.equal(textOf(openAi), anthropic.content[0].text);
  assert.equal(openAi.usage.prompt_tokens, anthropic.usage.input_tokens);
});

test('without a limit the answer may fill the context', async () => {
  const whole = await completion({ max_tokens: null, temperature: 0 });
  assert.equal(whole.usage.total_tokens, live.engine.info.model.contextTokens);
  assert.equal(whole.choices[0].finish_reason, 'length');
});

test('max_completion_tokens counts like max_tokens, and both must agree', async () => {
  const fields = { max_tokens: undefined, max_completion_tokens: 5 };
  assert.equal((await completion(fields)).usage.completion_tokens, 5);
  await completion({ max_tokens: 5, max_completion_tokens: 5 });
  const error = await refusal({ max_tokens: 4, max_completion_tokens: 5 });
  assert.equal(error.param, 'max_tokens');
});

test('a logit bias moves the answer: an end-of-turn token ends it with stop', async () => {
  const [endOfTurn] = live.engine.tokenizer.endOfTurnIds;
  const ended = await completion({ logit_bias: { [endOfTurn]: 100 } });
  assert.equal(textOf(ended), '');
  assert.equal(ended.choices[0].finish_reason, 'stop');
  assert.equal(ended.usage.completion_tokens, 1);
  const [bang] = live.engine.tokenizer.encode('!');
  assert.equal(textOf(await completion({ logit_bias: { [bang]: 100 } })), '!'.repeat(40));
  const { vocabularySize } = live.engine.info.model;
  const error = await refusal({ logit_bias: { [vocabularySize]: 1 } });
  assert.match(error.message, /^logit_bias: expected token ids from 0 to 257, got 258/);
});

test('penalties and samplers reach the engine', async () => {
  const [bang] = live.engine.tokenizer.encode('!');
  const fields = { logit_bias: { [bang]: 60 }, temperature: 0, max_tokens: 100 };
  const plain = textOf(await completion(fields));
  assert.equal(plain, '!'.repeat(100));
  assert.notEqual(textOf(await completion({ ...fields, frequency_penalty: 2 })), plain);
  const greedy = textOf(await completion({ temperature: 0 }));
  const repelled = textOf(await completion({ temperature: 0, repetition_penalty: 10 }));
  assert.notEqual(repelled, greedy);
  assert.equal(textOf(await completion({ temperature: 2, top_k: 1 })), greedy);
  assert.equal(textOf(await completion({ temperature: 2, min_p: 1 })), greedy);
  const present = { temperature: 0, presence_penalty: 2 };
  assert.notEqual(textOf(await completion(present)), greedy);
});

test('stop takes a text or several, streaming and not', async () => {
  const text = textOf(await completion({ temperature: 0 }));
  const stop = text.slice(10, 12);
  const expected = text.slice(0, text.indexOf(stop));
  for (const given of [stop, ['never', stop]]) {
    const whole = await completion({ temperature: 0, stop: given });
    assert.equal(textOf(whole), expected);
    assert.equal(whole.choices[0].finish_reason, 'stop');
    assert.equal(streamedText(await streamed({ temperature: 0, stop: given })), expected);
  }
});

test('log-probabilities belong to the shown text, token by token, streaming and not', async () => {
  const text = textOf(await completion({ temperature: 0 }));
  const fields = { temperature: 0, logprobs: true, top_logprobs: 3, stop: text.slice(12, 16) };
  const whole = await completion(fields);
  const entries = whole.choices[0].logprobs?.content ?? [];
  assert.equal(entries.map(({ token }) => token).join(''), textOf(whole));
  assert.equal(entries.length, textOf(whole).length);
  for (const { logprob, token, bytes, top_logprobs } of entries) {
    assert.ok(logprob <= 0 && logprob > -20);
    assert.deepEqual(bytes, [...Buffer.from(token)]);
    assert.equal(top_logprobs.length, 3);
    assert.equal(top_logprobs[0].token, token);
    assert.equal(top_logprobs[0].logprob, logprob);
    assert.ok(top_logprobs[1].logprob <= logprob);
  }
  const chunks = await streamed(fields);
  assert.deepEqual(
    chunks.flatMap(({ choices }) => choices[0].logprobs?.content ?? []),
    entries,
  );
  assert.equal((await completion()).choices[0].logprobs, null);
  assert.equal((await refusal({ top_logprobs: 2 })).param, 'top_logprobs');
});

test('fields that mean nothing here are accepted, null is the same as absent', async () => {
  const whole = await completion({ temperature: 0 });
  const same = await completion({
    temperature: 0,
    ...{ n: 1, user: 'someone', store: false, tools: [], tool_choice: 'none', stop: null },
    ...{ response_format: { type: 'text' }, top_p: null, seed: null, stream: null, logprobs: null },
    ...{ logit_bias: {}, metadata: { a: 'b' }, modalities: ['text'], service_tier: 'auto' },
  });
  assert.equal(textOf(same), textOf(whole));
});

test('an answer of this server can be sent back as part of the conversation', async () => {
  const { choices } = await completion({ max_tokens: 5 });
  const messages = [...ask().messages, choices[0].message, { role: 'user', content: 'Go on' }];
  await completion({ messages: [{ role: 'developer', content: 'Be brief.' }, ...messages] });
});

test('what is not supported is refused by name', async () => {
  for (const [fields, param] of [
    [{ n: 2 }, 'n'],
    [{ tools: [{ type: 'function', function: { name: 'f' } }] }, 'tools'],
    [{ response_format: { type: 'json_object' } }, 'response_format.type'],
    [{ audio: {} }, 'audio'],
    [{ stream_options: { include_usage: true } }, 'stream_options'],
    [{ seed: '99999999999999999999' }, 'seed'],
    [
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      'messages[0].content[0].type',
    ],
  ] as const) {
    const error = await refusal(fields);
    assert.equal(error.param, param);
    assert.ok(error.message.startsWith(param), error.message);
  }
});

test('a prompt that is too long carries the code that clients look for', async () => {
  const error = await refusal({ messages: [{ role: 'user', content: 'x'.repeat(600) }] });
  assert.equal(error.code, 'context_length_exceeded');
  assert.match(error.message, /maximum context length is 512 tokens/);
});
