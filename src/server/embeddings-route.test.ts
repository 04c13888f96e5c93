/** `POST /v1/embeddings` against a live server, through the `openai` client where it can ask so. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import OpenAI, { BadRequestError, NotFoundError } from 'openai';
import { Compile } from 'typebox/compile';
import { type LiveServer, MODEL_NAME, startLiveServer, until } from '../../test/live-server.ts';
import { EmbeddingsResponse } from '../api/index.ts';

let live: LiveServer;
let client: OpenAI;
before(async () => {
  live = await startLiveServer({ encoder: { contextTokens: 64 } });
  client = new OpenAI({ baseURL: `${live.url}/v1`, apiKey: live.key, maxRetries: 0 });
});
after(() => live.close());

const PATH = '/v1/embeddings';
const model = MODEL_NAME;
const TEXTS = ['the cat sat.', 'green tea!', 'A cup of green tea on the mat'];

async function refusal(fields: object, status = 400) {
  const response = await live.post(PATH, { model, input: 'cat', ...fields });
  const { error } = await response.json();
  assert.equal(response.status, status, JSON.stringify(error));
  assert.equal(error.type, 'invalid_request_error');
  return error as { message: string; param: string | null; code: string | null };
}

test('texts come back as vectors of length 1 in their order, with the usage', async () => {
  const response = await live.post(PATH, { model, input: TEXTS });
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  assert.match(response.headers.get('content-type') ?? '', /^application\/json/);
  assert.ok(Compile(EmbeddingsResponse).Check(body));
  assert.equal(body.model, model);
  assert.deepEqual(
    body.data.map(({ index }: { index: number }) => index),
    [0, 1, 2],
  );
  const tokens = TEXTS.map((text) => live.engine.tokenizer.encode(text, { addSpecial: true }));
  assert.deepEqual([tokens[0].at(0), tokens[0].at(-1)], [2, 3]);
  const count = tokens.reduce((sum, { length }) => sum + length, 0);
  assert.deepEqual(body.usage, { prompt_tokens: count, total_tokens: count });
  const expected = await live.engine.embed({ texts: tokens });
  const data = body.data as { embedding: number[] }[];
  for (const [i, { embedding }] of data.entries()) {
    assert.deepEqual(Float32Array.from(embedding), expected?.[i]);
    assert.ok(Math.abs(Math.hypot(...embedding) - 1) < 1e-6);
  }
});

test('the client gets the same bits in both encodings, alone and among others', async () => {
  const float = await client.embeddings.create({ model, input: TEXTS, encoding_format: 'float' });
  // Without a word on it the client asks for base64 and decodes it.
  const decoded = await client.embeddings.create({ model, input: TEXTS });
  assert.deepEqual(decoded, float);
  const [alone] = (await client.embeddings.create({ model, input: TEXTS[1] })).data;
  assert.deepEqual(alone.embedding, float.data[1].embedding);
  const raw = await live.post(PATH, { model, input: TEXTS[1], encoding_format: 'base64' });
  const bytes = Buffer.from((await raw.json()).data[0].embedding, 'base64');
  assert.equal(bytes.length, 64 * 4);
  assert.equal(bytes.readFloatLE(8), alone.embedding[2]);
});

test('token ids mean what their text means, one list or several', async () => {
  const ids = TEXTS.map((text) => live.engine.tokenizer.encode(text, { addSpecial: true }));
  const text = await client.embeddings.create({ model, input: TEXTS });
  const several = await client.embeddings.create({ model, input: ids });
  assert.deepEqual(several, text);
  const one = await client.embeddings.create({ model, input: ids[2] });
  assert.deepEqual(one.data[0].embedding, text.data[2].embedding);
  assert.equal(one.usage.prompt_tokens, ids[2].length);
});

test('a text over the context is refused with both numbers and its place', async () => {
  const error = await refusal({ input: ['cat', 'cat '.repeat(63)] });
  assert.equal(error.code, 'context_length_exceeded');
  assert.equal(error.param, 'input[1]');
  assert.match(error.message, /^input\[1\]: .* maximum context length is 64 tokens.*; got 65\./);
  const far = await refusal({ input: 'cat '.repeat(500) });
  assert.match(far.message, /^input: .* 64 tokens.*; got at least 129\./);
  const tokens = await refusal({ input: [new Array(65).fill(7)] });
  assert.match(tokens.message, /^input\[0\]: .*; got 65\./);
  const spaces = await refusal({ input: ' '.repeat(100_000) });
  assert.match(spaces.message, /expected at most \d+ bytes .*, got 100000\./);
  const fits = await client.embeddings.create({ model, input: 'cat '.repeat(62) });
  assert.equal(fits.usage.total_tokens, 64);
});

test('what is not in the API, or not in the model, is refused by name', async () => {
  for (const [fields, param, pattern] of [
    [{ input: '' }, 'input', /input/],
    [{ input: [] }, 'input', /input/],
    [{ input: ['cat', ''] }, 'input[1]', /input/],
    [{ input: [[]] }, 'input[0]', /input/],
    [{ input: { text: 'cat' } }, 'input', /input/],
    [{ input: ['cat', 7] }, null, /input/],
    [{ input: new Array(2049).fill('cat') }, 'input', /2048/],
    [{ input: [7, 1000] }, null, /token id 1000 is not in the vocabulary/],
    [{ encoding_format: 'int8' }, 'encoding_format', /float/],
    [{ dimensions: 0 }, 'dimensions', /1/],
    [{ dimensions: 32 }, 'dimensions', /expected 64, the only size .*; got 32/],
    [{ truncate: true }, 'truncate', /truncate/],
  ] as const) {
    const error = await refusal(fields);
    assert.match(error.message, pattern);
    if (param !== null) assert.equal(error.param, param, error.message);
  }
  await assert.rejects(client.embeddings.create({ model: 'other', input: 'cat' }), NotFoundError);
  const whole = await client.embeddings.create({ model, input: 'cat', dimensions: 64, user: 'me' });
  assert.equal(whole.data[0].embedding.length, 64);
});

test('a model of embeddings asked for a chat says so on every route', async () => {
  const messages = [{ role: 'user' as const, content: 'word '.repeat(1000) }];
  await assert.rejects(
    client.chat.completions.create({ model, messages }),
    (error) =>
      error instanceof BadRequestError &&
      error.code === 'unsupported_model' &&
      /gives embeddings, not text; send texts to POST \/v1\/embeddings/.test(error.message),
  );
  for (const path of ['/v1/messages', '/v1/messages/count_tokens']) {
    const limit = path === '/v1/messages' ? { max_tokens: 5 } : {};
    const response = await live.post(path, { model, messages, ...limit });
    assert.equal(response.status, 400);
    assert.match((await response.json()).error.message, /gives embeddings, not text/);
  }
});

test('a model of text asked for embeddings says so', async () => {
  const other = await startLiveServer();
  try {
    const response = await other.post(PATH, { model, input: 'cat' });
    assert.equal(response.status, 400);
    const { error } = await response.json();
    assert.equal(error.code, 'unsupported_model');
    assert.match(error.message, /gives text, not embeddings/);
  } finally {
    await other.close();
  }
});

test('the log counts tokens and names no text, and the metrics count the prompt', async () => {
  const before = live.log.length;
  await client.embeddings.create({ model, input: 'green cup' });
  await until(() => live.log.length > before, 'the request is in the log');
  const line = live.log.findLast(({ route }) => route === PATH);
  assert.deepEqual([line?.status, line?.promptTokens, line?.reason], [200, 4, 'embedded']);
  assert.ok(!JSON.stringify(live.log).includes('green'));
  const metrics = await (await live.get('/metrics')).text();
  assert.match(metrics, /vllm:prompt_tokens_total\{model_name="random"\} [1-9]/);
});

test('a client that goes away ends its request, and the next one is answered', async () => {
  const slow = await startLiveServer({ encoder: { contextTokens: 512, width: 128, layers: 12 } });
  try {
    const stop = new AbortController();
    const input = Array.from({ length: 500 }, () => new Array(512).fill(7));
    const gone = slow.post(PATH, { model, input }, { signal: stop.signal });
    await until(() => slow.engine.load().running > 0, 'the request runs');
    stop.abort();
    await assert.rejects(gone);
    await until(() => slow.engine.load().running === 0, 'the request is gone');
    assert.equal((await slow.post(PATH, { model, input: 'cat' })).status, 200);
    assert.ok(slow.log.some(({ route, status }) => route === PATH && status === 499));
  } finally {
    await slow.close();
  }
});

test('fewer dimensions for a model that is trained for them', async () => {
  const encoder = { architecture: 'nomic-bert', name: 'nomic-embed-text-v1.5' } as const;
  const nomic = await startLiveServer({ encoder });
  try {
    const ask = (dimensions: number) => nomic.post(PATH, { model, input: 'cat', dimensions });
    const { data } = await (await ask(16)).json();
    assert.equal(data[0].embedding.length, 16);
    assert.ok(Math.abs(Math.hypot(...data[0].embedding) - 1) < 1e-6);
    const refused = await ask(65);
    assert.equal(refused.status, 400);
    assert.match((await refused.json()).error.message, /dimensions: expected at most 64; got 65/);
  } finally {
    await nomic.close();
  }
});

test('the OpenAPI document has the route with its body', async () => {
  const document = await (await live.get('/openapi.json')).json();
  const { post } = document.paths[PATH];
  assert.equal(post.operationId, 'createEmbedding');
  const { properties } = post.requestBody.content['application/json'].schema;
  assert.deepEqual(Object.keys(properties).sort(), [
    ...['dimensions', 'encoding_format', 'input', 'model', 'user'],
  ]);
});
