import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { BACKUP_PATH, hasBackup, undoChanges, writeChanges } from './backup.ts';
import type { FileChange } from './change.ts';

/** Binary bytes, an executable, a symbolic link, a file to create. */
function makeRepository(): { root: string; changes: FileChange[] } {
  const root = mkdtempSync(join(tmpdir(), 'backup-'));
  mkdirSync(join(root, 'a'));
  writeFileSync(join(root, '.eslintrc'), Buffer.from([0xef, 0xbb, 0xbf, 0x00, 0xff, 0x0d, 0x0a]));
  writeFileSync(join(root, 'package.json'), '{"eslintConfig": {}}\r\n');
  chmodSync(join(root, 'package.json'), 0o755);
  writeFileSync(join(root, 'shared.json'), '{}');
  symlinkSync('../shared.json', join(root, 'a/.eslintrc.json'));
  const read = (path: string) => readFileSync(join(root, path));
  return {
    root,
    changes: [
      { path: 'eslint.config.mjs', before: undefined, after: Buffer.from('export default [];\n') },
      { path: '.eslintrc', before: read('.eslintrc'), after: undefined },
      { path: 'a/.eslintrc.json', before: read('a/.eslintrc.json'), after: undefined },
      { path: 'package.json', before: read('package.json'), after: Buffer.from('{}\r\n') },
    ],
  };
}

/** Path -> kind, mode and bytes; Vitrine's own folder is left out. */
function treeOf(root: string, folder = ''): Record<string, string> {
  const tree: Record<string, string> = {};
  for (const name of readdirSync(join(root, folder))) {
    const path = folder === '' ? name : `${folder}/${name}`;
    const stat = lstatSync(join(root, path));
    if (path === '.vitrine') continue;
    if (stat.isDirectory()) Object.assign(tree, treeOf(root, path));
    else if (stat.isSymbolicLink()) tree[path] = `-> ${readlinkSync(join(root, path))}`;
    else tree[path] = `${stat.mode.toString(8)} ${readFileSync(join(root, path), 'hex')}`;
  }
  return tree;
}

test('undo restores bytes, modes and links, and leaves nothing of its own', () => {
  const { root, changes } = makeRepository();
  const before = treeOf(root);
  writeChanges(root, changes);
  assert.deepEqual(Object.keys(treeOf(root)).sort(), [
    'eslint.config.mjs',
    'package.json',
    'shared.json',
  ]);
  assert.equal(lstatSync(join(root, 'package.json')).mode & 0o777, 0o755);
  undoChanges(root, false);
  assert.deepEqual(treeOf(root), before);
  assert.ok(!existsSync(join(root, '.vitrine')));
  rmSync(root, { recursive: true });
});

test('a second write is refused while a backup is there, and undo without one', () => {
  const { root, changes } = makeRepository();
  assert.throws(() => undoChanges(root, false), { code: 'no-backup' });
  writeChanges(root, changes);
  assert.throws(() => writeChanges(root, changes), { code: 'backup-exists' });
  rmSync(root, { recursive: true });
});

test('a file that changed since it was read stops the write before anything is touched', () => {
  const { root, changes } = makeRepository();
  writeFileSync(join(root, '.eslintrc'), 'new');
  const before = treeOf(root);
  assert.throws(() => writeChanges(root, changes), { code: 'changed-since' });
  assert.deepEqual(treeOf(root), before);
  assert.ok(!hasBackup(root));
  rmSync(root, { recursive: true });
});

test('undo keeps later edits unless it is forced', () => {
  const { root, changes } = makeRepository();
  const before = treeOf(root);
  writeChanges(root, changes);
  writeFileSync(join(root, 'eslint.config.mjs'), 'edited');
  assert.throws(() => undoChanges(root, false), /edited since the fold: eslint\.config\.mjs/);
  assert.equal(readFileSync(join(root, 'eslint.config.mjs'), 'utf8'), 'edited');
  undoChanges(root, true);
  assert.deepEqual(treeOf(root), before);
  rmSync(root, { recursive: true });
});

test('a manifest that leads out of the repository, or a damaged backup, is refused', () => {
  for (const path of ['../outside', 'out/x']) {
    const { root, changes } = makeRepository();
    writeChanges(root, changes);
    symlinkSync(tmpdir(), join(root, 'out'));
    const manifest = join(root, BACKUP_PATH, 'manifest.json');
    const text = readFileSync(manifest, 'utf8').replace('eslint.config.mjs', path);
    writeFileSync(manifest, text);
    assert.throws(() => undoChanges(root, true), { code: 'bad-config' });
    rmSync(root, { recursive: true });
  }
  const { root, changes } = makeRepository();
  writeChanges(root, changes);
  writeFileSync(join(root, BACKUP_PATH, '1'), 'damaged');
  assert.throws(() => undoChanges(root, false), { code: 'bad-config' });
  rmSync(root, { recursive: true });
});

/** Kills the process with SIGKILL before its n-th call that changes the file system. */
const DIE = `
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
let left = Number(process.env.DIE_AT);
for (const name of ['openSync', 'writeSync', 'fsyncSync', 'chmodSync', 'renameSync', 'rmSync',
  'rmdirSync', 'mkdirSync', 'symlinkSync']) {
  const real = fs[name];
  fs[name] = (...args) => {
    left -= 1;
    if (left === 0) process.kill(process.pid, 'SIGKILL');
    return real(...args);
  };
}
syncBuiltinESMExports();
`;

/** Runs `call` on backup.ts in a process that dies at step `at`; false when it lived to the end. */
function dies(root: string, changes: readonly FileChange[], call: string, at: number): boolean {
  const plain = changes.map(({ path, before, after }) => [
    path,
    before === undefined ? null : Buffer.from(before).toString('hex'),
    after === undefined ? null : Buffer.from(after).toString('hex'),
  ]);
  const program = `
    import { undoChanges, writeChanges } from ${JSON.stringify(new URL('./backup.ts', import.meta.url).href)};
    const bytes = (hex) => (hex === null ? undefined : Buffer.from(hex, 'hex'));
    const changes = ${JSON.stringify(plain)}.map(([path, before, after]) =>
      ({ path, before: bytes(before), after: bytes(after) }));
    const root = ${JSON.stringify(root)};
    ${call};
  `;
  const preload = `data:text/javascript,${encodeURIComponent(DIE)}`;
  const child = spawnSync(
    process.execPath,
    ['--import', preload, '--input-type=module-typescript', '-e', program],
    { env: { ...process.env, DIE_AT: String(at) }, encoding: 'utf8' },
  );
  if (child.signal === 'SIGKILL') return true;
  assert.equal(child.status, 0, child.stderr);
  return false;
}

test('killed before any step of a write, the repository is whole or can be undone', () => {
  let undone = 0;
  let whole = 0;
  for (let at = 1; ; at += 1) {
    const { root, changes } = makeRepository();
    const before = treeOf(root);
    const died = dies(root, changes, 'writeChanges(root, changes)', at);
    if (hasBackup(root)) {
      undoChanges(root, false);
      undone += 1;
    } else whole += 1;
    assert.deepEqual(treeOf(root), before, `step ${at}`);
    // Leftovers of the dead run do not stop the next one.
    writeChanges(root, changes);
    undoChanges(root, false);
    assert.deepEqual(treeOf(root), before, `step ${at}, second run`);
    assert.ok(!existsSync(join(root, '.vitrine')));
    rmSync(root, { recursive: true });
    if (!died) break;
  }
  assert.ok(undone > 3 && whole > 3, `${undone} runs died after the backup, ${whole} before`);
});

test('killed before any step of an undo, a second undo finishes it', () => {
  for (let at = 1; ; at += 1) {
    const { root, changes } = makeRepository();
    const before = treeOf(root);
    writeChanges(root, changes);
    const died = dies(root, changes, 'undoChanges(root, false)', at);
    if (hasBackup(root)) undoChanges(root, false);
    assert.deepEqual(treeOf(root), before, `step ${at}`);
    rmSync(root, { recursive: true });
    if (!died) break;
  }
});
