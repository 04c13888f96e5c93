import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { shopFile } from '../../test/proto-files.ts';
import { runTestgen } from './command.ts';

describe('vitrine testgen', () => {
  const directory = mkdtempSync(join(tmpdir(), 'vitrine-testgen-'));
  after(() => rmSync(directory, { recursive: true }));
  const set = create(FileDescriptorSetSchema, { file: [shopFile()] });
  writeFileSync(join(directory, 'set.binpb'), toBinary(FileDescriptorSetSchema, set));

  const run = async (...argv: string[]) => {
    const out: string[] = [];
    const err: string[] = [];
    const io = {
      out: (text: string) => void out.push(text),
      err: (text: string) => void err.push(text),
      directory,
      environment: process.env,
    };
    const code = await runTestgen(argv, io);
    return { code, out: out.join(''), err: err.join('') };
  };

  it('explains itself', async () => {
    const { code, out } = await run('--help');
    assert.equal(code, 0);
    assert.match(out, /--descriptors FILE/);
  });

  it('says 1 when files are not current, writes them, then says 0', async () => {
    assert.equal((await run('--descriptors', 'set.binpb', '--check')).code, 1);
    const made = await run('--descriptors', 'set.binpb');
    assert.equal(made.code, 0, made.err);
    assert.match(made.out, /^new {5}gen\/shop\/v1\/shop_test\.gen\.ts$/m);
    assert.match(made.out, /^to fill in {2}gen\/shop\/v1\/shop\.test\.ts$/m);
    assert.match(made.out, /^3 regenerated files, 0 unchanged; 1 once-written$/m);
    const again = await run('--descriptors', 'set.binpb', '--check');
    assert.deepEqual([again.code, again.err], [0, '']);
  });

  it('keeps what a person wrote', async () => {
    const path = join(directory, 'gen/shop/v1/shop.test.ts');
    writeFileSync(path, 'mine');
    assert.equal((await run('--descriptors', 'set.binpb')).code, 0);
    assert.equal(readFileSync(path, 'utf8'), 'mine');
  });

  it('says 2 and one line when it cannot run', async () => {
    for (const [argv, message] of [
      [['--descriptors', 'none.binpb'], /none\.binpb is no descriptor set/],
      [['--descriptors', 'set.binpb', 'other.proto'], /holds no file other\.proto/],
      [['--descriptors', 'set.binpb', '--lang', 'rust'], /expected ts or go/],
      [['--compiler', 'gcc'], /expected buf or protoc/],
      [['--prunes'], /unknown option --prunes\. Did you mean --prune\?/],
    ] as const) {
      const { code, err } = await run(...argv);
      assert.equal(code, 2);
      assert.match(err, message);
      assert.match(err, /^vitrine: error: [^\n]*\n$/);
    }
  });
});
