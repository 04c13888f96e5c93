import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fastify } from 'fastify';
import type { GenerateEvent } from '../engine/index.ts';
import { RequestError } from './error-table.ts';
import { streamReply } from './stream-reply.ts';

test('a format that throws ends the generation and the stream', async () => {
  let ended = false;
  async function* generate(): AsyncGenerator<GenerateEvent, void, undefined> {
    try {
      for (;;) yield { type: 'prefill', promptTokens: 1, cachedTokens: 0 } as GenerateEvent;
    } finally {
      ended = true;
    }
  }
  const format = {
    ...{ keepAlive: ':\n\n', start: () => 'start\n\n' },
    event: (): string => {
      throw new Error('no form for this event');
    },
    error: ({ message }: RequestError) => `${message}\n\n`,
  };
  const app = fastify();
  app.get('/', async (_, reply) => {
    const timing = { keepAliveMs: 1000, startDelayMs: 0, drainMs: 1000 };
    const onError = (error: unknown) => new RequestError('internal', String(error));
    await streamReply(reply, generate(), format, timing, onError);
    return reply;
  });
  const { body } = await app.inject('/');
  assert.match(body, /^start\n\n.*no form for this event/);
  assert.ok(ended);
  await app.close();
});
