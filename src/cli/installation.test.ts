import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { commandWord, findInstallation } from './installation.ts';

let home = '';

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'vitrine-installation-'));
});
afterEach(() => rm(home, { recursive: true }));

async function put(path: string): Promise<string> {
  const whole = join(home, path);
  await mkdir(dirname(whole), { recursive: true });
  await writeFile(whole, '{}');
  return dirname(whole);
}

test('a package in a project is removed by npm in that project', async () => {
  await put('project/package.json');
  const folder = await put('project/node_modules/vitrine/package.json');
  const found = findInstallation(folder);
  assert.deepEqual(found, {
    ...{ kind: 'npm', folder },
    command: ['npm', 'uninstall', '--prefix', join(home, 'project'), 'vitrine'],
  });
});

test('a global package is removed by npm with its prefix', async () => {
  const folder = await put('usr/lib/node_modules/vitrine/package.json');
  const found = findInstallation(folder);
  assert.equal(found.kind, 'npm');
  const prefix = join(home, 'usr');
  const command = ['npm', 'uninstall', '--global', '--prefix', prefix, 'vitrine'];
  assert.deepEqual('command' in found && found.command, command);
});

test('what npx keeps is the whole entry of its cache', async () => {
  await put('cache/_npx/0123/package.json');
  const folder = await put('cache/_npx/0123/node_modules/vitrine/package.json');
  const cacheEntry = join(home, 'cache/_npx/0123');
  assert.deepEqual(findInstallation(folder), { kind: 'npx', folder, cacheEntry });
});

test('what is not on the PATH is started by npx', async () => {
  await put('word/src/cli/main.ts');
  assert.equal(commandWord(findInstallation(join(home, 'word'))), 'npx vitrine');
  const global = await put('usr/lib/node_modules/vitrine/package.json');
  assert.equal(commandWord(findInstallation(global)), 'vitrine');
});

test('a checkout, and whatever else there may be, is left to its owner', async () => {
  await put('clone/src/cli/main.ts');
  assert.equal(findInstallation(join(home, 'clone')).kind, 'checkout');
  assert.equal(findInstallation(await put('opt/vitrine/package.json')).kind, 'other');
  const stray = await put('stray/node_modules/vitrine/package.json');
  assert.equal(findInstallation(stray).kind, 'other', 'no project to speak of');
});
