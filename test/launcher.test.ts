import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import {
  CHECKOUT,
  makeFolder,
  olderNode,
  pretend,
  runVitrine,
  VitrineProcess,
} from './vitrine-process.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

/** The launcher alone, with a package of its own as the locked Node.js; none when undefined. */
async function launcherWith(binary: string | undefined): Promise<string> {
  const home = join(folder.path, 'package');
  await cp(join(CHECKOUT, 'bin'), join(home, 'bin'), { recursive: true });
  if (binary === undefined) return home;
  // Hoisted: npm puts dependencies beside the package.
  const runtime = join(folder.path, 'node_modules', `node-${process.platform}-${process.arch}`);
  await mkdir(join(runtime, 'bin'), { recursive: true });
  await writeFile(join(runtime, 'package.json'), '{}');
  await writeFile(join(runtime, 'bin', 'node'), binary);
  await chmod(join(runtime, 'bin', 'node'), 0o755);
  return home;
}

test('under an older Node.js the locked one runs the program with the same words', async () => {
  const { code, out, err } = await runVitrine(['env', '--json', '--port', '9000'], {
    node: olderNode(),
  });
  assert.equal(err, '');
  assert.equal(code, 0);
  const port = JSON.parse(out).settings.find(
    ({ variable }: { variable: string }) => variable === 'VITRINE_PORT',
  );
  assert.equal(port.value, '9000');
  assert.equal(port.from, '--port');
});

test('under an older Node.js exit codes and standard error come through', async () => {
  const { code, out, err } = await runVitrine(['frobnicate'], { node: olderNode() });
  assert.equal(code, 2);
  assert.equal(out, '');
  assert.match(err, /^vitrine: error: unknown command "frobnicate"/);
});

test('a symbolic link to the command works, as npm makes it', async () => {
  const link = join(folder.path, 'vitrine');
  await symlink(join(CHECKOUT, 'bin', 'vitrine.mjs'), link);
  const [node, ...args] = olderNode();
  const { stdout } = spawnSync(node, [...args, link, '--version'], { encoding: 'utf8' });
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/);
});

test('the locked binary is found beside the package, and gets every word', async () => {
  const home = await launcherWith('#!/bin/sh\nshift\nprintf "%s|" "$@"\nexit 7\n');
  const words = ['run', 'two words', '--flag=$x', ''];
  const { code, out } = await runVitrine(words, { folder: home, node: olderNode() });
  // The preload of a pretended version, if there is one, comes before.
  assert.ok(out.endsWith('run|two words|--flag=$x||'), out);
  assert.equal(code, 7);
});

test('SIGTERM and SIGINT are passed on, and a death by signal is mirrored', async () => {
  const script =
    '#!/bin/sh\ntrap "echo got TERM; exit 3" TERM\necho ready\nwhile :; do sleep 0.05; done\n';
  const home = await launcherWith(script);
  const started = new VitrineProcess([], { folder: home, node: olderNode() });
  await started.until(({ out }) => out.includes('ready'), 'the program');
  started.child.kill('SIGTERM');
  const ended = await started.ended;
  assert.equal(ended.code, 3);
  assert.match(ended.out, /got TERM/);

  const killed = new VitrineProcess([], { folder: home, node: olderNode() });
  await killed.until(({ out }) => out.includes('ready'), 'the program');
  killed.child.kill('SIGINT');
  assert.equal((await killed.ended).signal, 'SIGINT');
});

test('a program whose launcher is killed does not stay behind', async () => {
  const program = "process.once('disconnect', () => console.log('gone')); console.log('ready')";
  const home = await launcherWith(`#!/bin/sh\nexec "$REAL" -e "$PROGRAM"\n`);
  const started = new VitrineProcess([], {
    folder: home,
    node: olderNode(),
    env: { REAL: process.execPath, PROGRAM: program },
  });
  await started.until(({ out }) => out.includes('ready'), 'the program');
  started.child.kill('SIGKILL');
  const { out } = await started.ended;
  assert.match(out, /gone/);
});

test('without the platform package the refusal says what to install', async () => {
  const home = await launcherWith(undefined);
  const { code, err } = await runVitrine(['--version'], { folder: home, node: olderNode() });
  assert.equal(code, 1);
  assert.match(err, /^vitrine: Vitrine needs Node\.js 24 or newer; this is Node\.js \d+\.\d+/);
  assert.match(err, /Run npm ci .* Install Node\.js 24 or newer \(https:\/\/nodejs\.org\)\.\n$/);
  assert.equal(err.split('\n').length, 2);
});

test('another platform with an older Node.js is refused by name', async () => {
  const node = [process.execPath, '--import', pretend('22.1.0', 'darwin')];
  const { code, err } = await runVitrine(['--version'], { node });
  assert.equal(code, 1);
  assert.match(err, /this is Node\.js 22\.1\.0 on darwin-\w+, for which the package brings none/);
  assert.match(err, /Install Node\.js 24 or newer/);
});

test('a binary whose loader is missing (musl) is refused with the reason', async () => {
  const home = await launcherWith('#!/lib64/no-such-loader\n');
  const { code, err } = await runVitrine(['--version'], { folder: home, node: olderNode() });
  assert.equal(code, 1);
  assert.match(err, /needs glibc, which this system \(musl, as in Alpine\?\) does not have/);
});

test('a checkout without its dependencies says to install them', async () => {
  const home = join(folder.path, 'clone');
  for (const name of ['bin', 'src', 'package.json']) {
    await cp(join(CHECKOUT, name), join(home, name), { recursive: true });
  }
  const { code, err } = await runVitrine(['--version'], { folder: home });
  assert.equal(code, 1);
  assert.match(err, /^vitrine: Cannot find package '[^']+'\. Run npm ci first\.\n$/);
});

test('vitrine-node runs the Node.js of the lock file with any arguments', () => {
  const [node, ...args] = olderNode();
  const script = join(CHECKOUT, 'bin', 'vitrine-node.mjs');
  const ran = spawnSync(node, [...args, script, '-p', '"v" + process.versions.node'], {
    encoding: 'utf8',
    env: { ...process.env, VITRINE_INTERNAL_LAUNCHED: undefined },
  });
  assert.match(ran.stdout, /^v2[4-9]\./);
  assert.equal(ran.status, 0);
});
