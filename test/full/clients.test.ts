/**
 * The official clients of both APIs against a live server with a real model: the same answer from
 * both, streaming and not, and errors as the clients' own classes.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { type Engine, openEngine } from '../../src/engine/index.ts';
import {
  type RunningServer,
  type ServerOptions,
  type ServerTuning,
  startServer,
} from '../../src/server/index.ts';
import { until } from '../live-server.ts';
import { REAL_MODEL_NAME, realModelPath } from './real-model.ts';

const KEY = randomBytes(24).toString('base64url');
const MODEL = REAL_MODEL_NAME;
const QUESTION = [{ role: 'user' as const, content: 'What is the capital of France?' }];
const ASK = { model: MODEL, max_tokens: 48, temperature: 0, messages: QUESTION };

let engine: Engine;
let server: RunningServer;

before(async () => {
  const modelPath = await realModelPath();
  engine = await openEngine({ modelPath, threads: 2, contextTokens: 2048 });
  server = await serve();
});
after(async () => {
  await server?.close({ graceMs: 0 });
  await engine?.close();
});

function serve(
  options: Partial<ServerOptions> = {},
  tuning: ServerTuning = {},
): Promise<RunningServer> {
  return startServer(
    {
      ...{ engine: Promise.resolve(engine), modelName: MODEL, host: '127.0.0.1', port: 0 },
      ...{ keys: { verify: (key) => key === KEY }, logLevel: 'silent', version: '0' },
      ...options,
    },
    tuning,
  );
}

const anthropicOf = (url: string, options: object = {}) =>
  new Anthropic({ baseURL: url, apiKey: KEY, maxRetries: 0, ...options });
const openAiOf = (url: string, options: object = {}) =>
  new OpenAI({ baseURL: `${url}/v1`, apiKey: KEY, maxRetries: 0, ...options });

const textOf = (message: Anthropic.Message) =>
  message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');

/** All tokens of the prompt, computed or known from before. */
const promptTokensOf = ({ usage }: Anthropic.Message): number =>
  usage.input_tokens + (usage.cache_read_input_tokens ?? 0);

const isIdle = () => engine.load().running + engine.load().waiting === 0;

test('both clients, streaming and not, hear that the capital of France is Paris', async () => {
  const anthropic = anthropicOf(server.url);
  const openAi = openAiOf(server.url);

  const message = await anthropic.messages.create(ASK);
  const text = textOf(message);

  const stream = anthropic.messages.stream(ASK);
  let heard = '';
  stream.on('text', (delta) => {
    heard += delta;
  });
  const final = await stream.finalMessage();
  assert.equal(heard, text);
  assert.equal(textOf(final), text);
  assert.equal(final.stop_reason, message.stop_reason);
  // The prompt is known by then, but for its last token.
  assert.equal(message.usage.cache_read_input_tokens, 0);
  assert.equal(promptTokensOf(final), promptTokensOf(message));
  assert.equal(final.usage.input_tokens, 1);
  assert.equal(final.usage.output_tokens, message.usage.output_tokens);

  const completion = await openAi.chat.completions.create(ASK);
  assert.equal(completion.choices[0].message.content, text);
  assert.equal(completion.usage?.prompt_tokens, promptTokensOf(message));
  assert.equal(completion.usage?.completion_tokens, message.usage.output_tokens);

  const chunks = await openAi.chat.completions.create({
    ...ASK,
    stream: true,
    stream_options: { include_usage: true },
  });
  let pieces = '';
  let usage: OpenAI.CompletionUsage | null | undefined;
  for await (const chunk of chunks) {
    pieces += chunk.choices[0]?.delta.content ?? '';
    usage = chunk.usage ?? usage;
  }
  assert.equal(pieces, text);
  assert.deepEqual(usage, completion.usage);
  assert.match(text, /Paris/);
});

test('an answer that ends by itself says so in both APIs', async () => {
  const messages = [{ role: 'user' as const, content: 'Say only the word yes.' }];
  const fields = { model: MODEL, max_tokens: 400, temperature: 0, messages };
  const message = await anthropicOf(server.url).messages.create(fields);
  assert.equal(message.stop_reason, 'end_turn');
  const completion = await openAiOf(server.url).chat.completions.create(fields);
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.equal(completion.choices[0].message.content, textOf(message));
});

test('a conversation goes on from the clients’ own message objects', async () => {
  const anthropic = anthropicOf(server.url);
  const first = await anthropic.messages.create(ASK);
  const next = { role: 'user' as const, content: 'And of Italy?' };
  const second = await anthropic.messages.create({
    ...ASK,
    messages: [...QUESTION, { role: first.role, content: first.content }, next],
  });
  const openAi = openAiOf(server.url);
  const completion = await openAi.chat.completions.create(ASK);
  const continued = await openAi.chat.completions.create({
    ...ASK,
    messages: [...QUESTION, completion.choices[0].message, next],
  });
  assert.equal(continued.choices[0].message.content, textOf(second));
});

test('counted tokens are the tokens of the usage', async () => {
  const anthropic = anthropicOf(server.url);
  const system = [{ type: 'text' as const, text: 'Answer in one word.' }];
  const counted = await anthropic.messages.countTokens({
    model: MODEL,
    messages: QUESTION,
    system,
  });
  const message = await anthropic.messages.create({ ...ASK, system, max_tokens: 1 });
  assert.equal(counted.input_tokens, promptTokensOf(message));
});

test('both clients list the model and its context', async () => {
  const page = await anthropicOf(server.url).models.list();
  assert.deepEqual(
    page.data.map(({ id }) => id),
    [MODEL],
  );
  assert.equal(page.data[0].max_input_tokens, 2047);
  const anthropicModel = await anthropicOf(server.url).models.retrieve(MODEL);
  assert.deepEqual(anthropicModel.id, MODEL);
  const list = await openAiOf(server.url).models.list();
  assert.deepEqual(
    list.data.map(({ id }) => id),
    [MODEL],
  );
  assert.equal((await openAiOf(server.url).models.retrieve(MODEL)).owned_by, 'vitrine');
});

test('log-probabilities come through the client', async () => {
  const completion = await openAiOf(server.url).chat.completions.create({
    ...ASK,
    max_tokens: 8,
    logprobs: true,
    top_logprobs: 2,
  });
  const [choice] = completion.choices;
  const entries = choice.logprobs?.content ?? [];
  assert.equal(entries.map(({ token }) => token).join(''), choice.message.content);
  assert.ok(entries.every(({ top_logprobs }) => top_logprobs.length === 2));
});

test('a stop sequence is reported as each client expects', async () => {
  const fields = { ...ASK, max_tokens: 48 };
  const message = await anthropicOf(server.url).messages.create({
    ...fields,
    stop_sequences: ['Paris'],
  });
  assert.equal(message.stop_reason, 'stop_sequence');
  assert.equal(message.stop_sequence, 'Paris');
  assert.ok(!textOf(message).includes('Paris'));
  const completion = await openAiOf(server.url).chat.completions.create({
    ...fields,
    stop: 'Paris',
  });
  assert.equal(completion.choices[0].finish_reason, 'stop');
  assert.equal(completion.choices[0].message.content, textOf(message));
});

test('errors are the clients’ own classes', async () => {
  const anthropic = anthropicOf(server.url);
  const openAi = openAiOf(server.url);
  const long = [{ role: 'user' as const, content: 'word '.repeat(3000) }];

  await assert.rejects(
    anthropicOf(server.url, { apiKey: 'wrong' }).messages.create(ASK),
    Anthropic.AuthenticationError,
  );
  await assert.rejects(
    openAiOf(server.url, { apiKey: 'wrong' }).chat.completions.create(ASK),
    OpenAI.AuthenticationError,
  );
  await assert.rejects(
    anthropic.messages.create({ ...ASK, model: 'nothing' }),
    Anthropic.NotFoundError,
  );
  await assert.rejects(
    openAi.chat.completions.create({ ...ASK, model: 'nothing' }),
    OpenAI.NotFoundError,
  );
  await assert.rejects(anthropic.messages.create({ ...ASK, messages: long }), (error: Error) => {
    assert.ok(error instanceof Anthropic.BadRequestError);
    assert.match(error.message, /prompt is too long: .*> 2047 maximum/);
    assert.match(error.requestID ?? '', /^req_/);
    return true;
  });
  await assert.rejects(
    openAi.chat.completions.create({ ...ASK, messages: long, stream: true }),
    (error: Error) => {
      assert.ok(error instanceof OpenAI.BadRequestError);
      assert.equal(error.code, 'context_length_exceeded');
      assert.match(error.requestID ?? '', /^req_/);
      return true;
    },
  );
  await assert.rejects(openAi.chat.completions.create({ ...ASK, n: 2 }), (error: Error) => {
    assert.ok(error instanceof OpenAI.BadRequestError);
    assert.equal(error.param, 'n');
    return true;
  });
});

test('a full server is an error that the clients retry', async () => {
  const full = await serve({}, { waitingMax: 0 });
  const leave = new AbortController();
  try {
    const running = anthropicOf(full.url).messages.stream(
      { ...ASK, max_tokens: 1900 },
      { signal: leave.signal },
    );
    const ended = assert.rejects(running.finalMessage());
    await until(() => engine.load().running === 1, 'one request runs');
    await assert.rejects(anthropicOf(full.url).messages.create(ASK), (error: Error) => {
      assert.ok(error instanceof Anthropic.InternalServerError);
      assert.equal(error.status, 529);
      return true;
    });
    await assert.rejects(openAiOf(full.url).chat.completions.create(ASK), (error: Error) => {
      assert.ok(error instanceof OpenAI.InternalServerError);
      assert.equal(error.status, 503);
      return true;
    });
    leave.abort();
    await ended;
    await until(isIdle, 'the engine is idle');
  } finally {
    await full.close({ graceMs: 0 });
  }
});

test('a request that comes while the model loads is answered by the client’s retry', async () => {
  let resolve: (engine: Engine) => void = () => {};
  const loading = new Promise<Engine>((settle) => {
    resolve = settle;
  });
  let refusals = 0;
  const logDestination = {
    write(line: string) {
      if (JSON.parse(line).error !== 'model-loading') return;
      refusals += 1;
      resolve(engine);
    },
  };
  const late = await serve({ engine: loading, logLevel: 'info' }, { logDestination });
  try {
    const client = anthropicOf(late.url, { maxRetries: 2 });
    const message = await client.messages.create({ ...ASK, max_tokens: 2 });
    assert.equal(message.usage.output_tokens, 2);
    assert.equal(refusals, 1);
  } finally {
    await late.close({ graceMs: 0 });
  }
});

test('aborting in either client frees the engine', async () => {
  const fields = { ...ASK, max_tokens: 1900 };
  const stream = anthropicOf(server.url).messages.stream(fields);
  const ended = assert.rejects(stream.finalMessage(), Anthropic.APIUserAbortError);
  stream.once('text', () => stream.abort());
  await ended;
  await until(isIdle, 'the engine is idle');

  const chunks = await openAiOf(server.url).chat.completions.create({ ...fields, stream: true });
  for await (const chunk of chunks) {
    if (chunk.choices[0]?.delta.content) break;
  }
  await until(isIdle, 'the engine is idle');
});
