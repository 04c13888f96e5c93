/**
 * A model in parts computes what the whole one does, is one digest, and says which part it lacks.
 */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, rmSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { hashLogits } from '../../../test/logit-hash.ts';
import { type ModelFile, writeRandomModel } from '../../../test/random-model.ts';
import { writeSplit } from '../../../test/split-writer.ts';
import { loadModel } from './load-model.ts';

let whole: ModelFile;
before(async () => {
  whole = await writeRandomModel({ layers: 3, types: ['Q8_0', 'Q4_K', 'F16'], width: 256 });
});
after(() => whole.remove());

const OPTIONS = { kernels: 'auto', contextTokens: 128, threads: 1 } as const;

test('any part opens the model, with the same bits on one and three threads', async () => {
  const wanted = await hashLogits(whole.path, 1);
  for (const count of [2, 5]) {
    const paths = writeSplit(whole.path, count);
    assert.equal(await hashLogits(paths[0], 1), wanted);
    assert.equal(await hashLogits(paths[count - 1], 3), wanted);
  }
});

test('the digest is that of the parts one after the other', async () => {
  const paths = writeSplit(whole.path, 3);
  const hash = createHash('sha256');
  for (const path of paths) hash.update(readFileSync(path));
  const digest = hash.digest('hex');
  const { team, fileBytes, ...loaded } = await loadModel(
    { ...OPTIONS, modelPath: paths[1], digest },
    () => {},
  );
  await team.close();
  assert.equal(loaded.digest, digest);
  assert.equal(
    fileBytes,
    paths.reduce((sum, path) => sum + readFileSync(path).length, 0),
  );
});

test('a part that is missing is named', async () => {
  const paths = writeSplit(whole.path, 4);
  rmSync(paths[2]);
  await assert.rejects(
    loadModel({ ...OPTIONS, modelPath: paths[0] }, () => {}),
    {
      code: 'file-not-found',
      message:
        /a model of 4 files, of which 1 are missing .*: random-00003-of-00004\.gguf\. Put all/,
    },
  );
});

test('parts whose names were exchanged are refused', async () => {
  const [first, second, third] = writeSplit(whole.path, 3);
  renameSync(second, `${second}.other`);
  renameSync(third, second);
  renameSync(`${second}.other`, third);
  await assert.rejects(
    loadModel({ ...OPTIONS, modelPath: first }, () => {}),
    {
      code: 'bad-header',
      message: /random-00002-of-00003\.gguf is part 3 of 3 by its metadata/,
    },
  );
});

test('one part under another name is refused with the name that it needs', async () => {
  const [first] = writeSplit(whole.path, 3);
  const renamed = `${whole.path}.renamed.gguf`;
  renameSync(first, renamed);
  await assert.rejects(
    loadModel({ ...OPTIONS, modelPath: renamed }, () => {}),
    {
      code: 'bad-header',
      message: /its name must end in -00001-of-00003\.gguf/,
    },
  );
});
