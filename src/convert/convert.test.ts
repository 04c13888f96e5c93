/**
 * A model folder put together from the committed oracle of qwen2: the same tensors and metadata
 * come out from safetensors and from pytorch_model.bin; what is wrong with a folder is told.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  dictPickle,
  tensorPickle,
  writeCheckpoint,
  writeSafetensors,
} from '../../test/checkpoint-writer.ts';
import { converted } from '../../test/convert/conversion.ts';
import { type GgufFile, readGguf } from '../../test/convert/gguf-file.ts';
import { makeFolder } from '../../test/vitrine-process.ts';

const folder = await makeFolder();
after(() => folder.remove());
const at = (...parts: string[]) => join(folder.path, ...parts);
const out = at('out.gguf');

const CONFIG = {
  architectures: ['Qwen2ForCausalLM'],
  ...{ hidden_size: 32, num_attention_heads: 2, num_key_value_heads: 1, head_dim: 32 },
  ...{ num_hidden_layers: 2, intermediate_size: 32, max_position_embeddings: 256 },
  ...{ rms_norm_eps: 1e-5, rope_theta: 1e4, vocab_size: 32, tie_word_embeddings: false },
};

const letters = Array.from({ length: 32 }, (_, i) => String.fromCharCode(65 + i));
const TOKENIZER = {
  model: { type: 'BPE', vocab: Object.fromEntries(letters.map((c, i) => [c, i])), merges: ['A B'] },
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
  added_tokens: [{ id: 31, content: letters[31], special: true }],
};

const NAMES: Readonly<Record<string, string>> = {
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
  attn_norm: 'input_layernorm',
  ffn_norm: 'post_attention_layernorm',
};
const WHOLE: Readonly<Record<string, string>> = {
  'token_embd.weight': 'model.embed_tokens.weight',
  'output_norm.weight': 'model.norm.weight',
  'output.weight': 'lm_head.weight',
};

/** The name in transformers of a tensor of GGUF. */
function originalName(name: string): string {
  const [, layer, part, kind] = /^blk\.(\d+)\.(\w+)\.(\w+)$/.exec(name) ?? [];
  return WHOLE[name] ?? `model.layers.${layer}.${NAMES[part]}.${kind}`;
}

interface Original {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

let exact: GgufFile;
let originals: Original[];

before(async () => {
  const oracle = new URL('../../test/oracle/architectures/qwen2.gguf.gz', import.meta.url);
  await writeFile(at('oracle.gguf'), gunzipSync(readFileSync(oracle)));
  exact = await readGguf(at('oracle.gguf'));
  originals = exact.infos.map(({ name, dims }) => ({
    ...{ name: originalName(name), shape: [...dims].reverse() },
    data: exact.contents.get(name) as Uint8Array,
  }));
  await mkdir(at('safetensors'));
  await writeTexts(at('safetensors'));
  await writeFile(at('safetensors', 'model.safetensors'), safetensorsOf(originals));
});

async function writeTexts(path: string): Promise<void> {
  await writeFile(join(path, 'config.json'), JSON.stringify(CONFIG));
  await writeFile(join(path, 'tokenizer.json'), JSON.stringify(TOKENIZER));
  await writeFile(
    join(path, 'tokenizer_config.json'),
    JSON.stringify({ eos_token: letters[31], add_bos_token: false, chat_template: 'T' }),
  );
  await writeFile(join(path, 'README.md'), '---\nlicense: apache-2.0\n---\nA model.\n');
}

function safetensorsOf(tensors: readonly Original[]): Buffer {
  let end = 0;
  const header = Object.fromEntries(
    tensors.map(({ name, shape, data }) => {
      const begin = end;
      end += data.length;
      return [name, { dtype: 'F32', shape, data_offsets: [begin, end] }];
    }),
  );
  return writeSafetensors(header, Buffer.concat(tensors.map(({ data }) => data)));
}

/** A copy of the good folder with changes. */
async function changed(name: string, change: (path: string) => Promise<void>): Promise<string> {
  await cp(at('safetensors'), at(name), { recursive: true });
  await change(at(name));
  return at(name);
}

function checkEqual(file: GgufFile): void {
  assert.deepEqual([...file.contents.keys()].sort(), [...exact.contents.keys()].sort());
  for (const [name, bytes] of exact.contents)
    assert.deepEqual(file.contents.get(name), bytes, name);
  for (const [key, value] of exact.header.typedMetadata) {
    if (key === 'general.name') continue;
    assert.deepEqual(file.header.typedMetadata.get(key), value, key);
  }
}

test('safetensors become the file of the oracle, with tokenizer, template and licence', async () => {
  assert.deepEqual(await converted(at('safetensors'), out), []);
  const file = await readGguf(out);
  checkEqual(file);
  const { metadata } = file.header;
  assert.equal(metadata.get('general.license'), 'apache-2.0');
  assert.equal(metadata.get('general.file_type'), 0);
  assert.equal(metadata.get('tokenizer.ggml.pre'), 'gpt-2');
  assert.deepEqual(metadata.get('tokenizer.ggml.tokens'), letters);
  assert.equal(metadata.get('tokenizer.ggml.eos_token_id'), 31);
  assert.equal(metadata.get('tokenizer.chat_template'), 'T');
});

test('a PyTorch checkpoint becomes the same, its pickle read and not run', async () => {
  await mkdir(at('pytorch'));
  await writeTexts(at('pytorch'));
  const entries = originals.map(({ name, shape, data }, i): [string, Buffer] => [
    name,
    tensorPickle({ shape, key: String(i), count: data.length / 4 }),
  ]);
  const storages = Object.fromEntries(originals.map(({ data }, i) => [String(i), data]));
  const file = writeCheckpoint(dictPickle(Object.fromEntries(entries)), storages);
  await writeFile(at('pytorch', 'pytorch_model.bin'), file);
  await converted(at('pytorch'), out);
  checkEqual(await readGguf(out));
});

test('weights in parts are found by their index, and a part that is missing is named', async () => {
  const path = await changed('sharded', async (copy) => {
    await rm(join(copy, 'model.safetensors'));
    const halves = [originals.slice(0, 9), originals.slice(9)];
    const names = ['model-1.safetensors', 'model-2.safetensors'];
    const map: Record<string, string> = {};
    for (const [i, half] of halves.entries()) {
      await writeFile(join(copy, names[i]), safetensorsOf(half));
      for (const { name } of half) map[name] = names[i];
    }
    const index = join(copy, 'model.safetensors.index.json');
    await writeFile(index, JSON.stringify({ weight_map: map }));
  });
  await converted(path, out);
  checkEqual(await readGguf(out));
  await rm(join(path, 'model-2.safetensors'));
  await assert.rejects(converted(path, out), /lacks "model-2\.safetensors": 1 of 2 files/);
});

const CASES: Readonly<Record<string, readonly [(path: string) => Promise<void>, RegExp]>> = {
  'no configuration': [(path) => rm(join(path, 'config.json')), /has no config\.json/],
  'a configuration that is no JSON': [
    (path) => writeFile(join(path, 'config.json'), '{"a'),
    /config\.json is no JSON/,
  ],
  'an unknown architecture': [
    (path) => writeConfig(path, { architectures: ['MambaForCausalLM'] }),
    /architectures is "MambaForCausalLM"; converted are LlamaForCausalLM/,
  ],
  'a size that is missing': [
    (path) => writeConfig(path, { hidden_size: undefined }),
    /config\.json lacks hidden_size/,
  ],
  'a size that is no number': [
    (path) => writeConfig(path, { hidden_size: '32' }),
    /expected hidden_size to be a number, got "32"/,
  ],
  experts: [(path) => writeConfig(path, { num_experts: 8 }), /mixtures of experts/],
  'a rope scaling that is not known': [
    (path) => writeConfig(path, { rope_scaling: { rope_type: 'other', factor: 2 } }),
    /rope scaling "other"/,
  ],
  'no weights': [(path) => rm(join(path, 'model.safetensors')), /has no model\.safetensors/],
  'no tokenizer': [(path) => rm(join(path, 'tokenizer.json')), /has no tokenizer that is read/],
  'a tensor too few': [
    (path) => writeWeights(path, originals.slice(1)),
    /the weights lack 1 tensors, among them token_embd\.weight/,
  ],
  'a tensor that has no place': [
    (path) => writeWeights(path, [...originals, { ...originals[0], name: 'model.extra.weight' }]),
    /the tensor "model\.extra\.weight" is no part of qwen2/,
  ],
  'one layer less than it says': [
    (path) => writeConfig(path, { num_hidden_layers: 3 }),
    /the weights lack 12 tensors, among them blk\.2\./,
  ],
  'weights that are no numbers': [
    (path) =>
      writeWeights(path, [
        { ...originals[0], data: new Uint8Array(originals[0].data.length).fill(255) },
        ...originals.slice(1),
      ]),
    /the tensor "\S+" has a NaN or infinity/,
  ],
};

async function writeConfig(path: string, changes: object): Promise<void> {
  await writeFile(join(path, 'config.json'), JSON.stringify({ ...CONFIG, ...changes }));
}

async function writeWeights(path: string, tensors: readonly Original[]): Promise<void> {
  await writeFile(join(path, 'model.safetensors'), safetensorsOf(tensors));
}

for (const [i, [what, [change, message]]] of Object.entries(CASES).entries()) {
  test(`a folder with ${what} is refused, and nothing is written`, async () => {
    const path = await changed(`case-${i}`, change);
    const target = at(`target-${i}`);
    await mkdir(target);
    await assert.rejects(converted(path, join(target, 'out.gguf')), message);
    assert.deepEqual(await readdir(target), []);
  });
}

test('a file that is there is replaced by force only, and kept when a conversion fails', async () => {
  await writeFile(out, 'mine');
  await assert.rejects(converted(at('safetensors'), out, { force: false }), {
    code: 'file-exists',
    message: /is there already; --force replaces it/,
  });
  const bad = await changed('bad', (path) => writeWeights(path, originals.slice(1)));
  await assert.rejects(converted(bad, out));
  assert.equal(await readFile(out, 'utf8'), 'mine');
  await converted(at('safetensors'), out);
  checkEqual(await readGguf(out));
});

test('the bytes are the same on one thread and on three', async () => {
  await converted(at('oracle.gguf'), out, { type: 'Q5_0', threads: 1 });
  const alone = await readFile(out);
  await converted(at('oracle.gguf'), out, { type: 'Q5_0', threads: 3 });
  assert.deepEqual(await readFile(out), alone);
});

test('values beyond the range of the type are refused with what to do', async () => {
  const large = new Float32Array(originals[0].data.length / 4).fill(1e9);
  const path = await changed('large', (copy) =>
    writeWeights(copy, [
      { ...originals[0], data: new Uint8Array(large.buffer) },
      ...originals.slice(1),
    ]),
  );
  await assert.rejects(converted(path, out, { type: 'F16' }), /beyond the range of F16; try BF16/);
  await converted(path, out, { type: 'BF16' });
});
