/**
 * `npm run test:document`: starts Python and lets test/oracle/numerics/forward.py, which is written
 * from docs/formats/numerics.md, compute whole forward passes; the reference and both modules must
 * give the same bits. The committed models first, then as many of a random seed
 * (`VITRINE_INTERNAL_TEST_SEED=...` repeats one). `--write` keeps the digests of the committed
 * ones, which test/numerics-document.test.ts holds the engine to. VITRINE_INTERNAL_PYTHON names a
 * Python with numpy; without it one is set up in `.cache/numerics`.
 */
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bindReference } from '../../src/engine/kernels/index.ts';
import { type Bind, bindBuild, ROW_COUNT_MAX } from '../model-runner.ts';
import { caseDigest, type DocumentCase, documentCases } from './document-encoders.ts';
import { COMMITTED_SEED, type Digest } from './document-models.ts';
import { setUpNumpy } from './set-up.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const FORWARD = join(root, 'test/oracle/numerics/forward.py');
const DIGESTS = join(root, 'test/oracle/numerics/forward.json');

/** What numpy gives, in the order of the models. */
function documentDigests(python: readonly string[], models: readonly DocumentCase[]): Digest[] {
  const folder = mkdtempSync(join(tmpdir(), 'vitrine-document-'));
  try {
    const paths = models.map(({ file }, i) => {
      const path = join(folder, `${i}.gguf`);
      writeFileSync(path, file);
      return path;
    });
    const tokens = join(folder, 'tokens.json');
    writeFileSync(tokens, JSON.stringify(models.map((model) => model.tokens)));
    const [program, ...first] = python;
    const result = spawnSync(program, [...first, FORWARD, tokens, ...paths], {
      ...{ encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], timeout: 600_000 },
    });
    const lines = (result.stdout ?? '').split('\n').filter((line) => line !== '');
    if (result.status === 0 && lines.length === models.length) {
      return lines.map((line) => JSON.parse(line));
    }
    throw new Error(`${program} ended with ${result.status ?? result.error?.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names of the models on which some implementation gives other bits than the document. */
function compare(
  models: readonly DocumentCase[],
  wanted: readonly Digest[],
  seed: number,
): string[] {
  const implementations: [string, Bind, number][] = [
    ['reference', bindReference, ROW_COUNT_MAX],
    ['simd128', bindBuild('vitrine-simd128'), ROW_COUNT_MAX],
    ['relaxed', bindBuild('vitrine-relaxed'), 1 + (seed % 9)],
  ];
  const wrong: string[] = [];
  for (const [i, model] of models.entries()) {
    for (const [name, bind, rows] of implementations) {
      const { file, outputs } = caseDigest(bind, model, [rows]);
      if (file === wanted[i].file && outputs === wanted[i].outputs) continue;
      wrong.push(`${model.name}, ${name} kernels, ${rows} rows a step`);
    }
  }
  return wrong;
}

function main(): void {
  const { VITRINE_INTERNAL_PYTHON, VITRINE_INTERNAL_TEST_SEED } = process.env;
  const python = VITRINE_INTERNAL_PYTHON
    ? [VITRINE_INTERNAL_PYTHON]
    : setUpNumpy({ root, cache: join(root, '.cache/numerics') });
  const seed = Number(VITRINE_INTERNAL_TEST_SEED ?? randomInt(1, 2 ** 31));
  const isWriting = process.argv.includes('--write');
  for (const each of isWriting ? [COMMITTED_SEED] : [COMMITTED_SEED, seed]) {
    const from = performance.now();
    const models = documentCases(each);
    const digests = documentDigests(python, models);
    const wrong = compare(models, digests, each);
    for (const what of wrong) console.log(`differs from the document: ${what}`);
    const seconds = ((performance.now() - from) / 1000).toFixed(1);
    const same = wrong.length === 0 ? 'the same bits' : `${wrong.length} differ`;
    console.log(
      `seed ${each}: ${models.length} models, numpy and 3 implementations: ${same} (${seconds} s)`,
    );
    if (wrong.length > 0) process.exitCode = 1;
    else if (isWriting) {
      const lines = models.map(
        ({ name, tokens }, i) =>
          `${JSON.stringify(name)}: ${JSON.stringify({ ...digests[i], tokens })}`,
      );
      writeFileSync(DIGESTS, `{\n${lines.join(',\n')}\n}\n`);
    }
  }
}

main();
