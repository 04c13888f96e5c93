/** What the runner sends, over the port of a real coordinator with a small random model. */
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { test } from 'node:test';
import { writeRandomModel } from '../../../test/random-model.ts';
import { GREEDY } from '../index.ts';
import { type FromCoordinator, startCoordinator, type ToCoordinator } from './index.ts';

/** Runs `talk` with a way to send, and one to wait for a message; all that came are kept. */
async function withCoordinator(
  options: { contextTokens: number; cacheTokens?: number; stepRowsMax?: number },
  talk: (
    send: (message: ToCoordinator) => void,
    until: (type: FromCoordinator['type'], id?: number) => Promise<void>,
    came: FromCoordinator[],
  ) => Promise<void>,
): Promise<void> {
  const { path, remove } = await writeRandomModel();
  const { port, ended, terminate } = startCoordinator({
    ...{ modelPath: path, threads: 1, kernels: 'auto', ...options },
  });
  const came: FromCoordinator[] = [];
  port.on('message', (message: FromCoordinator) => came.push(message));
  const isIt = (type: string, id?: number) => (message: FromCoordinator) =>
    message.type === type && (id === undefined || ('id' in message && message.id === id));
  try {
    const until = async (type: FromCoordinator['type'], id?: number) => {
      while (!came.some(isIt(type, id))) {
        const signal = AbortSignal.timeout(30_000);
        await once(port, 'message', { signal });
      }
    };
    await until('loaded');
    await talk((message) => port.postMessage(message), until, came);
    port.postMessage({ type: 'close' });
    await ended;
  } finally {
    await terminate();
    await remove();
  }
}

const job = (id: number, promptTokens: number[], maxTokens: number, endTokenIds: number[] = []) =>
  ({
    type: 'generate',
    job: { id, promptTokens, maxTokens, endTokenIds, sampling: { ...GREEDY, seed: 1n } },
  }) as const;

test('an answer that ends before tokens guessed after it has no logits sent', () =>
  withCoordinator({ contextTokens: 128 }, async (send, until, came) => {
    const prompt = [11, 12, 13, 14, 15, 16, 11, 12, 13];
    send(job(1, prompt, 1));
    await until('end', 1);
    const answer = came.find((message) => message.type === 'token');
    assert.ok(answer !== undefined);
    // All but its last token is cached: its first row decodes, with guesses behind it.
    send(job(2, prompt, 20, [answer.tokenId]));
    await until('end', 2);
    send(job(3, [1], 1));
    await until('end', 3);
    const ofSecond = came.filter((message) => 'id' in message && message.id === 2);
    const guessed = ofSecond.find((message) => message.type === 'token');
    assert.ok(guessed !== undefined && guessed.draftedTokens > 0, 'the test meets a guess');
    assert.deepEqual(
      ofSecond.map(({ type }) => type),
      ['admitted', 'prefill', 'token', 'end'],
    );
  }));

test('logits of an evaluation that was paused come once for each position', () =>
  withCoordinator(
    { contextTokens: 320, cacheTokens: 320, stepRowsMax: 2 },
    async (send, until, came) => {
      const tokens = Array.from({ length: 319 }, (_, i) => 1 + (i % 7));
      // Both grow; of seven pages the evaluation, which is the younger, gets too few.
      send(job(1, [1, 2, 3], 316));
      send({ type: 'evaluate', id: 2, tokens });
      await until('end', 2);
      const positions = came.flatMap((message) =>
        message.type === 'logits'
          ? Array.from({ length: message.count }, (_, i) => message.position + i)
          : [],
      );
      assert.deepEqual(positions, [...tokens.keys()]);
    },
  ));
