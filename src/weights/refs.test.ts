import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatRef, type ModelRef, parseRef } from './refs.ts';
import { baseName, nameFor, recordedRef } from './store.ts';

const KNOWN = ['smollm2-135m', 'vitrine-tiny'];
const parse = (text: string): ModelRef => parseRef(text, KNOWN);

test('every form of reference is parsed, and formatted back to the same text', () => {
  const cases: readonly (readonly [string, ModelRef])[] = [
    ['smollm2-135m', { kind: 'name', name: 'smollm2-135m' }],
    ['hf:o/r/f.gguf', { kind: 'hf', owner: 'o', repo: 'r', revision: 'main', file: 'f.gguf' }],
    [
      'hf:Qwen/Qwen2.5-0.5B-GGUF@9217f5db/sub/q8_0.GGUF',
      {
        kind: 'hf',
        owner: 'Qwen',
        repo: 'Qwen2.5-0.5B-GGUF',
        revision: '9217f5db',
        file: 'sub/q8_0.GGUF',
      },
    ],
    ['pip:llm-x==0.1.2', { kind: 'pip', package: 'llm-x', version: '0.1.2', file: undefined }],
    ['pip:a==1!2+b/m.gguf', { kind: 'pip', package: 'a', version: '1!2+b', file: 'm.gguf' }],
    ['https://example.org/m.gguf', { kind: 'url', url: 'https://example.org/m.gguf' }],
    ['http://127.0.0.1:9/m.gguf', { kind: 'url', url: 'http://127.0.0.1:9/m.gguf' }],
    ['http://[::1]:9/m.gguf', { kind: 'url', url: 'http://[::1]:9/m.gguf' }],
    ['./m.gguf', { kind: 'path', path: './m.gguf' }],
    ['../m', { kind: 'path', path: '../m' }],
    ['/m', { kind: 'path', path: '/m' }],
  ];
  for (const [text, ref] of cases) {
    assert.deepEqual(parse(text), ref);
    assert.equal(formatRef(parse(text)), text);
  }
});

test('a bare file name that ends in .gguf is a path', () => {
  assert.deepEqual(parse('m.gguf'), { kind: 'path', path: './m.gguf' });
});

test('an unknown name suggests the nearest one, or lists all', () => {
  assert.throws(() => parse('smolm2-135m'), {
    code: 'unknown-model',
    message: /Did you mean smollm2-135m\?/,
  });
  assert.throws(() => parse('llama'), {
    code: 'unknown-model',
    message: /Known: smollm2-135m, vitrine-tiny/,
  });
});

test('npm: and s3: are named as not supported yet, other schemes as unknown', () => {
  assert.throws(() => parse('npm:x@1/f'), {
    code: 'unsupported-reference',
    message: /npm: references are not supported yet.*Supported: .*hf:/,
  });
  assert.throws(() => parse('s3://b/k'), {
    code: 'unsupported-reference',
    message: /not supported yet/,
  });
  assert.throws(() => parse('ftp://h/f'), {
    code: 'unsupported-reference',
    message: /unknown kind ftp:/,
  });
});

test('malformed references are refused with the expected form', () => {
  const cases = [
    'hf:owner/file.gguf',
    'hf:o/r/f.bin',
    'hf:o/r/../f.gguf',
    'hf:o/r//f.gguf',
    'hf:-o/r/f.gguf',
    'hf:o/r@-x/f.gguf',
    'pip:x',
    'pip:x>=1',
    'pip:-r==1',
    'pip:x==-1',
    'pip:x==1 --index-url=y',
    'pip:x==1/../m.gguf',
    'http://example.org/m.gguf',
    'http://127.0.0.1.example.org/m.gguf',
    'https://',
    `hf:o/r/${'x'.repeat(5000)}.gguf`,
    './a\0b',
  ];
  for (const text of cases) {
    assert.throws(() => parse(text), { code: 'bad-reference', message: /expected / }, text);
  }
});

test('a URL with a password is refused and the password is not repeated', () => {
  assert.throws(
    () => parse('https://me:hunter2@example.org/m.gguf'),
    (error: Error) => !error.message.includes('hunter2') && /example\.org/.test(error.message),
  );
});

test('the signature of a URL is recorded as a hash only, and tells two URLs apart', () => {
  const a = recordedRef(parse('https://example.org/m.gguf?sig=secret'));
  const b = recordedRef(parse('https://example.org/m.gguf?sig=other'));
  assert.match(a, /^https:\/\/example\.org\/m\.gguf\?…[0-9a-f]{8}$/);
  assert.notEqual(a, b);
});

test('a model is named after its file, and apart from others of the same name', () => {
  const ref = parse('hf:o/r/Llama-3.2-1B-Q4_K_M.gguf');
  assert.equal(baseName(ref), 'llama-3.2-1b-q4_k_m');
  assert.equal(nameFor(ref, new Map()), 'llama-3.2-1b-q4_k_m');
  const entry = {
    ref: 'hf:o/r/Llama-3.2-1B-Q4_K_M.gguf',
    source: '',
    file: 'f.gguf',
    sha256: '',
    bytes: 1,
    licence: '',
    licenceGround: 'osi',
    pulledAt: '',
  } as const;
  const entries = new Map([['llama-3.2-1b-q4_k_m', entry]]);
  assert.equal(nameFor(ref, entries), 'llama-3.2-1b-q4_k_m');
  const other = nameFor(parse('hf:p/r/Llama-3.2-1B-Q4_K_M.gguf'), entries);
  assert.match(other, /^llama-3\.2-1b-q4_k_m-[0-9a-f]{8}$/);
  assert.match(nameFor(parse('hf:o/r/smollm2-135m.gguf'), new Map()), /^smollm2-135m-[0-9a-f]{8}$/);
  assert.equal(baseName({ kind: 'path', path: './…' }), 'model');
});
