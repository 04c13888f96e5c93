/**
 * The models of test/oracle/architectures as files that the engine loads: the same bits on one, two
 * and three threads, read and repacked by all of them. (They have no vocabulary, so that no engine
 * opens them whole; test/same-bits.test.ts does that with a llama model.)
 */
import { strict as assert } from 'node:assert';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { hashLogits } from '../../../test/logit-hash.ts';

const FOLDER = new URL('../../../test/oracle/architectures/', import.meta.url);
const NAMES = readdirSync(FOLDER).filter((name) => name.endsWith('.gguf.gz'));

const folder = mkdtempSync(join(tmpdir(), 'vitrine-architectures-'));
after(() => rmSync(folder, { recursive: true, force: true }));

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
