import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import {
  type LiveOptions,
  type LiveServer,
  MODEL_NAME,
  parseEvents,
  startLiveServer,
  until,
} from '../../test/live-server.ts';
import { VitrineError } from '../base/index.ts';
import type { Engine, GenerateEvent } from '../engine/index.ts';
import { startServer } from './index.ts';

/** A step of one row has room for one request. */
const ONE_SLOT = { stepRowsMax: 1 };
/** Slow enough that a request still runs when a test looks at it. */
const SLOW = { contextTokens: 8192, width: 256, layers: 4 };

async function withServer(options: LiveOptions, use: (live: LiveServer) => Promise<void>) {
  const live = await startLiveServer(options);
  try {
    await use(live);
  } finally {
    await live.close();
  }
}

const ask = (fields: object = {}) => ({
  model: MODEL_NAME,
  max_tokens: 8000,
  messages: [{ role: 'user', content: 'x' }],
  ...fields,
});

/** A prompt of about this many tokens: the vocabulary has one for each byte. */
const promptOf = (tokens: number) => [{ role: 'user', content: 'x'.repeat(tokens) }];

const PATHS = ['/v1/messages', '/v1/chat/completions'];

/** The log line of the one request that a client left. */
async function abandoned(live: LiveServer) {
  const find = () => live.log.find(({ status }) => status === 499);
  await until(() => find() !== undefined, 'a request is logged as abandoned');
  return find() as Record<string, unknown>;
}

const isIdle = (live: LiveServer) => {
  const { running, waiting } = live.engine.load();
  return running === 0 && waiting === 0;
};

test('a client that goes away during decode frees the engine, streaming and not', async () => {
  await withServer({ model: SLOW }, async (live) => {
    for (const path of PATHS) {
      for (const stream of [true, false]) {
        live.log.length = 0;
        const tokens = () => countOf(live, 'vllm:generation_tokens_total');
        const before = await tokens();
        const leave = new AbortController();
        const request = live.post(path, ask({ stream }), { signal: leave.signal });
        const left = assert.rejects(request.then((response) => response.text()));
        await until(async () => (await tokens()) >= before + 3, 'some tokens are there');
        assert.equal(live.engine.load().running, 1);
        leave.abort();
        await left;
        await until(() => isIdle(live), 'the engine is idle');
        const { outputTokens } = await abandoned(live);
        assert.ok(Number(outputTokens) >= 3 && Number(outputTokens) < 7000, String(outputTokens));
      }
    }
  });
});

test('a client that goes away during prefill frees the engine before any token', async () => {
  await withServer({ model: SLOW }, async (live) => {
    const leave = new AbortController();
    const body = ask({ stream: true, messages: promptOf(8000) });
    const left = assert.rejects(live.post('/v1/messages', body, { signal: leave.signal }));
    await until(() => live.engine.load().running === 1, 'the request runs');
    leave.abort();
    await left;
    await until(() => isIdle(live), 'the engine is idle');
    assert.equal((await abandoned(live)).outputTokens, 0);
    assert.equal(await countOf(live, 'vllm:prompt_tokens_total'), 0);
  });
});

test('a client that goes away while waiting leaves the line, and nobody else is hurt', async () => {
  await withServer({ model: SLOW, engine: ONE_SLOT }, async (live) => {
    const first = new AbortController();
    const running = live.post('/v1/messages', ask({ stream: true }), { signal: first.signal });
    await until(() => live.engine.load().running === 1, 'the first request runs');
    const second = new AbortController();
    const waiting = live.post('/v1/messages', ask(), { signal: second.signal });
    const left = assert.rejects(waiting);
    await until(() => live.engine.load().waiting === 1, 'the second request waits');
    second.abort();
    await left;
    await until(() => live.engine.load().waiting === 0, 'the line is empty');
    assert.equal(live.engine.load().running, 1);
    assert.equal((await abandoned(live)).outputTokens, 0);
    const reader = (await running).body?.getReader();
    assert.equal((await reader?.read())?.done, false);
    first.abort();
    await until(() => isIdle(live), 'the engine is idle');
  });
});

test('a full line answers 529 or 503 with retry-after, and /healthz stays quick', async () => {
  const tuning = { waitingMax: 2 };
  await withServer({ model: SLOW, engine: ONE_SLOT, tuning }, async (live) => {
    const leave = new AbortController();
    const signal = leave.signal;
    const started = [live.post('/v1/messages', ask(), { signal }).catch(() => undefined)];
    await until(() => live.engine.load().running === 1, 'one runs');
    for (const count of [1, 2]) {
      started.push(live.post('/v1/messages', ask(), { signal }).catch(() => undefined));
      await until(() => live.engine.load().waiting === count, `${count} wait`);
    }
    const [anthropic, openAi] = [
      await live.post(PATHS[0], ask()),
      await live.post(PATHS[1], ask()),
    ];
    assert.equal(anthropic.status, 529);
    assert.equal((await anthropic.json()).error.type, 'overloaded_error');
    assert.equal(openAi.status, 503);
    assert.equal((await openAi.json()).error.code, 'overloaded');
    for (const { headers } of [anthropic, openAi]) {
      assert.match(headers.get('retry-after') ?? '', /^\d+$/);
    }
    const startMs = performance.now();
    for (let i = 0; i < 20; i += 1) assert.equal((await live.get('/healthz')).status, 200);
    assert.ok(performance.now() - startMs < 4000);
    assert.equal(await countOf(live, 'vllm:num_requests_waiting'), 2);
    leave.abort();
    await Promise.all(started);
    await until(() => isIdle(live), 'the engine is idle');
  });
});

test('the server listens before the model is there, says so, and then answers', async () => {
  await withServer({}, async (ready) => {
    let resolve: (engine: Engine) => void = () => {};
    const engine = new Promise<Engine>((settle) => {
      resolve = settle;
    });
    const server = await startServer({
      ...{ engine, modelName: MODEL_NAME, host: '127.0.0.1', port: 0 },
      ...{ keys: { verify: () => true }, logLevel: 'silent', version: '0' },
    });
    const headers = { 'x-api-key': 'any', 'content-type': 'application/json' };
    const send = (path: string, body: object = ask({ max_tokens: 2 })) =>
      fetch(server.url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    try {
      const loading = await fetch(`${server.url}/readyz`);
      assert.equal(loading.status, 503);
      assert.deepEqual(await loading.json(), { status: 'loading' });
      assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
      assert.match(await (await fetch(server.url)).text(), /loading/);
      for (const [path, status] of [
        [PATHS[0], 529],
        [PATHS[1], 503],
      ] as const) {
        const response = await send(path);
        assert.equal(response.status, status);
        assert.match(response.headers.get('retry-after') ?? '', /^\d+$/);
        assert.match((await response.json()).error.message, /being loaded/);
        assert.equal((await send(path, ask({ max_tokens: 0 }))).status, 400);
      }
      resolve(ready.engine);
      await until(async () => (await fetch(`${server.url}/readyz`)).status === 200, 'it is ready');
      assert.equal((await send(PATHS[0])).status, 200);
    } finally {
      await server.close();
    }
  });
});

test('a model that cannot be loaded is an error that no retry helps', async () => {
  const engine = Promise.reject(new VitrineError('not-gguf', 'this is no model'));
  const server = await startServer({
    ...{ engine, modelName: MODEL_NAME, host: '127.0.0.1', port: 0 },
    ...{ keys: { verify: () => true }, logLevel: 'silent', version: '0' },
  });
  try {
    const headers = { 'x-api-key': 'any', 'content-type': 'application/json' };
    const body = JSON.stringify(ask());
    const response = await fetch(server.url + PATHS[0], { method: 'POST', headers, body });
    assert.equal(response.status, 500);
    assert.equal((await response.json()).error.type, 'api_error');
    assert.deepEqual(await (await fetch(`${server.url}/readyz`)).json(), { status: 'failed' });
  } finally {
    await server.close();
  }
});

test('a fault of the model before the first token is a 500 that names it', async () => {
  await withServer({ model: { isBroken: true } }, async (live) => {
    for (const path of PATHS) {
      for (const stream of [false, true]) {
        const response = await live.post(path, ask({ stream }));
        assert.equal(response.status, 500);
        assert.match((await response.json()).error.message, /not finite/);
      }
    }
  });
});

test('a fault after the first token ends the stream with an error and without an end', async () => {
  // The engine is real; only its third token is taken away.
  const wrap = (engine: Engine): Engine =>
    Object.assign(Object.create(engine), {
      ...{ info: engine.info, tokenizer: engine.tokenizer },
      load: () => engine.load(),
      encodeChat: (...args: Parameters<Engine['encodeChat']>) => engine.encodeChat(...args),
      async *generate(...args: Parameters<Engine['generate']>): AsyncGenerator<GenerateEvent> {
        let tokens = 0;
        for await (const event of engine.generate(...args)) {
          if (event.type === 'token') tokens += 1;
          if (tokens === 3) throw new VitrineError('numeric-fault', 'output.weight is not finite');
          yield event;
        }
      },
    });
  await withServer({ wrap }, async (live) => {
    const anthropic = await live.post(PATHS[0], ask({ stream: true }));
    const events = parseEvents(await anthropic.text());
    assert.deepEqual(
      events.map(({ event }) => event),
      [
        ...['message_start', 'content_block_start', 'ping'],
        ...['content_block_delta', 'content_block_delta', 'error'],
      ],
    );
    const { error, request_id } = JSON.parse(events[5].data);
    assert.deepEqual(error, { type: 'api_error', message: 'output.weight is not finite' });
    assert.equal(request_id, anthropic.headers.get('request-id'));
    const openAi = await live.post(PATHS[1], ask({ stream: true }));
    const chunks = parseEvents(await openAi.text());
    assert.equal(JSON.parse(chunks[chunks.length - 1].data).error.code, 'numeric_fault');
    await until(() => isIdle(live), 'the engine is idle');
  });
});

test('a stream that has nothing to say keeps its connection alive', async () => {
  const tuning = { keepAliveMs: 5, startDelayMs: 0 };
  await withServer({ model: SLOW, tuning }, async (live) => {
    for (const [path, sign] of [
      [PATHS[0], 'event: ping'],
      [PATHS[1], ': keep-alive'],
    ]) {
      const body = ask({ stream: true, max_tokens: 2, messages: promptOf(1200) });
      const text = await (await live.post(path, body)).text();
      const firstText = text.search(/text_delta|"content":"[^"]/);
      const before = text.slice(0, firstText).split(sign).length - 1;
      assert.ok(before > 2, text.slice(0, 2000));
      assert.match(text, /message_stop|\[DONE\]/);
    }
  });
});

test('where the server listens is logged at debug, for the command says it', async () => {
  await withServer({}, async (live) => {
    const line = live.log.find(({ msg }) => String(msg).startsWith('Server listening'));
    assert.equal(line?.level, 20);
    await live.get('/');
    const answered = () => live.log.find(({ msg }) => msg === 'answered');
    await until(() => answered() !== undefined, 'the request is logged');
    assert.equal(answered()?.level, 30);
  });
});

test('a stream that its client does not read ends', async () => {
  const wrap = (engine: Engine): Engine =>
    Object.assign(Object.create(engine), {
      ...{ info: engine.info, tokenizer: engine.tokenizer, load: () => engine.load() },
      encodeChat: (...args: Parameters<Engine['encodeChat']>) => engine.encodeChat(...args),
      async *generate(...args: Parameters<Engine['generate']>): AsyncGenerator<GenerateEvent> {
        // More text than the buffers of both ends hold.
        for await (const event of engine.generate(...args)) {
          yield event.type === 'token' ? { ...event, text: 'x'.repeat(1 << 20) } : event;
        }
      },
    });
  await withServer({ wrap, tuning: { drainMs: 50 } }, async (live) => {
    const body = JSON.stringify(ask({ stream: true }));
    const socket = connect(live.port, '127.0.0.1');
    socket.pause();
    socket.on('error', () => {});
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: ${live.key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
    );
    await abandoned(live);
    await until(() => isIdle(live), 'the engine is idle');
    socket.destroy();
  });
});

test('closing lets running streams end and refuses what is new', async () => {
  await withServer({ model: { contextTokens: 4096 } }, async (live) => {
    const response = await live.post(PATHS[0], ask({ stream: true, max_tokens: 1500 }));
    const socket = connect(live.port, '127.0.0.1');
    await once(socket, 'connect');
    const closed = live.closeServer({ graceMs: 60_000 });
    const text = await response.text();
    await closed;
    const events = parseEvents(text);
    assert.equal(events[events.length - 1].event, 'message_stop');
    await assert.rejects(live.get('/healthz'));
    socket.destroy();
  });
});

test('closing ends what has not ended after the grace, with an error in the stream', async () => {
  await withServer({ model: SLOW }, async (live) => {
    const stream = await live.post(PATHS[0], ask({ stream: true }));
    const whole = live.post(PATHS[1], ask());
    await until(() => live.engine.load().running + live.engine.load().waiting === 2, 'both are in');
    const closed = live.closeServer({ graceMs: 20 });
    const events = parseEvents(await stream.text());
    const last = events[events.length - 1];
    assert.equal(last.event, 'error');
    assert.equal(JSON.parse(last.data).error.type, 'overloaded_error');
    const answer = await whole;
    assert.equal(answer.status, 503);
    assert.equal((await answer.json()).error.code, 'shutting_down');
    await closed;
    assert.ok(isIdle(live));
    await live.closeServer();
  });
});

test('a port in use and an address that is not ours are errors that say what to do', async () => {
  await withServer({}, async (live) => {
    const options = {
      ...{ engine: Promise.resolve(live.engine), modelName: MODEL_NAME, port: live.port },
      ...{ keys: { verify: () => true }, logLevel: 'silent' as const, version: '0' },
    };
    await assert.rejects(startServer({ ...options, host: '127.0.0.1' }), {
      name: 'VitrineError',
      code: 'port-in-use',
      message: new RegExp(`port ${live.port} on 127.0.0.1 is in use.*--port`),
    });
    await assert.rejects(startServer({ ...options, host: '192.0.2.1', port: 0 }), {
      code: 'cannot-listen',
    });
  });
});

/** The sum of a metric's values. */
async function countOf(live: LiveServer, name: string): Promise<number> {
  const text = await (await live.get('/metrics')).text();
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`))
    .map((line) => Number(line.slice(line.lastIndexOf(' '))));
  return values.reduce((sum, value) => sum + value, 0);
}
