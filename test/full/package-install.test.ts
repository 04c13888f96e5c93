/**
 * The tarball in an empty project, installed by npm from the registry that is configured here.
 * Needs that registry; fails without it.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { create, toBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { must, packInto } from '../packed-package.ts';
import { shopFile } from '../proto-files.ts';
import { writeBundledModel } from '../stand-in.ts';
import { makeFolder } from '../vitrine-process.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let project = '';
let env: Record<string, string | undefined> = {};

before(async () => {
  folder = await makeFolder();
  project = join(folder.path, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "name": "empty", "private": true }');
  env = { ...process.env, VITRINE_DATA_DIR: join(folder.path, 'data') };
  must(['npm', 'install', '--no-audit', '--no-fund', packInto(folder.path)], project, env);
  const installed = join(project, 'node_modules', 'vitrine');
  if (!existsSync(join(installed, 'models'))) await writeBundledModel(installed);
});
after(() => folder.remove());

test('npx vitrine run answers, twice the same', () => {
  const words = ['run', 'vitrine-tiny', 'hello', '--max-tokens', '8', '--seed', '7', '--json'];
  const first = must(['npx', '--no-install', 'vitrine', ...words], project, env);
  assert.equal(JSON.parse(first).model, 'vitrine-tiny');
  assert.equal(must(['npx', '--no-install', 'vitrine', ...words], project, env), first);
});

test('every export subpath can be imported', async () => {
  const code = ['vitrine', 'vitrine/engine', 'vitrine/server', 'vitrine/weights', 'vitrine/gguf']
    .concat('vitrine/tokenizer', 'vitrine/chat')
    .map((name) => `await import('${name}');`);
  await writeFile(join(project, 'all.mjs'), code.join('\n'));
  must([process.execPath, 'all.mjs'], project, env);
});

test('nothing but Node.js itself is native, and nothing runs at install', async () => {
  const { packages } = JSON.parse(must(['cat', 'package-lock.json'], project));
  const scripts = Object.entries<{ hasInstallScript?: boolean }>(packages);
  assert.deepEqual(
    scripts.filter(([, { hasInstallScript }]) => hasInstallScript === true),
    [],
  );
});

test('the libraries for protobuf come when they are asked for, and testgen works with them', async () => {
  const set = create(FileDescriptorSetSchema, { file: [shopFile()] });
  await writeFile(join(project, 'set.binpb'), toBinary(FileDescriptorSetSchema, set));
  const words = ['npx', '--no-install', 'vitrine', 'testgen', '--descriptors', 'set.binpb'];
  const libraries = join(project, 'node_modules', '@bufbuild');
  assert.ok(!existsSync(libraries));
  assert.ok(!existsSync(join(project, 'node_modules', 'typescript')));
  assert.throws(() => must(words, project, env), /Install them: npm install --save-dev @bufbuild/);
  const told = /Install them: (npm install .*)/.exec(
    failureOf(() => must(words, project, env)),
  )?.[1];
  must([...(told ?? '').split(' '), '--no-audit', '--no-fund'], project, env);
  assert.ok(existsSync(libraries));
  assert.match(must(words, project, env), /^3 regenerated files, 0 unchanged; 1 once-written$/m);
  assert.ok(existsSync(join(project, 'gen/shop/v1/shop_test.gen.ts')));
  const names = Object.keys(JSON.parse(must(['cat', 'package.json'], project)).devDependencies);
  must(['npm', 'uninstall', '--no-audit', '--no-fund', ...names], project, env);
});

function failureOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

test('uninstall takes the package and its data away', async () => {
  const words = ['npx', '--no-install', 'vitrine', 'uninstall', '--yes'];
  assert.match(must(words, project, env), /Vitrine is removed/);
  assert.ok(!existsSync(join(project, 'node_modules', 'vitrine')));
  assert.ok(!existsSync(join(folder.path, 'data')));
  // npm leaves empty folders of scopes behind, but no package.
  const left = await readdir(join(project, 'node_modules'), { recursive: true });
  assert.deepEqual(
    left.filter((path) => path.endsWith('/package.json')),
    [],
  );
});
