/**
 * Files that mean harm or are broken: each is refused with an error that says what is wrong, and
 * nothing is left where the output would be.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import {
  dictPickle,
  PICKLE,
  tensorPickle,
  writeCheckpoint,
  writeSafetensors,
} from '../../test/checkpoint-writer.ts';
import { converted } from '../../test/convert/conversion.ts';
import { makeFolder } from '../../test/vitrine-process.ts';
import { isVitrineError } from '../base/index.ts';
import { readPickle } from './source/pickle.ts';

const folder = await makeFolder();
after(() => folder.remove());
const { start, stop, mark, tuple, text, int, global, reduce, none, persistent } = PICKLE;
const repeated = (bytes: Buffer | string, count: number) =>
  Buffer.concat(new Array(count).fill(Buffer.from(bytes)));

/** Calls a function with one text. */
function calling(module: string, name: string, argument: string): Buffer {
  return Buffer.concat([
    ...[start, global(module, name), mark, text(argument), tuple, reduce, stop],
  ]);
}

/** What the harm would be: a file in the test's folder. */
const harm = join(folder.path, 'harm');

const floats = (count: number) => new Uint8Array(4 * count);
const good = tensorPickle({ shape: [4, 4], key: '0', count: 16 });
const four = (changes: object) => ({
  ...{ dtype: 'F32', shape: [2, 2], data_offsets: [0, 16] },
  ...changes,
});

const PICKLES: Readonly<Record<string, readonly [Buffer, RegExp, string]>> = {
  'os.system': [calling('os', 'system', `touch ${harm}`), /names "os\.system"/, 'unsafe-pickle'],
  'posix.system': [calling('posix', 'system', `touch ${harm}`), /"posix\.system"/, 'unsafe-pickle'],
  'builtins.eval': [calling('builtins', 'eval', '1'), /"builtins\.eval"/, 'unsafe-pickle'],
  'a name on the stack': [
    Buffer.concat([start, text('os'), text('system'), Buffer.from([0x93]), stop]),
    /"os\.system"/,
    'unsafe-pickle',
  ],
  'a name made of lists that each hold the one before twice': [
    Buffer.concat([
      ...[start, Buffer.from([0x5d, 0x71, 0])],
      ...Array.from({ length: 25 }, (_, i) =>
        Buffer.from([0x5d, 0x28, 0x68, i, 0x68, i, 0x65, 0x71, i + 1]),
      ),
      ...[text('system'), Buffer.from([0x93]), stop],
    ]),
    /a name that is no text/,
    'bad-checkpoint',
  ],
  'a dict that is its own state': [
    Buffer.concat([
      ...[start, Buffer.from([0x7d, 0x71, 0]), text('state_dict')],
      ...[Buffer.from([0x68, 0, 0x73]), stop],
    ]),
    /dicts of dicts/,
    'bad-checkpoint',
  ],
  'an allowed module, another function': [
    calling('torch._utils', '_import_dotted_name', 'os.system'),
    /"torch\._utils\._import_dotted_name"/,
    'unsafe-pickle',
  ],
  'a name that writes to terminals': [
    calling('os\u001b[2J', 'system', 'x'),
    /"os\\u001b\[2J\.system"/,
    'unsafe-pickle',
  ],
  'an instance by its class': [
    Buffer.concat([start, mark, Buffer.from('ios\nsystem\n'), stop]),
    /the instruction 0x69/,
    'unsafe-pickle',
  ],
  'a new object': [
    Buffer.concat([start, global('collections', 'OrderedDict'), Buffer.from([0x29, 0x81]), stop]),
    /the instruction 0x81/,
    'unsafe-pickle',
  ],
  'a storage type that is called': [
    calling('torch', 'FloatStorage', 'x'),
    /calls torch\.FloatStorage/,
    'unsafe-pickle',
  ],
  'state for something that is no dict': [
    Buffer.concat([start, global('torch', 'FloatStorage'), none, Buffer.from('b'), stop]),
    /sets attributes of something that is no dict/,
    'bad-checkpoint',
  ],
  'lists in lists': [
    Buffer.concat([start, repeated(']', 100_000), repeated('a', 99_999), stop]),
    /nests deeper than 100/,
    'bad-checkpoint',
  ],
  'tuples in tuples': [
    Buffer.concat([start, none, repeated(Buffer.from([0x85]), 100_000), stop]),
    /nests deeper than 100/,
    'bad-checkpoint',
  ],
  'marks without end': [
    Buffer.concat([start, repeated('(', 100_000), stop]),
    /nests deeper than 100/,
    'bad-checkpoint',
  ],
  'a giant memo': [
    Buffer.concat([start, none, Buffer.from([0x72, 0xff, 0xff, 0xff, 0xff]), stop]),
    /a memo of more than 1048576 values/,
    'bad-checkpoint',
  ],
  'a stack without end': [
    Buffer.concat([start, repeated('N', (1 << 20) + 2), stop]),
    /fills a stack/,
    'bad-checkpoint',
  ],
  'a list that holds itself, over and over': [
    Buffer.concat([
      ...[start, Buffer.from(']q\0(')],
      repeated(Buffer.from('h\0'), 50),
      ...[Buffer.from('e'), repeated('N', 1), Buffer.from('a')],
      repeated(Buffer.concat([Buffer.from('h\0a')]), 200),
      stop,
    ]),
    /nests deeper than 100/,
    'bad-checkpoint',
  ],
  'a text longer than the file': [
    Buffer.concat([start, Buffer.from([0x58, 0xff, 0xff, 0, 0])]),
    /ends at byte/,
    'bad-checkpoint',
  ],
  'an unknown memo': [
    Buffer.concat([start, Buffer.from('h\u0007'), stop]),
    /recalls value 7/,
    'bad-checkpoint',
  ],
  'a storage that is none': [
    Buffer.concat([start, mark, text('file'), text('/etc/passwd'), tuple, persistent, stop]),
    /a broken storage/,
    'bad-checkpoint',
  ],
  'an absurd number': [
    Buffer.concat([start, Buffer.from([0x8a, 255]), repeated('\u007f', 255), stop]),
    /a number of 255 bytes/,
    'bad-checkpoint',
  ],
  'protocol 0': [
    Buffer.concat([Buffer.from([0x80, 1]), int(1), stop]),
    /protocol 1/,
    'bad-checkpoint',
  ],
  'no end': [Buffer.concat([start, none]), /ends at byte 3/, 'bad-checkpoint'],
};

const CHECKPOINTS: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  'a file cut off': [
    writeCheckpoint(dictPickle({ a: good }), { 0: floats(16) }).subarray(0, 300),
    /is no zip file, or is cut off/,
  ],
  'a packed pickle (a bomb)': [
    writeCheckpoint(Buffer.concat([start, repeated('N', 1 << 24), stop]), {}, { isPacked: true }),
    /"archive\/data\.pkl" packed \(method 8/,
  ],
  'a packed storage (a bomb)': [
    writeCheckpoint(
      dictPickle({ a: good }),
      {},
      {
        others: [{ name: 'archive/data/0', content: floats(1 << 20) }],
      },
    ),
    /"archive\/data\/0" packed \(method 8/,
  ],
  'a tensor beyond its storage': [
    writeCheckpoint(dictPickle({ a: tensorPickle({ shape: [4, 5], key: '0', count: 16 }) }), {
      0: floats(16),
    }),
    /tensor "a" of 20 elements from 0 on; its storage holds 16/,
  ],
  'a tensor beyond the file, by a lying storage': [
    writeCheckpoint(dictPickle({ a: tensorPickle({ shape: [64], key: '0', count: 64 }) }), {
      0: floats(16),
    }),
    /of 64 elements from 0 on; its storage holds 16/,
  ],
  'an offset beyond the storage': [
    writeCheckpoint(
      dictPickle({ a: tensorPickle({ shape: [4], key: '0', offset: 14, count: 16 }) }),
      { 0: floats(16) },
    ),
    /of 4 elements from 14 on; its storage holds 16/,
  ],
  'a shape whose product overflows': [
    writeCheckpoint(
      dictPickle({
        a: tensorPickle({ shape: new Array(8).fill(0x7fffffff), key: '0', count: 16 }),
      }),
      { 0: floats(16) },
    ),
    /elements from 0 on; its storage holds 16/,
  ],
  'a transposed view': [
    writeCheckpoint(
      dictPickle({ a: tensorPickle({ shape: [4, 4], strides: [1, 4], key: '0', count: 16 }) }),
      { 0: floats(16) },
    ),
    /stored with strides 1, 4/,
  ],
  'a storage that is missing': [
    writeCheckpoint(dictPickle({ a: good })),
    /lacks the storage "0" of the tensor "a"/,
  ],
  'a storage whose key climbs out of the archive': [
    writeCheckpoint(dictPickle({ a: tensorPickle({ shape: [1], key: '../../x', count: 1 }) })),
    /lacks the storage "\.\.\/\.\.\/x"/,
  ],
  'the old format': [
    Buffer.from('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.', 'latin1'),
    /older checkpoint/,
  ],
  'no dict': [writeCheckpoint(Buffer.concat([start, none, stop])), /holds no dict of tensors/],
};

const SAFETENSORS: Readonly<Record<string, readonly [Buffer, RegExp]>> = {
  'a giant header length': [
    writeSafetensors({}, floats(4), 0xffff_ffff_ffff_ffffn),
    /claims a header of 18446744073709551615 bytes/,
  ],
  'a header longer than the file': [writeSafetensors({}, floats(1), 4096n), /a header of 4096/],
  'a header that is no JSON': [
    writeSafetensors(Buffer.from('{"a": '), floats(1)),
    /a header that is no JSON/,
  ],
  'a header that is no UTF-8': [
    writeSafetensors(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]), floats(1)),
    /a header that is no JSON/,
  ],
  'a list for a header': [writeSafetensors([1], floats(1)), /no JSON object/],
  'overlapping tensors': [
    writeSafetensors({ a: four({}), b: four({ data_offsets: [8, 24] }) }, floats(6)),
    /tensors "a" and "b" that overlap/,
  ],
  'a tensor beyond the file': [
    writeSafetensors({ a: four({ shape: [4, 4], data_offsets: [0, 64] }) }, floats(4)),
    /at bytes 0 to 64; expected 64 bytes within 16/,
  ],
  'offsets that run backwards': [
    writeSafetensors({ a: four({ data_offsets: [16, 0] }) }, floats(4)),
    /at bytes 16 to 0/,
  ],
  'another length than the shape': [
    writeSafetensors({ a: four({ shape: [2, 3] }) }, floats(6)),
    /expected 24 bytes/,
  ],
  'an unknown dtype': [writeSafetensors({ a: four({ dtype: 'F13' }) }, floats(4)), /dtype "F13"/],
  'a negative dimension': [
    writeSafetensors({ a: four({ shape: [-2, -2] }) }, floats(4)),
    /an entry "a" without dtype, shape/,
  ],
  'a dimension that is no number': [
    writeSafetensors({ a: four({ shape: ['2', 2] }) }, floats(4)),
    /an entry "a" without dtype, shape/,
  ],
  'an empty file': [Buffer.alloc(0), /has 0 bytes/],
};

const CONFIG = {
  architectures: ['LlamaForCausalLM'],
  ...{ hidden_size: 32, num_attention_heads: 1, num_hidden_layers: 1, intermediate_size: 32 },
  ...{ max_position_embeddings: 64, vocab_size: 32 },
};

let count = 0;

/** Converts a folder with this file; checks the error and that nothing is left. */
async function refuse(name: string, content: Buffer, message: RegExp, code: string) {
  count += 1;
  const source = join(folder.path, `source-${count}`);
  const target = join(folder.path, `target-${count}`);
  await mkdir(source);
  await mkdir(target);
  await writeFile(join(source, 'config.json'), JSON.stringify(CONFIG));
  await writeFile(join(source, name), content);
  await assert.rejects(converted(source, join(target, 'out.gguf')), (error) => {
    assert.ok(isVitrineError(error, code), `${error}`);
    assert.match(error.message, message);
    return true;
  });
  assert.deepEqual(await readdir(target), []);
  assert.ok(!existsSync(harm), 'nothing of the pickle was run');
}

for (const [what, [pickle, message, code]] of Object.entries(PICKLES)) {
  test(`a pickle with ${what} is refused`, async () => {
    await refuse('pytorch_model.bin', writeCheckpoint(pickle), message, code);
  });
}

for (const [what, [file, message]] of Object.entries(CHECKPOINTS)) {
  test(`a checkpoint with ${what} is refused`, async () => {
    await refuse('pytorch_model.bin', file, message, 'bad-checkpoint');
  });
}

for (const [what, [file, message]] of Object.entries(SAFETENSORS)) {
  test(`safetensors with ${what} are refused`, async () => {
    await refuse('model.safetensors', file, message, 'bad-checkpoint');
  });
}

test('a damaged pickle gives an error of its own and never another one', () => {
  const whole = dictPickle({ a: good, b: good, c: text('x') });
  let state = 12345;
  const random = (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % below;
  };
  let refused = 0;
  for (let round = 0; round < 20_000; round += 1) {
    const bytes = Buffer.from(whole);
    for (let i = 0; i <= random(3); i += 1) bytes[random(bytes.length)] = random(256);
    try {
      readPickle(bytes.subarray(0, random(10) === 0 ? random(bytes.length) : bytes.length));
    } catch (error) {
      assert.ok(isVitrineError(error), `${(error as Error).stack}, round ${round}`);
      refused += 1;
    }
  }
  assert.ok(refused > 5_000, `${refused}`);
});
