/**
 * The models of test/oracle/architectures as files that the engine loads: the same bits on one, two
 * and three threads, read and repacked by all of them. (They have no vocabulary, so that no engine
 * opens them whole; test/same-bits.test.ts does that with a llama model.)
 */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { buildForward, type Model } from '../model/index.ts';
import { loadModel } from './load-model.ts';

const FOLDER = new URL('../../../test/oracle/architectures/', import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.gguf.gz'));
const TOKENS = Array.from({ length: 75 }, (_, i) => (i * 13 + 5) % 32);

const folder = mkdtempSync(join(tmpdir(), 'vitrine-architectures-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** SHA-256 over the logits of every position, computed in steps of 25 rows. */
async function hashLogits(modelPath: string, threads: number): Promise<string> {
  const loaded = await loadModel(
    { modelPath, threads, kernels: 'auto', contextTokens: 128 },
    () => {},
  );
  try {
    const { model, memory, list, team } = loaded;
    assert.equal(team.workers, threads);
    const { plan, config } = model;
    const hash = createHash('sha256');
    new Uint32Array(memory.buffer, plan.pageTables, 2).set([1, 0]);
    for (let from = 0; from < TOKENS.length; from += 25) {
      const piece = TOKENS.slice(from, from + 25);
      for (const [i, token] of piece.entries()) {
        const row = [token, from + i, plan.pageTables, 0];
        new Int32Array(memory.buffer, plan.rows + i * 16, 4).set(row);
        new Int32Array(memory.buffer, plan.logitIndex + i * 4, 1)[0] = i;
      }
      buildForward(list, model as Model, { rowCount: piece.length, logitCount: piece.length });
      team.run(list);
      for (const i of piece.keys()) {
        const at = plan.logits + i * plan.logitStride;
        hash.update(new Float32Array(memory.buffer, at, config.vocabularySize).slice());
      }
    }
    return hash.digest('hex');
  } finally {
    await loaded.team.close();
  }
}

test('there is a model of every architecture', () => {
  assert.ok(NAMES.length >= 12, `${NAMES.length} models`);
});

for (const name of NAMES) {
  test(`${name}: the same bits on one, two and three threads`, async () => {
    const path = join(folder, name.replace('.gz', ''));
    writeFileSync(path, gunzipSync(readFileSync(new URL(name, FOLDER))));
    const alone = await hashLogits(path, 1);
    assert.equal(await hashLogits(path, 2), alone);
    assert.equal(await hashLogits(path, 3), alone);
  });
}
