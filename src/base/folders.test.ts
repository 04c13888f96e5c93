import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { type FolderMaker, makeFolders } from './folders.ts';

const maker: FolderMaker = { make: (path) => mkdir(path, { mode: 0o700 }), dirname };

test('folders are made with those above them, again without an error', async () => {
  const root = await mkdtemp(join(tmpdir(), 'vitrine-folders-'));
  try {
    const path = join(root, 'a', 'b', 'c');
    await makeFolders(path, maker);
    await makeFolders(path, maker);
    assert.ok((await stat(path)).isDirectory());
    assert.equal((await stat(join(root, 'a'))).mode & 0o777, 0o700);
    await writeFile(join(root, 'file'), '');
    await assert.rejects(makeFolders(join(root, 'file', 'd'), maker), { code: 'ENOTDIR' });
  } finally {
    await rm(root, { recursive: true });
  }
});

test('where a folder refuses with ENOENT though it exists, the error comes at once', async () => {
  const asked: string[] = [];
  const procLike: FolderMaker = {
    make: async (path) => {
      asked.push(path);
      throw Object.assign(new Error(path), { code: path === '/proc' ? 'EEXIST' : 'ENOENT' });
    },
    dirname,
  };
  await assert.rejects(makeFolders('/proc/nope/models', procLike), { code: 'ENOENT' });
  assert.deepEqual(asked, ['/proc/nope/models', '/proc/nope', '/proc', '/proc/nope']);
});
