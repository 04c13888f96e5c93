/** A file that is not, or no longer, the one that was hashed is never loaded under that digest. */
import { strict as assert } from 'node:assert';
import { closeSync, openSync, renameSync, statSync, utimesSync, writeSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { randomModel, writeRandomModel } from '../../../test/random-model.ts';
import { loadModel } from './load-model.ts';

const OPTIONS = { kernels: 'auto', contextTokens: 128 } as const;
const CHANGED = { code: 'digest-mismatch', message: /the file changed while it was loaded/ };

for (const threads of [1, 3]) {
  test(`weights written over while ${threads} threads load them are refused`, async () => {
    const { path, remove } = await writeRandomModel();
    let isChanged = false;
    const change = () => {
      if (isChanged) return;
      isChanged = true;
      const file = openSync(path, 'r+');
      writeSync(file, Uint8Array.of(0), 0, 1, statSync(path).size - 1);
      closeSync(file);
    };
    try {
      const modelPath = path;
      await assert.rejects(
        loadModel({ ...OPTIONS, modelPath, threads }, change).then(({ team }) => team.close()),
        CHANGED,
      );
      assert.ok(isChanged);
      const { team } = await loadModel({ ...OPTIONS, modelPath, threads }, () => {});
      await team.close();
    } finally {
      await remove();
    }
  });
}

test('a file swapped in after the header was read is refused, though its date is the same', async () => {
  const { path, remove } = await writeRandomModel();
  const other = `${path}.other`;
  await writeFile(other, randomModel({ seed: 2 }));
  const { atime, mtime } = statSync(path);
  utimesSync(path, atime, mtime);
  utimesSync(other, atime, mtime);
  // The expected digest is asked for between the hash and the weights: from then on it is another
  // file.
  let isSwapped = false;
  const options = {
    ...{ ...OPTIONS, threads: 1, modelPath: path },
    get digest() {
      if (!isSwapped) renameSync(other, path);
      isSwapped = true;
      return undefined;
    },
  };
  try {
    await assert.rejects(
      loadModel(options, () => {}).then(({ team }) => team.close()),
      CHANGED,
    );
    assert.ok(isSwapped);
  } finally {
    await remove();
  }
});
