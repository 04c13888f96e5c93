/**
 * The tarball in an empty project, installed by npm from the registry that is configured here.
 * Needs that registry; fails without it.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { must, packInto } from '../packed-package.ts';
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
