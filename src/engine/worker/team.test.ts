import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  bindModule,
  createMemory,
  HEAP_START,
  initializeMemory,
  OpList,
} from '../kernels/index.ts';
import { Team } from './team.ts';

const url = new URL('../kernels/build/vitrine-simd128-shared.wasm', import.meta.url);
const UNIT_BYTES = 65536;

async function withTeam(
  workers: number,
  use: (team: Team, list: OpList, memory: WebAssembly.Memory) => Promise<void>,
): Promise<void> {
  const memory = createMemory(64 * UNIT_BYTES, true);
  initializeMemory(memory.buffer);
  const module = new WebAssembly.Module(readFileSync(url));
  const team = new Team(memory, bindModule(module, memory));
  try {
    const shared = { files: [], units: [], memory, module, workers };
    const others = Array.from({ length: workers - 1 }, (_, i) => i + 1);
    await Promise.all(others.map((worker) => team.start({ ...shared, worker })));
    await use(team, new OpList(memory.buffer, HEAP_START, 64, 16), memory);
  } finally {
    await team.close();
  }
}

test('nine workers run a thousand lists of calls on whatever cores there are', async () => {
  await withTeam(9, async (team, list, memory) => {
    const bytes = 16 * UNIT_BYTES;
    const sums = new Int32Array(memory.buffer, UNIT_BYTES / 2, 16 * 4);
    new Uint8Array(memory.buffer, UNIT_BYTES, bytes).fill(1);
    // An odd number of vectors would show in the sum; each unit has 4096 of them: xor is zero.
    new Int32Array(memory.buffer, UNIT_BYTES, 1)[0] = 7;
    for (let run = 0; run < 1000; run += 1) {
      list.clear();
      sums.fill(-1);
      for (let call = 0; call < 4; call += 1) {
        list.read({ start: UNIT_BYTES, sums: UNIT_BYTES / 2, bytes });
      }
      team.run(list);
      assert.equal(sums[0], 7 ^ 0x01010101, `run ${run}`);
      assert.equal(sums[4], 0, `run ${run}`);
    }
  });
});

for (const units of [1, 64]) {
  test(`a call that traps ends the run and the team, ${units} units`, async () => {
    await withTeam(2, async (team, list, memory) => {
      list.clear();
      const start = memory.buffer.byteLength - UNIT_BYTES / 2;
      list.read({ start, sums: UNIT_BYTES / 2, bytes: units * UNIT_BYTES });
      list.read({ start: UNIT_BYTES, sums: UNIT_BYTES / 2, bytes: UNIT_BYTES });
      assert.throws(() => team.run(list), /out of bounds|unreachable|failed/);
      assert.match(await team.failed, /out of bounds|unreachable|ended/);
    });
  });
}
