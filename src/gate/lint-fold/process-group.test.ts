import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { startEslint } from './eslint/process.ts';
import { runPython } from './python/interpreter.ts';

/** A linter with a worker; both refuse SIGTERM. `pids` is written when the worker is deaf. */
const STUBBORN = `
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0:
    with open("pids.new", "w") as file:
        file.write("%d %d" % (os.getppid(), os.getpid()))
    os.rename("pids.new", "pids")
time.sleep(600)
`;

function makeFolder() {
  const path = mkdtempSync(join(tmpdir(), 'process-group-'));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

async function until(holds: () => boolean): Promise<void> {
  const end = performance.now() + 20_000;
  while (!holds()) {
    assert.ok(performance.now() < end, 'waited 20 s');
    await delay(20);
  }
}

function pidsIn(folder: string): number[] {
  return readFileSync(join(folder, 'pids'), 'utf8').split(' ').map(Number);
}

/** A zombie that nobody has collected yet does not run. */
function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
}

function interpreterFor(root: string, signal?: AbortSignal) {
  const environment = process.env;
  const common = { path: 'python3', roots: [root], allowCode: false, environment };
  return signal === undefined ? common : { ...common, signal };
}

test('an interrupted linter takes its workers with it, deaf ones too', async () => {
  using folder = makeFolder();
  const controller = new AbortController();
  const interpreter = interpreterFor(folder.path, controller.signal);
  const run = runPython(interpreter, folder.path, ['-'], STUBBORN);
  const refused = assert.rejects(run, { code: 'interrupted' });
  await until(() => existsSync(join(folder.path, 'pids')));
  controller.abort();
  await refused;
  await until(() => !pidsIn(folder.path).some(runs));
});

test('a worker that outlives its linter is ended', async () => {
  using folder = makeFolder();
  const source = STUBBORN.replace('time.sleep', 'os.getpid() == leader or time.sleep')
    .replace('if os.fork', 'leader = os.getpid()\nif os.fork')
    .replace('os.rename', 'os.close(1); os.close(2); os.rename');
  await runPython(interpreterFor(folder.path), folder.path, ['-'], source);
  await until(() => existsSync(join(folder.path, 'pids')) && !pidsIn(folder.path).some(runs));
});

test('a process that exits in the middle of a run leaves no linter', async () => {
  using folder = makeFolder();
  const script = join(folder.path, 'main.mts');
  const module = new URL('./python/interpreter.ts', import.meta.url).href;
  const interpreter = JSON.stringify({ path: 'python3', roots: [folder.path], allowCode: false });
  writeFileSync(
    script,
    `import { runPython } from ${JSON.stringify(module)};
    process.on('SIGTERM', () => process.exit(7));
    const interpreter = { ...${interpreter}, environment: process.env };
    await runPython(interpreter, ${JSON.stringify(folder.path)}, ['-'], ${JSON.stringify(STUBBORN)});`,
  );
  const main = spawn(process.execPath, [script], { stdio: 'ignore' });
  await until(() => existsSync(join(folder.path, 'pids')));
  main.kill('SIGTERM');
  const [code] = await once(main, 'exit');
  assert.equal(code, 7);
  await until(() => !pidsIn(folder.path).some(runs));
});

test('an interrupted ESLint takes its processes with it', async () => {
  using folder = makeFolder();
  const plugin = join(folder.path, 'plugin.cjs');
  // What a plug-in does when it is loaded.
  writeFileSync(
    plugin,
    `const { spawn } = require('node:child_process');
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    require('node:fs').writeFileSync(${JSON.stringify(join(folder.path, 'pids'))},
      process.pid + ' ' + child.pid);`,
  );
  const controller = new AbortController();
  const eslint = startEslint('flat-worker', {
    root: folder.path,
    eslintDir: folder.path,
    allowJs: true,
    environment: { ...process.env, NODE_OPTIONS: `--require=${plugin}` },
    signal: controller.signal,
  });
  await until(() => existsSync(join(folder.path, 'pids')));
  const asked = eslint.ask('start', { root: folder.path, eslintDir: folder.path, allowJs: true });
  controller.abort();
  await assert.rejects(asked);
  await until(() => !pidsIn(folder.path).some(runs));
});
