/**
 * What is not finite ends with an error that names the tensor, in an engine opened as users open
 * one: a NaN or infinity in the weights of every type and tensor, at load; an overflow at every
 * place of the forward pass, in generation and in evaluation. numerics.md section 11.
 */
import { strict as assert } from 'node:assert';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { parseGgufHeader, type TypedValue, tensorType } from '../src/engine/gguf/index.ts';
import { GREEDY, type MeasurableEngine, openEngine } from '../src/engine/index.ts';
import { columnMultiple, WEIGHT_TYPES, type WeightType } from '../src/engine/kernels/index.ts';
import { rewritten } from './numerics/document-models.ts';
import { randomModel } from './random-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'vitrine-not-finite-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const ORACLE = new URL('./oracle/architectures/', import.meta.url);
/** A small model of an architecture, with a vocabulary, which the files there lack. */
const architecture = (name: string): Uint8Array => {
  const file = new Uint8Array(gunzipSync(readFileSync(new URL(`${name}.gguf.gz`, ORACLE))));
  const strings = (value: string[]): TypedValue => ({
    type: 'array',
    elementType: 'string',
    value,
  });
  return rewritten(file, {
    'tokenizer.ggml.model': { type: 'string', value: 'gpt2' },
    'tokenizer.ggml.pre': { type: 'string', value: 'smollm' },
    'tokenizer.ggml.tokens': strings([...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef']),
    'tokenizer.ggml.merges': strings([]),
  });
};

function infosOf(file: Uint8Array) {
  const parsed = parseGgufHeader(file, { fileBytes: file.length });
  assert.ok(parsed.kind === 'header');
  return parsed.header.tensors;
}

/** A copy with bytes of one tensor changed. */
function changed(
  file: Uint8Array,
  name: string,
  change: (bytes: Uint8Array) => void,
): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(file);
  const info = infosOf(file).find((each) => each.name === name);
  assert.ok(info !== undefined, name);
  change(copy.subarray(info.offsetBytes, info.offsetBytes + info.sizeBytes));
  return copy;
}

/** Every f32 of a tensor becomes `value`. */
const filled = (file: Uint8Array, name: string, value: number) =>
  changed(file, name, (bytes) =>
    bytes.set(new Uint8Array(new Float32Array(bytes.length / 4).fill(value).buffer)),
  );

/** The reference needs no modules and so loads at once. */
function open(file: Uint8Array, kernels: 'auto' | 'reference') {
  const modelPath = join(folder, 'model.gguf');
  writeFileSync(modelPath, file);
  return openEngine({ modelPath, contextTokens: 64, threads: 2, kernels });
}

const refusalOf = (name: string) => ({
  code: 'bad-tensor',
  message: new RegExp(`tensor ${name.replaceAll('.', '\\.')} has a NaN or infinity at byte \\d+`),
});

/** Where a block of a type is not finite, and the bytes that make it so: NaN and infinity. */
function plants(type: WeightType): { at: number; bytes: number[] }[] {
  if (type === 'MXFP4') return [{ at: 0, bytes: [255] }];
  if (type === 'F32') return [0x7fc0, 0xff80].map((v) => ({ at: 2, bytes: [v & 255, v >> 8] }));
  const halves = type === 'BF16' ? [0x7fc0, 0x7f80] : [0x7e00, 0xfc00];
  const { halfScaleOffsets = [0] } = tensorType(type);
  return halfScaleOffsets.flatMap((at) => halves.map((v) => ({ at, bytes: [v & 255, v >> 8] })));
}

for (const type of Object.keys(WEIGHT_TYPES) as WeightType[]) {
  test(`a NaN or infinity in a weight of ${type} is refused with the tensor's name`, async () => {
    const file = randomModel({ width: Math.max(64, columnMultiple(type)), types: [type] });
    for (const { at, bytes } of plants(type)) {
      // The last block of a tensor in the middle of the file.
      const name = 'blk.1.ffn_down.weight';
      const { blockBytes } = tensorType(type);
      const bad = changed(file, name, (all) => all.set(bytes, all.length - blockBytes + at));
      await assert.rejects(open(bad, 'reference'), refusalOf(name));
    }
  });
}

test('a NaN in any tensor that an architecture has is refused with its name', async () => {
  const met = new Set<string>();
  for (const model of ['llama-llama3', 'qwen2', 'qwen3', 'gemma2', 'olmo2', 'phi3-longrope']) {
    const file = architecture(model);
    for (const { name } of infosOf(file)) {
      // Layer 0 has all that layer 1 has.
      if (met.has(name) || name.startsWith('blk.1.')) continue;
      met.add(name);
      const bad = changed(file, name, (bytes) => bytes.set([0, 0, 0xc0, 0x7f], bytes.length - 4));
      await assert.rejects(open(bad, 'reference'), refusalOf(name), model);
    }
  }
  assert.equal(met.size, 23);
});

/** What becomes too large, in which model, and the tensor that the error names. */
const OVERFLOWS: [place: string, model: string, tensor: string, value: number, named: string][] = [
  ['the embedding', 'llama', 'token_embd.weight', 3e38, 'blk.0.attn_q.weight'],
  ['the norm before attention', 'llama', 'blk.0.attn_norm.weight', 3.4e38, 'blk.0.attn_q.weight'],
  ['queries', 'llama', 'blk.0.attn_q.weight', 3e38, 'blk.0.attn_output.weight'],
  ['keys', 'llama', 'blk.0.attn_k.weight', 1e6, 'blk.0.attn_k.weight'],
  ['values', 'llama', 'blk.0.attn_v.weight', 1e6, 'blk.0.attn_k.weight'],
  ['the output of attention', 'llama', 'blk.0.attn_output.weight', 3e38, 'blk.0.ffn_gate.weight'],
  [
    'the norm before gate and up',
    'llama',
    'blk.1.ffn_norm.weight',
    3.4e38,
    'blk.1.ffn_gate.weight',
  ],
  ['gate', 'llama', 'blk.1.ffn_gate.weight', 3e38, 'blk.1.ffn_down.weight'],
  ['up', 'llama', 'blk.1.ffn_up.weight', 3e38, 'blk.1.ffn_down.weight'],
  ['the feed-forward', 'llama', 'blk.0.ffn_down.weight', 3e38, 'blk.1.attn_q.weight'],
  ['the last feed-forward', 'llama', 'blk.1.ffn_down.weight', 3e38, 'output.weight'],
  ['the last norm', 'llama', 'output_norm.weight', 3.4e38, 'output.weight'],
  ['logits', 'llama', 'output.weight', 3e38, 'output.weight'],
  ['q, k and v of one matrix', 'phi3', 'blk.0.attn_qkv.weight', 1e6, 'blk.0.attn_qkv.weight'],
  ['gate and up of one matrix', 'phi3', 'blk.0.ffn_up.weight', 3e38, 'blk.0.ffn_down.weight'],
  ['biases of keys', 'qwen2', 'blk.0.attn_k.bias', 3e38, 'blk.0.attn_k.weight'],
  ['norms of queries', 'qwen3', 'blk.0.attn_q.weight', 3e38, 'blk.0.attn_q_norm.weight'],
  ['norms of keys', 'qwen3', 'blk.0.attn_k.weight', 3e38, 'blk.0.attn_k_norm.weight'],
  ['norms of whole rows', 'olmo2', 'blk.0.attn_q.weight', 3e38, 'blk.0.attn_q_norm.weight'],
  [
    'norms of outputs',
    'olmo2',
    'blk.0.attn_output.weight',
    3e38,
    'blk.0.post_attention_norm.weight',
  ],
  [
    'norms of the feed-forward',
    'gemma3',
    'blk.0.ffn_down.weight',
    3e38,
    'blk.0.post_ffw_norm.weight',
  ],
  ['GeGLU', 'gemma3', 'blk.0.ffn_up.weight', 3e38, 'blk.0.ffn_down.weight'],
  ['scores under a cap', 'gemma2', 'blk.0.attn_q.weight', 3e38, 'blk.0.attn_output.weight'],
  ['logits under a cap', 'gemma2', 'output_norm.weight', 3.3e38, 'token_embd.weight'],
  ['scaled residuals', 'granite', 'blk.0.attn_output.weight', 3e38, 'blk.0.ffn_gate.weight'],
];

for (const [place, model, tensor, value, named] of OVERFLOWS) {
  test(`an overflow in ${place} (${model}) ends with an error that names ${named}`, async () => {
    const engine = await open(filled(architecture(model), tensor, value), 'auto');
    const wanted = { code: 'numeric-fault', message: new RegExp(named.replaceAll('.', '\\.')) };
    try {
      await assert.rejects(generate(engine), wanted);
      await assert.rejects(
        engine.evaluateLogits([1, 2, 3], () => assert.fail('no logits come of a fault')),
        wanted,
      );
    } finally {
      await engine.close();
    }
  });
}

async function generate(engine: MeasurableEngine): Promise<void> {
  const request = {
    promptTokens: [1, 2, 3],
    maxTokens: 4,
    stopSequences: [],
    sampling: { ...GREEDY, seed: 1n },
  };
  for await (const event of engine.generate(request)) {
    assert.notEqual(event.type, 'token', 'no token comes of a fault');
  }
}
