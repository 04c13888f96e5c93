/**
 * What encoders add to the case sets "kernels" and "forward": layer norm, GELU in every form of
 * input, attention over whole texts; and whole passes of the tiny encoders (test/oracle/encoders).
 */
import {
  activationBytes,
  attentionScratchBytes,
  OpList,
  Random,
  RECORD_BYTES,
} from '../../src/engine/kernels/index.ts';
import { buildEncoderForward } from '../../src/engine/model/index.ts';
import { loadEncoder, readEncoder, writeTexts } from '../encoder-runner.ts';
import { FAULT_RANGE, MemoryBuilder } from './memory-builder.ts';
import { formatRecording } from './recording.ts';

const SEED = 20261125;

export function* encoderCases(): Generator<Uint8Array> {
  const random = new Random(SEED);
  yield rowsCase(random);
  for (const lengths of [[9, 130, 65], [3], [64, 1, 70]]) yield attentionCase(lengths, random);
  for (const name of ['bert', 'nomic-bert']) yield forwardCase(name);
}

function rowsCase(random: Random): Uint8Array {
  const K = 384;
  const columns = 13;
  const memory = new MemoryBuilder(1 << 20, 16);
  const x = memory.floats(columns * K, (out) => {
    random.fillFloats(out);
    // A constant row, zeros, subnormals, a wide range, and values for which GELU is 0.
    out
      .fill(0.1, 0, K)
      .fill(0, K, K + 32)
      .fill(1e-40, K + 32, K + 64);
    for (let k = 2 * K; k < 3 * K; k += 1) out[k] *= 2 ** ((k % 64) - 32);
    for (let k = 3 * K; k < 4 * K; k += 1) out[k] = ((k % 96) - 48) / 3;
  });
  const weights = memory.floats(K, (out) => random.fillFloats(out));
  const biases = memory.floats(K, (out) => random.fillFloats(out));
  for (const form of ['float', 'int8', 'int15', 'int16'] as const) {
    const out = memory.take(columns * activationBytes(form, K));
    const input = { in: x, inStride: K * 4, K, columns, label: form };
    memory.list.activate({ ...input, out, source: 'gelu', form });
  }
  for (const [length, parameter] of [
    [K, 1e-12],
    [32, 1e-5],
  ]) {
    memory.list.rows({
      ...{ mode: 'layerNorm', out: memory.take(columns * K * 4), outStride: K * 4, in: x },
      ...{ inStride: K * 4, second: weights, third: biases, length, segments: K / length },
      ...{ rowCount: columns, parameter, label: 'layer norm' },
    });
  }
  return memory.finish('kernels', 'layer norm and GELU');
}

/** Texts of these lengths as rows of one call, pages in falling order. */
function attentionCase(lengths: readonly number[], random: Random): Uint8Array {
  const shape = { heads: 4, kvHeads: 2, headDimension: 64 };
  const { heads, kvHeads, headDimension: D } = shape;
  const count = lengths.reduce((a, b) => a + b);
  const memory = new MemoryBuilder(2 << 20, 16);
  const stride = (heads + 2 * kvHeads) * D * 4;
  const qkv = memory.floats((count * stride) / 4, (out) => random.fillFloats(out));
  const pageBytes = kvHeads * D * 256;
  const pageCount = lengths.reduce((sum, length) => sum + Math.ceil(length / 64), 0);
  const kv = memory.take(pageCount * pageBytes);
  new Uint8Array(memory.buffer, kv, pageCount * pageBytes).fill(0x3b);
  let page = pageCount;
  const words = lengths.flatMap((length) => {
    const pages = Array.from({ length: Math.ceil(length / 64) }, () => --page);
    const table = memory.integers(pages);
    return Array.from({ length }, (_, position) => [0, position, table, length - 1]).flat();
  });
  const call = { ...shape, rows: memory.integers(words), rowCount: count, kv, pageBytes };
  const table = memory.floats(Math.max(...lengths) * D, (out) => random.fillFloats(out));
  // Without rotation for one text, as in bert; with it for several, as in nomic-bert.
  memory.list.ropeKv({
    ...{ ...call, qkv, stride, ropeTable: table, queryScale: 0.125, halfPairs: true },
    ...{ rotated: lengths.length === 1 ? 0 : D, label: 'rotation' },
  });
  const out = memory.take(count * heads * D * 4);
  const scratch = memory.take(attentionScratchBytes(shape));
  memory.list.attention({
    ...{ ...call, out, q: qkv, qStride: stride, scratch, isBidirectional: true },
    label: 'attention',
  });
  return memory.finish('kernels', `attention over texts of ${lengths.join(', ')}`, scratch);
}

/** Three texts in one step, the layers in two lists; the last layer's rows are compared. */
function forwardCase(name: string): Uint8Array {
  const file = readEncoder(name);
  const { model, memory } = loadEncoder(file, 160);
  const { plan, config } = model;
  const texts = [70, 5, 66].map((length, s) =>
    Array.from({ length }, (_, i) => (i * 37 + 11 + s * 5) % config.vocabularySize),
  );
  const pages = Math.ceil(plan.totalBytes / 65536) + 1;
  const buffer = new ArrayBuffer(pages * 65536);
  new Uint8Array(buffer).set(new Uint8Array(memory.buffer));
  const rowCount = writeTexts(buffer, model, texts);
  const half = Math.ceil(config.layers / 2);
  const second = Math.ceil(plan.totalBytes / 64) * 64;
  const lists = [
    { start: plan.list, firstLayer: 0, endLayer: half },
    { start: second, firstLayer: half, endLayer: config.layers },
  ].map(({ start, ...layers }) => {
    const capacity = Math.min(plan.listCapacity, 65536 / RECORD_BYTES - 1);
    const list = new OpList(buffer, start, capacity, 4);
    buildEncoderForward(list, model, { rowCount, ...layers });
    return { start, count: list.count };
  });
  const rows: [number, number] = [plan.hidden, plan.hidden + rowCount * config.width * 4];
  return formatRecording(
    { set: 'forward', name, pages, lists, ranges: [FAULT_RANGE, rows] },
    buffer,
  );
}
