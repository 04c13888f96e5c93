import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { dequantize } from '../gguf/index.ts';
import {
  bindReference,
  createMemory,
  HEAP_START,
  initializeMemory,
  OpList,
  pack,
  packedBytes,
  Random,
  randomWeights,
  WEIGHT_TYPES,
  type WeightType,
} from '../kernels/index.ts';

const [N, K] = [8, 512];

for (const type of Object.keys(WEIGHT_TYPES) as WeightType[]) {
  test(`${type}: rows read from the packed layout equal the file dequantised`, () => {
    const file = randomWeights(type, N, K, new Random(7));
    const expected = new Float32Array(N * K);
    dequantize(type, file, expected);
    const memory = createMemory(1 << 20, false);
    initializeMemory(memory.buffer);
    const [weights, rows, out] = [HEAP_START + 1024, HEAP_START + 512, 1 << 19];
    pack(type, K, file, new Uint8Array(memory.buffer, weights, packedBytes(type, N, K)));
    for (let r = 0; r < N; r += 1) new Int32Array(memory.buffer, rows + 16 * r, 1)[0] = r;
    const list = new OpList(memory.buffer, HEAP_START, 1, 1);
    const shape = { out, outStride: K * 4, weights, rows, rowCount: N, K, label: type };
    list.embed({ ...shape, type: WEIGHT_TYPES[type] });
    bindReference(memory).run(list.start, 1, 0, 1);
    assert.deepEqual(new Float32Array(memory.buffer, out, N * K), expected);
  });
}
