import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { after, before, test } from 'node:test';
import { Compile } from 'typebox/compile';
import { type LiveServer, MODEL_NAME, startLiveServer, until } from '../../test/live-server.ts';
import { AnthropicError, OpenAiError } from '../api/index.ts';
import { BODY_BYTES_MAX } from '../base/index.ts';

let live: LiveServer;
before(async () => {
  live = await startLiveServer({ server: { aliases: ['other-name'] } });
});
after(() => live.close());

const BODY = { model: MODEL_NAME, max_tokens: 4, messages: [{ role: 'user', content: 'x' }] };

interface Refusal {
  status: number;
  headers: Headers;
  message: string;
  type: string;
  code?: string | null;
}

/** Checks the API's shape and the request id. */
async function refusalOf(response: Response, api: 'anthropic' | 'openai'): Promise<Refusal> {
  const body: unknown = await response.json();
  const { status, headers } = response;
  const id = headers.get('x-request-id') ?? '';
  assert.match(id, /^req_[A-Za-z0-9_-]{20}$/);
  assert.equal(headers.get('request-id'), id);
  const shown = JSON.stringify(body);
  if (api === 'openai') {
    assert.ok(Compile(OpenAiError).Check(body), shown);
    return { status, headers, ...body.error };
  }
  assert.ok(Compile(AnthropicError).Check(body), shown);
  assert.equal(body.request_id, id);
  return { status, headers, ...body.error };
}

const ROUTES = [
  ['/v1/messages', 'anthropic'],
  ['/v1/chat/completions', 'openai'],
] as const;

test('every route but the open ones wants the key, in either header', async () => {
  for (const path of ['/', '/healthz', '/readyz']) {
    assert.equal((await fetch(live.url + path)).status, 200, path);
  }
  for (const path of ['/v1/models', '/metrics', '/openapi.json', '/v1/nowhere', '/healthz/x']) {
    const refused = await refusalOf(await fetch(live.url + path), 'openai');
    assert.equal(refused.status, 401, path);
    assert.equal(refused.code, 'invalid_api_key');
    assert.equal(refused.headers.get('www-authenticate'), 'Bearer');
  }
  const wrong: Record<string, string>[] = [
    { 'x-api-key': 'wrong' },
    { authorization: 'Bearer wrong' },
    { authorization: `Basic ${live.key}` },
    { authorization: live.key },
    { 'x-api-key': '' },
  ];
  for (const headers of wrong) {
    const response = await fetch(`${live.url}/v1/messages`, { method: 'POST', headers });
    const refused = await refusalOf(response, 'anthropic');
    assert.equal(refused.status, 401);
    assert.equal(refused.type, 'authentication_error');
    assert.ok(!refused.message.includes('wrong'));
  }
  const right: Record<string, string>[] = [
    { 'x-api-key': live.key },
    { authorization: `bearer ${live.key}` },
  ];
  for (const headers of right) {
    assert.equal((await fetch(`${live.url}/v1/models`, { headers })).status, 200);
  }
});

test('a key header that came twice is named', async () => {
  for (const name of ['X-Api-Key', 'Authorization']) {
    const head = `GET /v1/models HTTP/1.1\r\nhost: x\r\n`;
    const answer = await exchange(`${head}${name}: Bearer a\r\n${name}: Bearer b\r\n\r\n`);
    assert.match(answer, /^HTTP\/1.1 401 /);
    assert.match(answer, new RegExp(`the header ${name.toLowerCase()} came more than once`));
  }
});

test('without a key the body is not read', async () => {
  const answer = await exchange(
    'POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n' +
      'content-length: 1000\r\n\r\n',
  );
  assert.match(answer, /^HTTP\/1.1 401 /);
});

test('malformed JSON is refused with where it breaks', async () => {
  for (const [path, api] of ROUTES) {
    for (const [body, expected] of [
      ['{"model": ', /^the body is not valid JSON: Unexpected end of JSON input/],
      ['{"model": nul}', /^the body is not valid JSON: .*nul/],
      ['', /^the body is not valid JSON: it is empty/],
      [Buffer.from([0x22, 0xff, 0x22]), /^the body is not valid JSON: it is not valid UTF-8/],
    ] as const) {
      const headers = { 'x-api-key': live.key, 'content-type': 'application/json' };
      const response = await fetch(live.url + path, { method: 'POST', headers, body });
      const refused = await refusalOf(response, api);
      assert.equal(refused.status, 400);
      assert.equal(refused.type, 'invalid_request_error');
      assert.match(refused.message, expected);
    }
  }
});

test('a long body is read without holding the HTTP thread', async () => {
  const content = '\\u0078'.repeat(5_000_000);
  const costly = JSON.stringify({ ...BODY, messages: [] }).replace(
    '[]',
    `[{"role":"user","content":"${content}"}]`,
  );
  const startMs = performance.now();
  JSON.parse(costly);
  const parseMs = performance.now() - startMs;
  // The first long body starts the thread.
  const asked = { ...BODY, temperature: 0 };
  const long = JSON.stringify(asked).replace('{', `{${' '.repeat(100_000)}`);
  const answer = await (await live.post('/v1/messages', long)).json();
  const short = await (await live.post('/v1/messages', asked)).json();
  assert.deepEqual(answer.content, short.content);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const refused = await refusalOf(await live.post('/v1/messages', costly), 'anthropic');
  delay.disable();
  assert.match(refused.message, /prompt is too long: at least 416667 tokens/);
  assert.ok(delay.max / 1e6 < parseMs, `${delay.max / 1e6} ms, parsing alone ${parseMs} ms`);
});

test('a long body’s mistakes are named like those of a short one', async () => {
  const messages = [{ role: 'user', content: [{ type: 'text', text: 'x'.repeat(100_000) }] }];
  for (const [path, api] of ROUTES) {
    const long = await refusalOf(await live.post(path, { ...BODY, messages }), api);
    assert.match(long.message, /prompt is too long: at least 8334 tokens/);
    const wrong = await refusalOf(await live.post(path, { ...BODY, messages, top_p: 2 }), api);
    assert.equal(wrong.message, 'top_p: expected a number from 0 to 1, got 2');
    const cut = JSON.stringify({ ...BODY, messages }).slice(0, -1);
    assert.match((await refusalOf(await live.post(path, cut), api)).message, /not valid JSON/);
  }
});

test('32 MB of brackets are refused before they take the memory of the machine', async () => {
  const half = BODY_BYTES_MAX >> 1;
  const nested = '['.repeat(half) + ']'.repeat(half);
  const refused = await refusalOf(await live.post('/v1/messages', nested), 'anthropic');
  assert.equal(refused.message, 'the body: expected a depth of at most 32, got more');
  const wide = `[${'{},'.repeat(BODY_BYTES_MAX / 3 - 2)}{}]`;
  const many = await refusalOf(await live.post('/v1/messages', wide), 'anthropic');
  assert.equal(many.message, 'the body: expected at most 500000 values, got more');
});

test('a refused request names the field', async () => {
  for (const [path, api] of ROUTES) {
    const refused = await refusalOf(await live.post(path, { ...BODY, max_tokens: 0 }), api);
    assert.equal(refused.status, 400);
    assert.match(refused.message, /^max_tokens: expected a whole number of at least 1/);
  }
});

test('a body over 32 MB is refused before it arrives', async () => {
  for (const [path, type] of [
    ['/v1/messages', 'request_too_large'],
    ['/v1/chat/completions', 'invalid_request_error'],
  ]) {
    const answer = await exchange(
      `POST ${path} HTTP/1.1\r\nhost: x\r\nx-api-key: ${live.key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${BODY_BYTES_MAX + 1}\r\n\r\n`,
    );
    assert.match(answer, /^HTTP\/1.1 413 /);
    assert.ok(answer.includes(`"type":"${type}"`), answer);
  }
});

test('a body over 32 MB without a length is refused once it passes the limit, and read on', async () => {
  const request = (method: string, more: string) =>
    `${method} /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${live.key}\r\n${more}\r\n`;
  const chunked = 'content-type: application/json\r\ntransfer-encoding: chunked\r\n';
  const { answer, socket } = converse(request('POST', chunked));
  await once(socket, 'connect');
  let isRefused = false;
  socket.once('data', (text: string) => {
    isRefused = text.startsWith('HTTP/1.1 413 ');
  });
  const piece = Buffer.concat([
    Buffer.from('100000\r\n'),
    Buffer.alloc(1 << 20, ' '),
    Buffer.from('\r\n'),
  ]);
  // Clients notice the answer late: this one sends as much again before it looks.
  const pieces = (2 * BODY_BYTES_MAX) >> 20;
  for (let sent = 0; sent < pieces; sent += 1) {
    if (!socket.write(piece)) await once(socket, 'drain');
  }
  await until(() => isRefused, 'the body is refused');
  socket.write(`0\r\n\r\n${request('GET', 'connection: close\r\n')}`);
  const answers = (await answer).match(/HTTP\/1.1 \d+/g);
  assert.deepEqual(answers, ['HTTP/1.1 413', 'HTTP/1.1 405']);
});

test('a body of 32 MB sent whole is read as far as the 413', async () => {
  const response = await live.post('/v1/messages', ' '.repeat(BODY_BYTES_MAX + 1));
  assert.equal((await refusalOf(response, 'anthropic')).type, 'request_too_large');
});

test('other media types and compressed bodies are refused with what to send', async () => {
  const plain = await live.post('/v1/messages', 'hello', {
    headers: { 'content-type': 'text/plain' },
  });
  const refused = await refusalOf(plain, 'anthropic');
  assert.equal(refused.status, 415);
  assert.match(refused.message, /content-type: application\/json/);
  const zipped = await live.post('/v1/chat/completions', BODY, {
    headers: { 'content-encoding': 'gzip' },
  });
  assert.equal((await refusalOf(zipped, 'openai')).status, 415);
  const charset = await live.post('/v1/messages', BODY, {
    headers: { 'content-type': 'application/json; charset=utf-8' },
  });
  assert.equal(charset.status, 200);
});

test('an unknown model is 404 and says which one there is; aliases are known', async () => {
  for (const [path, api] of ROUTES) {
    const refused = await refusalOf(await live.post(path, { ...BODY, model: 'gpt-4' }), api);
    assert.equal(refused.status, 404);
    assert.equal(refused.type, api === 'anthropic' ? 'not_found_error' : 'invalid_request_error');
    assert.match(refused.message, /"gpt-4".*"random"/);
    const known = await live.post(path, { ...BODY, model: 'other-name' });
    assert.equal(known.status, 200);
    assert.equal((await known.json()).model, MODEL_NAME);
  }
  const model = await live.get('/v1/models/gpt-4');
  const refused = await refusalOf(model, 'openai');
  assert.equal(refused.code, 'model_not_found');
  const versioned = await live.get('/v1/models/gpt-4', { 'anthropic-version': '2023-06-01' });
  assert.equal((await refusalOf(versioned, 'anthropic')).status, 404);
  assert.equal((await live.get('/v1/models/other-name')).status, 200);
});

test('unknown routes and wrong methods are JSON errors that say what there is', async () => {
  const missing = await refusalOf(await live.get('/v1/responses'), 'openai');
  assert.equal(missing.status, 404);
  assert.match(missing.message, /GET \/v1\/responses/);
  for (const [path, api, allow] of [
    ['/v1/messages', 'anthropic', 'POST'],
    ['/v1/chat/completions', 'openai', 'POST'],
  ] as const) {
    const refused = await refusalOf(await live.get(path), api);
    assert.equal(refused.status, 405);
    assert.equal(refused.headers.get('allow'), allow);
  }
  const wrong = await refusalOf(await live.post('/v1/models/random', {}), 'openai');
  assert.equal(wrong.status, 405);
  assert.equal(wrong.headers.get('allow'), 'GET, HEAD');
});

test('what is no HTTP, and what has headers without end, is answered and closed', async () => {
  assert.match(await exchange('hello\r\n\r\n'), /^HTTP\/1.1 400 /);
  const headers = `x: ${'y'.repeat(20_000)}`;
  assert.match(
    await exchange(`GET / HTTP/1.1\r\nhost: x\r\n${headers}\r\n\r\n`),
    /^HTTP\/1.1 431 /,
  );
});

test('what is no HTTP behind a request is no answer to it, and not written into its answer', async () => {
  const head = `host: x\r\nx-api-key: ${live.key}\r\ncontent-type: application/json\r\ncontent-length: `;
  for (const stream of [false, true]) {
    const body = JSON.stringify({ ...BODY, max_tokens: 400, stream });
    const request = `POST /v1/messages HTTP/1.1\r\n${head}${body.length}\r\n\r\n${body}`;
    const { answer, socket } = converse(`${request}hello\r\n\r\n`);
    assert.doesNotMatch(await answer, /HTTP\/1.1 400/, 'right behind');
    assert.ok(socket.destroyed);
  }
  const body = JSON.stringify({ ...BODY, max_tokens: 400, stream: true });
  const open = converse(`POST /v1/messages HTTP/1.1\r\n${head}${body.length}\r\n\r\n${body}`);
  open.socket.once('data', () => open.socket.write('hello\r\n\r\n'));
  const answer = await open.answer;
  assert.match(answer, /^HTTP\/1.1 200 /);
  assert.doesNotMatch(answer, /HTTP\/1.1 400/, 'into an open answer');
  const chunked = head.replace('content-length: ', 'transfer-encoding: chunked\r\n\r\n');
  const cut = converse(`POST /v1/messages HTTP/1.1\r\n${chunked}no length\r\n`);
  assert.match(await cut.answer, /^HTTP\/1.1 400 /, 'its own body broken');
});

test('broken percent-encoding is a JSON error with a request id', async () => {
  const response = await live.get('/v1/models/%E0%A4%A');
  assert.equal((await refusalOf(response, 'openai')).status, 400);
});

test('every answer carries the security headers', async () => {
  for (const path of ['/', '/v1/models', '/v1/nowhere']) {
    const { headers } = await live.get(path);
    assert.equal(headers.get('x-content-type-options'), 'nosniff');
    assert.equal(headers.get('cache-control'), 'no-store');
    assert.match(headers.get('content-security-policy') ?? '', /default-src 'none'/);
  }
});

/** Sends raw bytes; what comes back until the first answer is whole or the connection closes. */
function exchange(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = '';
    const socket = connect(live.port, '127.0.0.1', () => socket.write(request));
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      answer += text;
      if (!answer.includes('\r\n\r\n') || !answer.endsWith('}')) return;
      socket.destroy();
      resolve(answer);
    });
    socket.on('close', () => resolve(answer));
    socket.on('error', reject);
  });
}

/** Sends raw bytes; all that comes back until the connection closes. */
function converse(request: string) {
  const socket = connect(live.port, '127.0.0.1', () => socket.write(request));
  socket.setEncoding('utf8');
  const answer = new Promise<string>((resolve) => {
    let text = '';
    socket.on('data', (more: string) => {
      text += more;
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve(text));
  });
  return { answer, socket };
}
