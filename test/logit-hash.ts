/** What a model file computes, as one text: loaded as the engine loads it. */
import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import { buildForward, type Model } from '../src/engine/model/index.ts';
import { loadModel } from '../src/engine/worker/index.ts';

const TOKENS = Array.from({ length: 75 }, (_, i) => (i * 13 + 5) % 32);

/** SHA-256 over the logits of every position, computed in steps of 25 rows. */
export async function hashLogits(modelPath: string, threads: number): Promise<string> {
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
