import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { CodeGeneratorResponseSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { pluginRequest, shopFile } from './proto-files.ts';
import { cycleFile } from './proto-graphs.ts';
import { stalledPid, untilGone, writeStalledProgram } from './stalled-program.ts';
import { CHECKOUT, makeFolder, olderNode, runVitrine, VitrineProcess } from './vitrine-process.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
  const set = create(FileDescriptorSetSchema, { file: [shopFile()] });
  await writeFile(join(folder.path, 'set.binpb'), toBinary(FileDescriptorSetSchema, set));
});
afterEach(() => folder.remove());

const testgen = (...words: string[]) => runVitrine(['testgen', ...words], { cwd: folder.path });

test('testgen explains itself, alone and by help', async () => {
  const { code, out, err } = await testgen('--help');
  assert.deepEqual([code, err], [0, '']);
  assert.match(out, /^vitrine testgen: /);
  assert.match(out, /--descriptors FILE/);
  assert.equal((await runVitrine(['help', 'testgen'])).out, out);
});

test('exit codes come through: 1 not current, 0 written and then current', async () => {
  const words = ['--descriptors', 'set.binpb', '--lang', 'ts'];
  const before = await testgen(...words, '--check');
  assert.equal(before.code, 1);
  assert.match(before.err, /^vitrine: not current; run it without --check\n$/);
  assert.deepEqual(await readdir(folder.path), ['set.binpb']);
  const made = await testgen(...words);
  assert.equal(made.code, 0, made.err);
  assert.match(made.out, /^to fill in {2}gen\/shop\/v1\/shop\.test\.ts$/m);
  const text = await readFile(join(folder.path, 'gen/shop/v1/shop_test.gen.ts'), 'utf8');
  assert.match(text, /enerated by protoc-gen-vitrine-test/);
  assert.equal((await testgen(...words, '--check')).code, 0);
});

test('what cannot run is one line on standard error and exit code 2', async () => {
  for (const [words, message] of [
    [['--prunes'], /unknown option --prunes\. Did you mean --prune\?/],
    [['--descriptors', 'none.binpb'], /none\.binpb is no descriptor set/],
    [['--compiler', 'gcc'], /expected buf or protoc, got "gcc"/],
  ] as const) {
    const { code, out, err } = await testgen(...words);
    assert.match(err, message);
    assert.match(err, /^vitrine: error: [^\n]+\n$/);
    assert.deepEqual([code, out], [2, '']);
  }
});

test('Ctrl-C stops the compiler, writes nothing and gives 130', async () => {
  const protoc = join(folder.path, 'node_modules/.bin/protoc');
  await writeStalledProgram(protoc);
  const words = ['testgen', '--compiler', 'protoc', 'a.proto'];
  const started = new VitrineProcess(words, { cwd: folder.path });
  const pid = await stalledPid(protoc, started);
  started.child.kill('SIGINT');
  const { code, out, err } = await started.ended;
  assert.deepEqual([code, out], [130, '']);
  assert.match(err, /^vitrine: error: interrupted; nothing was written\n$/);
  await untilGone(pid);
  assert.deepEqual((await readdir(folder.path)).sort(), ['node_modules', 'set.binpb']);
});

test('Ctrl-C stops a generation that takes long, and writes nothing', async () => {
  const set = create(FileDescriptorSetSchema, { file: [cycleFile(20_000)] });
  await writeFile(join(folder.path, 'large.binpb'), toBinary(FileDescriptorSetSchema, set));
  const words = ['testgen', '--descriptors', 'large.binpb'];
  const started = new VitrineProcess(words, { cwd: folder.path });
  await started.until(({ err }) => /generating the tests of 20000 messages/.test(err), 'the work');
  started.child.kill('SIGTERM');
  const { code, out, err } = await started.ended;
  assert.deepEqual([code, out], [143, '']);
  assert.match(err, /^vitrine: error: interrupted; nothing was written\n$/m);
  assert.deepEqual((await readdir(folder.path)).sort(), ['large.binpb', 'set.binpb']);
});

for (const [name, node] of [
  ['this Node.js', [process.execPath]],
  ['an older Node.js', olderNode()],
] as const) {
  test(`the plug-in of the checkout answers a request under ${name}`, () => {
    const [program, ...args] = node;
    const plugin = join(CHECKOUT, 'bin/protoc-gen-vitrine-test.mjs');
    const { status, stdout, stderr } = spawnSync(program, [...args, plugin], {
      cwd: folder.path,
      input: pluginRequest('lang=go,module=example.com/shop'),
    });
    assert.equal(String(stderr), '');
    assert.equal(status, 0);
    const response = fromBinary(CodeGeneratorResponseSchema, stdout);
    assert.equal(response.error, '');
    assert.ok(response.file.some((file) => file.name.endsWith('shop_gen_test.go')));
  });
}
