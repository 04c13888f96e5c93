import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import fs, {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { hasBackup, undoChanges, writeChanges } from './backup.ts';
import type { FileChange } from './change.ts';
import { BACKUP_PATH } from './manifest.ts';

const STATE = mkdtempSync(join(tmpdir(), 'state-'));
after(() => rmSync(STATE, { recursive: true }));

const write = (root: string, changes: readonly FileChange[]) => writeChanges(root, changes, STATE);
const undo = (root: string, options: { force?: boolean; trust?: boolean; state?: string } = {}) =>
  undoChanges(root, { force: false, trust: false, state: STATE, ...options });

/** Binary bytes, an executable, a symbolic link, a file to create. */
function makeRepository(): { root: string; changes: FileChange[] } {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'backup-')));
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
  write(root, changes);
  assert.deepEqual(Object.keys(treeOf(root)).sort(), [
    'eslint.config.mjs',
    'package.json',
    'shared.json',
  ]);
  assert.equal(lstatSync(join(root, 'package.json')).mode & 0o777, 0o755);
  undo(root);
  assert.deepEqual(treeOf(root), before);
  assert.ok(!existsSync(join(root, '.vitrine')));
  rmSync(root, { recursive: true });
});

test('a second write is refused while a backup is there, and undo without one', () => {
  const { root, changes } = makeRepository();
  assert.throws(() => undo(root), { code: 'no-backup' });
  write(root, changes);
  assert.throws(() => write(root, changes), { code: 'backup-exists' });
  rmSync(root, { recursive: true });
});

test('a file that changed since it was read stops the write before anything is touched', () => {
  const { root, changes } = makeRepository();
  writeFileSync(join(root, '.eslintrc'), 'new');
  const before = treeOf(root);
  assert.throws(() => write(root, changes), { code: 'changed-since' });
  assert.deepEqual(treeOf(root), before);
  assert.ok(!hasBackup(root));
  rmSync(root, { recursive: true });
});

test('undo keeps later edits unless it is forced', () => {
  const { root, changes } = makeRepository();
  const before = treeOf(root);
  write(root, changes);
  writeFileSync(join(root, 'eslint.config.mjs'), 'edited');
  assert.throws(() => undo(root), /edited since the fold: eslint\.config\.mjs/);
  assert.equal(readFileSync(join(root, 'eslint.config.mjs'), 'utf8'), 'edited');
  undo(root, { force: true });
  assert.deepEqual(treeOf(root), before);
  rmSync(root, { recursive: true });
});

/** The manifest of a backup, with its entries changed. */
function forge(root: string, entries: readonly object[]): void {
  const path = join(root, BACKUP_PATH, 'manifest.json');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify({ version: 2, entries }));
}

const HELLO = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';

test('a backup that this user did not make is refused, and used with consent', () => {
  const { root, changes } = makeRepository();
  const before = treeOf(root);
  write(root, changes);
  const other = mkdtempSync(join(tmpdir(), 'state-'));
  assert.throws(() => undo(root, { state: other }), { code: 'not-trusted' });
  // The state folder may have come with the repository as well.
  const inside = join(root, 'state');
  cpSync(STATE, inside, { recursive: true });
  assert.throws(() => undo(root, { state: inside }), { code: 'not-trusted' });
  rmSync(inside, { recursive: true });
  const text = readFileSync(join(root, BACKUP_PATH, 'manifest.json'), 'utf8');
  writeFileSync(join(root, BACKUP_PATH, 'manifest.json'), `${text}\n`);
  assert.throws(() => undo(root), { code: 'not-trusted' });
  undo(root, { trust: true });
  assert.deepEqual(treeOf(root), before);
  rmSync(root, { recursive: true });
  rmSync(other, { recursive: true });
});

test('even a trusted backup writes nothing outside: not through a link that it restores first', () => {
  const outside = mkdtempSync(join(tmpdir(), 'outside-'));
  const { root } = makeRepository();
  forge(root, [
    { path: 'out', before: { link: outside }, after: null },
    { path: 'out/x', before: { blob: '0', mode: 0o644, sha256: HELLO }, after: null },
  ]);
  writeFileSync(join(root, BACKUP_PATH, '0'), 'hello');
  assert.throws(() => undo(root, { trust: true, force: true }), { code: 'bad-config' });
  assert.deepEqual(readdirSync(outside), []);
  for (const path of ['../outside', '/etc/x', 'a/../../x', '', '.git/config', '.vitrine/x']) {
    forge(root, [{ path, before: null, after: null }]);
    assert.throws(() => undo(root, { trust: true, force: true }), { code: 'bad-config' }, path);
  }
  for (const entry of [
    { path: 'x', before: { blob: '../../package.json', mode: 0o644, sha256: HELLO }, after: null },
    { path: 'x', before: { blob: '0', mode: 'x', sha256: HELLO }, after: null },
    { path: 'x' },
  ]) {
    forge(root, [entry]);
    assert.throws(() => undo(root, { trust: true }), { code: 'bad-config' });
  }
  rmSync(root, { recursive: true });
  rmSync(outside, { recursive: true });
});

test('a damaged backup is refused', () => {
  const { root, changes } = makeRepository();
  write(root, changes);
  writeFileSync(join(root, BACKUP_PATH, '1'), 'damaged');
  assert.throws(() => undo(root), { code: 'bad-config' });
  rmSync(root, { recursive: true });
});

test('a link in the place of a folder of the backup is refused, and what it leads to is untouched', () => {
  for (const place of ['.vitrine', '.vitrine/lint-fold', BACKUP_PATH]) {
    const outside = mkdtempSync(join(tmpdir(), 'outside-'));
    mkdirSync(join(outside, 'part-1'));
    mkdirSync(join(outside, 'lint-fold'));
    const { root, changes } = makeRepository();
    mkdirSync(dirname(join(root, place)), { recursive: true });
    symlinkSync(outside, join(root, place));
    const before = treeOf(root);
    assert.throws(() => write(root, changes), { code: 'bad-config' }, place);
    assert.throws(() => undo(root, { trust: true, force: true }), { code: 'bad-config' }, place);
    assert.deepEqual(readdirSync(outside).sort(), ['lint-fold', 'part-1']);
    assert.deepEqual(readdirSync(join(outside, 'lint-fold')), []);
    assert.deepEqual(treeOf(root), before);
    rmSync(root, { recursive: true });
    rmSync(outside, { recursive: true });
  }
});

test('a link in the place of a file of the backup is not written through', () => {
  const { root, changes } = makeRepository();
  mkdirSync(join(root, '.vitrine/lint-fold'), { recursive: true });
  symlinkSync(join(root, 'shared.json'), join(root, '.vitrine/lint-fold/.gitignore'));
  symlinkSync(join(root, 'shared.json'), join(root, '.package.json.vitrine-lint-fold'));
  write(root, changes);
  assert.equal(readFileSync(join(root, 'shared.json'), 'utf8'), '{}');
  rmSync(root, { recursive: true });
});

test('a link that led nowhere is put back', () => {
  const { root, changes } = makeRepository();
  symlinkSync('nowhere', join(root, 'eslint.config.mjs'));
  const before = treeOf(root);
  write(root, changes);
  undo(root);
  assert.deepEqual(treeOf(root), before);
  rmSync(root, { recursive: true });
});

test('undo says what it restored, and leaves alone what is right already', () => {
  const { root, changes } = makeRepository();
  write(root, changes);
  const old = changes.find(({ path }) => path === '.eslintrc')?.before as Uint8Array;
  writeFileSync(join(root, '.eslintrc'), old, { mode: 0o644 });
  const { ino } = lstatSync(join(root, '.eslintrc'));
  const { restored, already } = undo(root);
  assert.deepEqual(already, ['.eslintrc']);
  assert.deepEqual(restored, ['eslint.config.mjs', 'a/.eslintrc.json', 'package.json']);
  assert.equal(lstatSync(join(root, '.eslintrc')).ino, ino);
  rmSync(root, { recursive: true });
});

/** Calls that change what is on the disk. An opened file is empty until its first write. */
const CHANGES = [
  ...['writeSync', 'chmodSync', 'renameSync', 'rmSync', 'rmdirSync', 'mkdirSync', 'symlinkSync'],
];

/** Calls that may fail. */
const STEPS = [...CHANGES, 'openSync', 'fsyncSync', 'lstatSync', 'readdirSync', 'readlinkSync'];

/** Runs `call` on backup.ts in a process that dies at step `at`; false when it lived to the end. */
function dies(root: string, changes: readonly FileChange[], call: string, at: number): boolean {
  const plain = changes.map(({ path, before, after }) => [
    path,
    before === undefined ? null : Buffer.from(before).toString('hex'),
    after === undefined ? null : Buffer.from(after).toString('hex'),
  ]);
  const program = `
    import fs from 'node:fs';
    import { syncBuiltinESMExports } from 'node:module';
    import { undoChanges, writeChanges } from ${JSON.stringify(new URL('./backup.ts', import.meta.url).href)};
    const bytes = (hex) => (hex === null ? undefined : Buffer.from(hex, 'hex'));
    const changes = ${JSON.stringify(plain)}.map(([path, before, after]) =>
      ({ path, before: bytes(before), after: bytes(after) }));
    const root = ${JSON.stringify(root)};
    const state = ${JSON.stringify(STATE)};
    let left = ${at};
    for (const name of ${JSON.stringify(CHANGES)}) {
      const real = fs[name];
      fs[name] = (...args) => {
        left -= 1;
        if (left === 0) process.kill(process.pid, 'SIGKILL');
        return real(...args);
      };
    }
    syncBuiltinESMExports();
    ${call};
  `;
  const args = ['--input-type=module-typescript', '-e', program];
  const child = spawnSync(process.execPath, args, { encoding: 'utf8' });
  if (child.signal === 'SIGKILL') return true;
  assert.equal(child.status, 0, child.stderr);
  return false;
}

/** Lets the n-th step of `call` fail, and with `forEver` every step after it. */
function failing(at: number, forEver: boolean, call: () => void): void {
  const functions = fs as unknown as Record<string, (...args: unknown[]) => unknown>;
  const real = STEPS.map((name) => [name, functions[name]] as const);
  let left = at;
  for (const [name, step] of real) {
    functions[name] = (...args) => {
      left -= 1;
      if (left === 0 || (left < 0 && forEver)) {
        throw Object.assign(new Error(`EIO: ${name}`), { code: 'EIO', syscall: name });
      }
      return step?.(...args);
    };
  }
  syncBuiltinESMExports();
  try {
    call();
  } finally {
    for (const [name, step] of real) functions[name] = step as (typeof functions)[string];
    syncBuiltinESMExports();
  }
}

test('killed before any step of a write, the repository is whole or can be undone', () => {
  let undone = 0;
  let whole = 0;
  for (let at = 1; ; at += 1) {
    const { root, changes } = makeRepository();
    const before = treeOf(root);
    const died = dies(root, changes, 'writeChanges(root, changes, state)', at);
    if (hasBackup(root)) {
      undo(root);
      undone += 1;
    } else whole += 1;
    assert.deepEqual(treeOf(root), before, `step ${at}`);
    // Leftovers of the dead run do not stop the next one.
    write(root, changes);
    undo(root);
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
    write(root, changes);
    const died = dies(
      root,
      changes,
      'undoChanges(root, { force: false, trust: false, state })',
      at,
    );
    if (hasBackup(root)) undo(root);
    assert.deepEqual(treeOf(root), before, `step ${at}`);
    rmSync(root, { recursive: true });
    if (!died) break;
  }
});

test('a step of a write that fails is taken back and said; if that fails too, undo does it', () => {
  const told = { back: 0, never: 0, half: 0 };
  for (const forEver of [false, true]) {
    for (let at = 1; ; at += 1) {
      const { root, changes } = makeRepository();
      const before = treeOf(root);
      let message = '';
      try {
        failing(at, forEver, () => write(root, changes));
      } catch (error) {
        message = (error as Error).message;
      }
      const step = `${forEver} ${at}: ${message}`;
      if (/^EIO: \w+; every change was taken back\.$/.test(message)) told.back += 1;
      else if (/^EIO: \w+; nothing was changed\.$/.test(message)) told.never += 1;
      else if (message !== '') {
        assert.match(message, /^EIO: \w+; some files are changed already.*--undo/, step);
        told.half += 1;
      }
      if (hasBackup(root)) undo(root);
      else if (!forEver) assert.ok(!existsSync(join(root, '.vitrine')), step);
      assert.deepEqual(treeOf(root), before, step);
      rmSync(root, { recursive: true });
      if (message === '') break;
    }
  }
  assert.ok(told.back > 3 && told.never > 3 && told.half > 3, JSON.stringify(told));
});
