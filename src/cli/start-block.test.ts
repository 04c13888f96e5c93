import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeTerminal } from '../../test/fake-terminal.ts';
import type { EngineInfo } from '../engine/index.ts';
import { fallbackBanner, isLoopbackHost, type KeyFacts, startBlock } from './start-block.ts';

const DIGEST = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53';
const ENGINE: EngineInfo = {
  model: {
    ...{ name: 'M', architecture: 'llama', digest: DIGEST, fileBytes: 1e8, memoryBytes: 3e8 },
    ...{ parameterCount: 134_515_008, tensorTypes: { F32: 61, Q4_1: 210 }, tokenBytesMax: 81 },
    chatTemplate: 'given',
    ...{ vocabularySize: 49152, contextTokens: 8192, trainedContextTokens: 8192 },
  },
  ...{
    numerics: 'vitrine-numerics/1',
    kernels: 'relaxed',
    kernelDigest: '',
    threads: 2,
    loadMs: 1,
  },
};

function block(key: KeyFacts): string {
  const model = {
    ...{ name: 'smollm2-135m', path: '/m.gguf', digest: DIGEST, bytes: 98_362_432 },
    ...{ licence: 'apache-2.0', source: 'hf:x/y/z.gguf' },
  };
  const facts = { version: '1.2.3', url: 'http://127.0.0.1:8000', dataDir: '/data' };
  return startBlock({ ...facts, model, engine: ENGINE, key }, fakeTerminal(false));
}

test('the start block tells address, model, engine, context, data and key', () => {
  const lines = block({ source: 'created', created: 'vitrine-abc' }).split('\n');
  assert.deepEqual(lines.slice(0, 7), [
    'Vitrine 1.2.3 at http://127.0.0.1:8000',
    '  model    smollm2-135m, 134.5M parameters, mostly Q4_1, licence apache-2.0',
    '  digest   sha256:b179c9523d0e6a0f… of 98.4 MB',
    '  engine   relaxed kernels, 2 threads, vitrine-numerics/1',
    '  context  8192 tokens, 300.0 MB of memory',
    '  data     /data',
    '  API key  vitrine-abc  (shown only now)',
  ]);
  assert.equal(lines[8], 'export VITRINE_API_KEY=vitrine-abc');
  assert.match(lines[9], /^curl -s http:\/\/127\.0\.0\.1:8000\/v1\/messages .*vitrine-abc/);
});

test('a key that is not shown stands in the curl line as a variable', () => {
  for (const source of ['stored', 'environment'] as const) {
    const text = block({ source });
    assert.match(text, /^curl .*"x-api-key: \$VITRINE_API_KEY"/m);
    assert.doesNotMatch(text, /export/);
  }
});

test('the banner names each failure with its remedy, and what is served instead', () => {
  const failures = [
    { source: 'hf:a/b/c.gguf', reason: 'unreachable', remedy: 'check the network' },
    { source: 'pip:p==1', reason: 'no pip', remedy: 'install it' },
  ];
  const text = fallbackBanner('smollm2-135m', failures, fakeTerminal(false), 'npx vitrine');
  for (const { source, reason, remedy } of failures) {
    assert.ok(text.includes(`  ${source}\n    ${reason}\n    ${remedy}\n`));
  }
  assert.match(text, /Serving vitrine-tiny instead, under that name\./);
  assert.match(text, /^ {4}npx vitrine pull smollm2-135m /m);
});

test('only addresses that no other machine reaches count as loopback', () => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1']) {
    assert.ok(isLoopbackHost(host), host);
  }
  for (const host of ['0.0.0.0', '::', '192.168.0.1', '127.0.0.1.example.org', '']) {
    assert.ok(!isLoopbackHost(host), host);
  }
});
