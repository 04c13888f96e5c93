/**
 * Every type against `llama-quantize`, on the same F32 and F16 files: which tensor gets which type,
 * the bytes, and the error of both against the original. Prints the table of docs/convert.md.
 */
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { llamaCppProgram } from '../../bench/llama-cpp.ts';
import { MIXTURE_NAMES, QUANTIZED_TYPES, quantize } from '../../src/convert/index.ts';
import { dequantize, tensorBytes } from '../../src/engine/gguf/index.ts';
import { makeFolder } from '../vitrine-process.ts';
import { converted } from './conversion.ts';
import { madeFolders, run } from './environment.ts';
import { type GgufFile, readGguf } from './gguf-file.ts';

const made = madeFolders();
const program = llamaCppProgram('llama-quantize');
const folder = await makeFolder();
after(() => folder.remove());

const F32 = join(made, 'quantize.gguf');
const F16 = join(folder.path, 'source-f16.gguf');

/** Root of the mean square of the difference, over that of the original. */
function errorOf(file: GgufFile, original: GgufFile): number {
  let difference = 0;
  let whole = 0;
  for (const { name, type, elementCount } of file.infos) {
    const bytes = file.contents.get(name);
    const from = original.infos.find((info) => info.name === name);
    assert.ok(bytes !== undefined && from !== undefined);
    const values = new Float32Array(elementCount);
    const exact = new Float32Array(elementCount);
    dequantize(type, bytes, values);
    dequantize(from.type, original.contents.get(name) as Uint8Array, exact);
    for (let i = 0; i < elementCount; i += 1) {
      difference += (values[i] - exact[i]) ** 2;
      whole += exact[i] ** 2;
    }
  }
  return Math.sqrt(difference / whole);
}

const rows: string[][] = [];

/** llama-quantize has MXFP4 for experts only: it is told to take it for everything. */
function reference(source: string, out: string, name: string): void {
  const forced = ['--pure', '--output-tensor-type', 'mxfp4', '--token-embedding-type', 'mxfp4'];
  const isMxfp4 = name === 'MXFP4';
  run(program, [...(isMxfp4 ? forced : []), source, out, isMxfp4 ? 'MXFP4_MOE' : name, '1']);
}

test('the F16 source is the same from both', async () => {
  reference(F32, `${F16}.reference`, 'F16');
  await converted(F32, F16, { type: 'F16' });
  const [ours, theirs] = [await readGguf(F16), await readGguf(`${F16}.reference`)];
  assert.deepEqual(ours.contents, theirs.contents);
});

for (const name of MIXTURE_NAMES.filter((each) => each !== 'MXFP4')) {
  for (const source of [F32, F16]) {
    const kind = source === F32 ? 'F32' : 'F16';
    test(`${name} of ${kind}: types, bytes and error as llama-quantize has them`, async () => {
      const out = join(folder.path, 'ours.gguf');
      const expected = join(folder.path, 'theirs.gguf');
      reference(source, expected, name);
      await converted(source, out, { type: name });
      const [ours, theirs] = [await readGguf(out), await readGguf(expected)];
      const typesOf = (file: GgufFile) =>
        file.infos.map((info) => `${info.name} ${info.type}`).sort();
      assert.deepEqual(typesOf(ours), typesOf(theirs));
      let equalCount = 0;
      for (const [tensor, bytes] of ours.contents) {
        const wanted = theirs.contents.get(tensor) as Uint8Array;
        if (Buffer.compare(bytes, wanted) === 0) equalCount += 1;
      }
      const original = await readGguf(source);
      const [error, theirError] = [errorOf(ours, original), errorOf(theirs, original)];
      if (source === F32) {
        rows.push([
          ...[name, `${equalCount} of ${ours.contents.size}`, error.toExponential(4)],
          theirError.toExponential(4),
        ]);
      }
      assert.equal(equalCount, ours.contents.size, `${name}: tensors of equal bytes`);
      const fileType = 'general.file_type';
      assert.equal(ours.header.metadata.get(fileType), theirs.header.metadata.get(fileType));
      await rm(out);
      await rm(expected);
    });
  }
}

test('MXFP4: the bytes are those of llama-quantize told to take it for every matrix', async (t) => {
  const expected = join(folder.path, 'theirs.gguf');
  reference(F32, expected, 'MXFP4');
  const [theirs, original] = [await readGguf(expected), await readGguf(F32)];
  let count = 0;
  for (const { name, type, elementCount } of theirs.infos) {
    if (type !== 'MXFP4') continue;
    const values = new Float32Array(elementCount);
    dequantize('F32', original.contents.get(name) as Uint8Array, values);
    const bytes = new Uint8Array(tensorBytes('MXFP4', elementCount));
    quantize('MXFP4', values, bytes);
    assert.deepEqual(bytes, theirs.contents.get(name), name);
    count += 1;
  }
  assert.ok(count > 0, 'the reference has matrices of MXFP4');
  t.diagnostic(`${count} tensors`);
});

test('every type that is written occurs in the comparison', () => {
  const names = ['Q2_K', 'Q3_K', 'Q4_K', 'Q5_K'];
  for (const type of QUANTIZED_TYPES) {
    assert.ok(MIXTURE_NAMES.includes(type) || names.includes(type), type);
  }
});

after(() => {
  const widths = [0, 1, 2, 3].map((i) => Math.max(...rows.map((row) => row[i].length)));
  for (const row of rows) console.log(row.map((cell, i) => cell.padEnd(widths[i])).join('  '));
});
