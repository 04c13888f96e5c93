import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readableLine, readableLog } from './readable-log.ts';
import { createLogger } from './request-log.ts';

function linesOf(level: 'info' | 'debug', log: (logger: ReturnType<typeof createLogger>) => void) {
  const lines: string[] = [];
  log(
    createLogger(
      level,
      readableLog((line) => void lines.push(line)),
    ),
  );
  return lines;
}

test('a request is one readable line: time, level, method, route, status, ms, tokens', () => {
  const request = { method: 'POST', route: '/v1/messages', status: 200, ms: 1234 };
  const counts = { promptTokens: 12, outputTokens: 34, reason: 'max-tokens' };
  const refused = { ...request, status: 404, error: 'unknown-model' };
  const lines = linesOf('info', (logger) => {
    logger.info({ ...request, ...counts }, 'answered');
    logger.error(refused, 'answered');
  });
  assert.match(
    lines[0],
    /^\d\d:\d\d:\d\d info {2}POST \/v1\/messages 200 1234 ms, 12 tokens in, 34 out \(max-tokens\)\n$/,
  );
  assert.match(lines[1], /^[\d:]{8} error POST \/v1\/messages 404 1234 ms, unknown-model\n$/);
});

test('an error keeps its stack, and what is no JSON stays as it is', () => {
  const [line] = linesOf('info', (logger) => logger.error({ err: new Error('x') }, 'failed'));
  assert.match(line, /^[\d:]{8} error failed\nError: x\n +at /);
  assert.equal(readableLine('no JSON\n'), 'no JSON');
});

test('where the server listens is a matter of level debug', () => {
  const listening = 'Server listening at http://127.0.0.1:8000';
  assert.deepEqual(
    linesOf('info', (logger) => logger.info(listening)),
    [],
  );
  const [line] = linesOf('debug', (logger) => logger.info(listening));
  assert.match(line, /^[\d:]{8} debug Server listening at/);
});
