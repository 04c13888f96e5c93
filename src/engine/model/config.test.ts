import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { isVitrineError } from '../../base/index.ts';
import type { Metadata } from '../gguf/index.ts';
import { VOCABULARY_MAX } from '../sampler/index.ts';
import { llama } from './architectures/llama.ts';
import { neutral, readConfig } from './config.ts';

const SMOL: Record<string, unknown> = {
  'general.architecture': 'llama',
  'llama.block_count': 30,
  'llama.context_length': 8192,
  'llama.embedding_length': 576,
  'llama.feed_forward_length': 1536,
  'llama.attention.head_count': 9,
  'llama.attention.head_count_kv': 3,
  'llama.rope.freq_base': 100000,
  'llama.attention.layer_norm_rms_epsilon': Math.fround(1e-5),
  'llama.rope.dimension_count': 64,
};

function metadata(changes: Record<string, unknown> = {}): Metadata {
  const all = Object.entries({ ...SMOL, ...changes }).filter(([, value]) => value !== undefined);
  return new Map(all) as Metadata;
}

function yarn(values: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries({ type: 'yarn', factor: 4, ...values });
  return Object.fromEntries(entries.map(([key, value]) => [`llama.rope.scaling.${key}`, value]));
}

function refusal(changes: Record<string, unknown>): { code: string; message: string } {
  try {
    readConfig(metadata(changes), 49152);
  } catch (error) {
    assert.ok(isVitrineError(error), `${error}`);
    assert.ok(!error.message.includes('\n'));
    return error;
  }
  assert.fail(`accepted ${JSON.stringify(changes)}`);
}

test('the metadata of SmolLM2-135M give its shape', () => {
  assert.deepEqual(readConfig(metadata(), 49152), {
    ...{ architecture: 'llama', layers: 30, width: 576, ffnWidth: 1536, heads: 9, kvHeads: 3 },
    ...{ headDimension: 64, vocabularySize: 49152, ropeBase: 100000 },
    ...neutral(llama, 30, 64),
    ...{ normEps: Math.fround(1e-5), trainedContextTokens: 8192 },
  });
});

test('what may be missing has the defaults of the format', () => {
  const config = readConfig(
    metadata({
      'llama.attention.head_count_kv': undefined,
      'llama.rope.freq_base': undefined,
      'llama.attention.layer_norm_rms_epsilon': undefined,
      'llama.rope.dimension_count': undefined,
    }),
    100,
  );
  assert.equal(config.kvHeads, 9);
  assert.equal(config.ropeBase, 10000);
  assert.equal(config.normEps, 1e-5);
});

test('a vocabulary that the sampler cannot take is refused before the weights are read', () => {
  assert.equal(readConfig(metadata(), VOCABULARY_MAX).vocabularySize, VOCABULARY_MAX);
  assert.throws(() => readConfig(metadata(), VOCABULARY_MAX + 1), {
    code: 'unsupported-architecture',
    message: /a vocabulary of 1048577 tokens; supported: up to 1048576/,
  });
});

test('a head dimension of its own is taken from key_length', () => {
  const changes = { 'llama.attention.key_length': 128, 'llama.rope.dimension_count': 128 };
  assert.equal(readConfig(metadata(changes), 100).headDimension, 128);
});

test('another architecture, or none, is refused with the list of those that work', () => {
  for (const [value, shown] of [
    ['rwkv6', '"rwkv6"'],
    [undefined, '"missing"'],
  ]) {
    const { code, message } = refusal({ 'general.architecture': value });
    assert.equal(code, 'unsupported-architecture');
    assert.ok(message.includes(`${shown}; supported: llama`), message);
  }
});

test('each size that is missing, absurd or no whole number is named', () => {
  const keys = [
    ...['block_count', 'context_length', 'embedding_length', 'feed_forward_length'],
    'attention.head_count',
  ];
  for (const key of keys) {
    for (const value of [undefined, 0, -1, 1.5, 2 ** 32, Number.NaN, Number.POSITIVE_INFINITY]) {
      const { code, message } = refusal({ [`llama.${key}`]: value });
      assert.equal(code, 'bad-header', `${key} ${value}`);
      assert.ok(message.includes(`llama.${key}`), message);
    }
  }
  assert.equal(refusal({ 'llama.attention.head_count_kv': 2.5 }).code, 'bad-header');
});

test('a context is at most 2^20 tokens long, as far as the rotation is stated', () => {
  const longest = readConfig(metadata({ 'llama.context_length': 2 ** 20 }), 100);
  assert.equal(longest.trainedContextTokens, 2 ** 20);
  const { code, message } = refusal({ 'llama.context_length': 2 ** 20 + 1 });
  assert.equal(code, 'bad-header');
  assert.match(message, /llama\.context_length is 1048577; .* from 1 to 1048576/);
});

test('shapes that the kernels cannot compute are refused before anything is loaded', () => {
  const cases: [Record<string, unknown>, string, RegExp][] = [
    [{ 'llama.attention.head_count_kv': 4 }, 'bad-header', /9 heads .* 4 KV heads/],
    [{ 'llama.embedding_length': 570 }, 'unsupported-architecture', /head dimension/],
    [{ 'llama.attention.key_length': 80 }, 'unsupported-architecture', /80.*multiples of 32/],
    [{ 'llama.attention.key_length': 544 }, 'unsupported-architecture', /up to 512/],
    [{ 'llama.feed_forward_length': 1500 }, 'unsupported-architecture', /1500/],
    [{ 'llama.rope.dimension_count': 32 }, 'unsupported-architecture', /rope over 32 of 64/],
    [{ 'llama.rope.scaling.type': 'spiral' }, 'unsupported-architecture', /"spiral"/],
    [yarn({ yarn_log_multiplier: 0.1 }), 'unsupported-architecture', /"yarn"/],
    [yarn({ factor: 0.5 }), 'bad-header', /scaling by 0.5/],
    [yarn({ factor: Number.NaN }), 'bad-header', /factor is NaN/],
    [yarn({ yarn_beta_fast: 1, yarn_beta_slow: 2 }), 'bad-header', /between 1 and 2 turns/],
    [{ 'llama.attention.sliding_window': 4096 }, 'unsupported-architecture', /sliding window/],
    [
      { 'llama.attention.key_length': 64, 'llama.attention.value_length': 32 },
      'unsupported-architecture',
      /keys of 64 and values of 32/,
    ],
    [{ 'llama.expert_count': 8 }, 'unsupported-architecture', /mixture/],
    [{ 'llama.attention.layer_norm_rms_epsilon': 0 }, 'bad-header', /epsilon 0/],
    [{ 'llama.attention.layer_norm_rms_epsilon': Number.NaN }, 'bad-header', /epsilon NaN/],
    [{ 'llama.rope.freq_base': 0 }, 'bad-header', /rope base 0/],
    [{ 'llama.rope.freq_base': Number.NaN }, 'bad-header', /rope base NaN/],
  ];
  for (const [changes, code, pattern] of cases) {
    const error = refusal(changes);
    assert.equal(error.code, code, JSON.stringify(changes));
    assert.match(error.message, pattern);
  }
});

const GEMMA: Record<string, unknown> = {
  'general.architecture': 'gemma3',
  'gemma3.block_count': 7,
  'gemma3.context_length': 32768,
  'gemma3.embedding_length': 640,
  'gemma3.feed_forward_length': 2048,
  'gemma3.attention.head_count': 4,
  'gemma3.attention.head_count_kv': 1,
  'gemma3.attention.key_length': 256,
  'gemma3.attention.sliding_window': 512,
};

function gemma(changes: Record<string, unknown>) {
  return readConfig(new Map(Object.entries({ ...GEMMA, ...changes })) as Metadata, 100);
}

test('the windows of layers follow the period of the architecture, or what the file says', () => {
  const key = 'gemma3.attention.sliding_window_pattern';
  const [W, all] = [512, 0];
  assert.deepEqual(gemma({}).windows, [W, W, W, W, W, all, W]);
  assert.deepEqual(gemma({ [key]: 2 }).windows, [W, all, W, all, W, all, W]);
  const list = [true, false, false, true, true, true, false];
  assert.deepEqual(gemma({ [key]: list }).windows, [W, all, all, W, W, W, all]);
  assert.throws(() => gemma({ [key]: [true] }), /no list of 7 booleans/);
  assert.throws(() => gemma({ [key]: 0 }), /sliding_window_pattern is 0/);
  const none = { 'gemma3.attention.sliding_window': 0 };
  assert.deepEqual(gemma(none).windows, new Array(7).fill(0));
});

test('the largest Gemma 3 scales its queries by another width', () => {
  assert.equal(gemma({}).queryScale, 1 / 16);
  const large = { 'gemma3.block_count': 62, 'gemma3.embedding_length': 5376 };
  const heads = { 'gemma3.attention.head_count': 32, 'gemma3.attention.head_count_kv': 16 };
  const changes = { ...large, ...heads, 'gemma3.attention.key_length': 128 };
  assert.equal(gemma(changes).queryScale, 1 / Math.sqrt(168));
});

test('factors and caps out of any sense are refused', () => {
  const wrong = { 'gemma3.final_logit_softcapping': -1 };
  assert.throws(() => gemma(wrong), /softcap -1/);
  const changed: Record<string, unknown> = { ...GEMMA, 'granite.logit_scale': 0 };
  changed['general.architecture'] = 'granite';
  const granite = Object.entries(changed).map(([key, value]): [string, unknown] => [
    key.replace('gemma3', 'granite'),
    value,
  ]);
  const kept = granite.filter(([key]) => key !== 'granite.attention.sliding_window');
  assert.throws(() => readConfig(new Map(kept as never) as Metadata, 100), /factor of Infinity/);
});
