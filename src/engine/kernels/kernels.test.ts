import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildSelfTest, digestMemory, SELF_TEST_DIGEST } from './self-test.ts';
import { bindModule, bindReference } from './wasm.ts';

function module(name: string): WebAssembly.Module {
  return new WebAssembly.Module(readFileSync(new URL(`./build/${name}.wasm`, import.meta.url)));
}

test('the reference leaves the memory behind whose digest the self-test expects', () => {
  const built = buildSelfTest(false);
  bindReference(built.memory).run(built.list.start, built.list.count, 0, 1);
  assert.equal(digestMemory(built), SELF_TEST_DIGEST);
});

for (const [name, shared] of [
  ['vitrine-simd128', false],
  ['vitrine-relaxed', false],
  ['vitrine-simd128-shared', true],
  ['vitrine-relaxed-shared', true],
] as const) {
  test(`${name} leaves the same memory as the reference, call by call`, () => {
    const a = buildSelfTest(shared);
    const b = buildSelfTest(shared);
    const kernels = bindModule(module(name), a.memory);
    const reference = bindReference(b.memory);
    for (let i = 0; i < a.list.count; i += 1) {
      const record = a.list.start + i * 64;
      kernels.run(record, 1, 0, 1);
      reference.run(record, 1, 0, 1);
      const opcode = new Int32Array(a.memory.buffer, record, 12);
      assert.equal(
        digestMemory(a),
        digestMemory(b),
        `call ${i}, opcode ${opcode[0] & 0xffff}, last argument read ${opcode[11]}`,
      );
    }
  });
}
