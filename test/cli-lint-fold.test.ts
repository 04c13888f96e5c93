import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { stalledPid, untilGone, writeStalledProgram } from './stalled-program.ts';
import { makeFolder, olderNode, runVitrine, VitrineProcess } from './vitrine-process.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;

beforeEach(async () => {
  folder = await makeFolder();
});
afterEach(() => folder.remove());

const gate = (...words: string[]) =>
  runVitrine(['gate', 'lint-fold', ...words], { cwd: folder.path });

async function putPython(): Promise<void> {
  await writeFile(join(folder.path, 'pyproject.toml'), '[tool.black]\nline-length = 90\n');
  await writeFile(join(folder.path, 'a.py'), 'x = 1\n');
}

test('gate lint-fold explains itself, alone, by help and under an older Node.js', async () => {
  const { code, out, err } = await gate('--help');
  assert.equal(err, '');
  assert.equal(code, 0);
  assert.match(out, /^vitrine gate lint-fold \[FOLDER\]: /);
  assert.match(out, /--unify {2,}the most common setting of each rule wins/);
  assert.equal((await runVitrine(['help', 'gate', 'lint-fold'])).out, out);
  const older = await runVitrine(['gate', 'lint-fold', '-h'], { node: olderNode() });
  assert.equal(older.out, out);
});

test('the first word alone lists what it stands for, and is no command', async () => {
  for (const words of [['gate'], ['gate', '--help'], ['help', 'gate']]) {
    const { code, out } = await runVitrine(words);
    assert.equal(code, 0);
    assert.match(out, /^ {2}gate lint-fold {2}Fold /m);
  }
  const { code, err } = await runVitrine(['gate', 'lint-fould']);
  assert.equal(code, 2);
  assert.match(
    err,
    /^vitrine: error: unknown command "gate lint-fould"\. Did you mean gate lint-f/,
  );
});

test('what cannot run is one line on standard error and exit code 2', async () => {
  for (const [words, message] of [
    [[], /expected lint configurations below \S+, found none/],
    [['--unifi'], /unknown option --unifi\. Did you mean --unify\?/],
    [['--undo'], /backup/],
    [['no-such-folder'], /expected a folder/],
  ] as const) {
    const { code, out, err } = await gate(...words);
    assert.match(err, message);
    assert.match(err, /^vitrine: error: [^\n]+\n$/);
    assert.deepEqual([code, out], [2, '']);
  }
});

test('an interpreter without the tools is named with the remedy', async () => {
  await putPython();
  const { code, err } = await gate('--python', './none');
  assert.equal(code, 2);
  assert.match(err, /cannot start \S+none: .* Name one with --python PATH\.\n$/);
});

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} stops the tool, changes nothing and gives ${exitCode}`, async () => {
    await putPython();
    const python = join(folder.path, 'slow-python');
    await writeStalledProgram(python);
    const words = ['gate', 'lint-fold', '--write', '--python', './slow-python'];
    const started = new VitrineProcess(words, { cwd: folder.path });
    const pid = await stalledPid(python, started);
    started.child.kill(signal);
    const { code, err } = await started.ended;
    assert.equal(code, exitCode);
    assert.match(err, /interrupted; nothing was changed\.\n$/);
    await untilGone(pid);
    const names = await readdir(folder.path);
    assert.deepEqual(names.sort(), ['a.py', 'pyproject.toml', 'slow-python', 'slow-python.pid']);
  });
}
