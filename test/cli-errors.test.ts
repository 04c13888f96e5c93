import assert from 'node:assert/strict';
import { readdir, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { writeGguf } from '../src/engine/gguf/index.ts';
import { startHub } from './hub-server.ts';
import { randomModel } from './random-model.ts';
import {
  type Finished,
  freePort,
  makeFolder,
  runVitrine,
  VitrineProcess,
} from './vitrine-process.ts';

let folder: Awaited<ReturnType<typeof makeFolder>>;
let dataDir = '';

before(async () => {
  folder = await makeFolder();
  dataDir = join(folder.path, 'data');
});
after(() => folder.remove());

function run(words: readonly string[], env: Record<string, string> = {}): Promise<Finished> {
  return runVitrine(words, { env: { VITRINE_DATA_DIR: dataDir, ...env }, cwd: folder.path });
}

function assertRefused(finished: Finished, code: number, message: RegExp): void {
  assert.match(finished.err, message);
  assert.match(finished.err, /^vitrine: error: [^\n]+\n$/, 'one line');
  assert.equal(finished.out, '');
  assert.equal(finished.code, code);
}

async function assertNothingLeft(): Promise<void> {
  assert.deepEqual(await readdir(dataDir, { recursive: true }).catch(() => []), []);
}

const USAGE: readonly (readonly [name: string, words: string[], message: RegExp])[] = [
  ['an unknown command', ['srve'], /unknown command "srve"\. Did you mean serve\?/],
  ['a flag before any command', ['--bogus'], /unknown flag --bogus\. .*--help and --version/],
  ['an unknown flag', ['serve', '--prot', '1'], /unknown flag --prot\. Did you mean --port\?/],
  ['an unknown short flag', ['serve', '-x'], /unknown flag -x\./],
  ['a flag of another command', ['pull', 'a', '--port', '1'], /unknown flag --port\./],
  ['a flag without its value', ['serve', '--model', '--port', '1'], /--model needs a value/],
  ['a port out of range', ['serve', '--port', '70000'], /--port: expected .* 0 to 65535, got "7/],
  ['a temperature that is none', ['run', 'a', 'b', '--temperature', 'hot'], /got "hot"/],
  ['a seed that is too large', ['run', 'a', 'b', '--seed', '9'.repeat(20)], /--seed: expected/],
  ['kernels that do not exist', ['env', '--kernels', 'relax'], /Did you mean relaxed\?/],
  ['a missing argument', ['pull'], /REF is missing: .* Usage: vitrine pull REF \[flags\]/],
  ['an argument too many', ['rm', 'a', 'b'], /unexpected argument "b"/],
  ['two models', ['serve', 'a', '--model', 'b'], /two models: a and --model b/],
  ['an unknown model', ['run', 'smolm2-135m', 'x'], /Did you mean smollm2-135m\?/],
  ['a beginning of a name', ['run', 'smollm2', 'x'], /Did you mean smollm2-135m\?/],
  ['a word far from any', ['run', 'zzzzzzzz', 'x'], /Known: smollm2-135m, vitrine-tiny\. Exp/],
  ['an empty prompt', ['run', 'vitrine-tiny', ' '], /the prompt is empty: expected a text/],
  ['an empty standard input', ['run', 'vitrine-tiny', '-'], /prompt on standard input is empty/],
  ['a bad reference', ['pull', 'hf:nobody'], /expected hf:owner\/repo/],
  ['an unsupported kind', ['pull', 's3://a/b'], /s3: references are not supported yet/],
];

for (const [name, words, message] of USAGE) {
  test(`${name} is wrong usage: one line, exit code 2, nothing left behind`, async () => {
    assertRefused(await run(words), 2, message);
    await assertNothingLeft();
  });
}

test('an unknown variable is refused with the nearest known one', async () => {
  const finished = await run(['models'], { VITRINE_PROT: '1' });
  assertRefused(finished, 2, /variable VITRINE_PROT\. Did you mean VITRINE_PORT\?/);
});

test('a weak key in the environment is refused without being shown', async () => {
  await writeFile(join(folder.path, 'good.gguf'), randomModel());
  const finished = await run(['serve', './good.gguf', '--port', '0'], { VITRINE_API_KEY: 'hush' });
  assertRefused(finished, 2, /VITRINE_API_KEY: expected/);
  assert.doesNotMatch(finished.err, /hush/);
  await assertNothingLeft();
});

/** Files that are no usable model, and what is said about each. */
const FILES: readonly (readonly [name: string, bytes: () => Uint8Array, message: RegExp])[] = [
  ['text', () => Buffer.from('hello, world'), /text\.gguf: expected a GGUF file/],
  ['empty', () => new Uint8Array(), /empty\.gguf: expected a GGUF file .* came an empty file/],
  ['truncated', () => randomModel().subarray(0, 30_000), /truncated\.gguf: .*(ends|has \d+)/],
  ['cut-header', () => randomModel().subarray(0, 1000), /cut-header\.gguf: /],
  ['version-9', versionNine, /version-9\.gguf: this is a GGUF file of version 9/],
  ['alien', alien, /alien\.gguf: .*"?mamba"?.*llama/],
  ['no-licence', withoutLicence, /no-licence names no licence.*--accept-licence unknown/],
];

for (const [name, bytes, message] of FILES) {
  test(`the file ${name}.gguf is refused in one line, exit code 1`, async () => {
    await writeFile(join(folder.path, `${name}.gguf`), bytes());
    assertRefused(await run(['run', `./${name}.gguf`, 'x']), 1, message);
    // The server listens, and logs so, before a model is loaded: the error is the last line.
    const served = await run(['serve', `./${name}.gguf`, '--port', '0']);
    const err = `${served.err.trimEnd().split('\n').at(-1)}\n`;
    assertRefused({ ...served, err }, 1, message);
    await assertNothingLeft();
  });
}

test('a file that is not there is named with what was expected', async () => {
  assertRefused(await run(['run', './none.gguf', 'x']), 1, /none\.gguf is no file; expected a GG/);
});

test('a bare file name that is no model is told how to write it; a directory is named', async () => {
  await writeFile(join(folder.path, 'README.md'), 'text');
  assertRefused(await run(['run', 'README.md', 'x']), 2, /Did you mean the file \.\/README\.md\?/);
  assertRefused(await run(['run', folder.path, 'x']), 1, / is a directory; expected a GGUF file/);
});

test('the reason why nothing was pulled is told once, with the flag that was used', async () => {
  const offline = await run(['pull', 'smollm2-135m', '--offline']);
  assertRefused(offline, 1, /hf:\S+, pip:\S+: not asked: --offline is set .*without --offline/);
  assert.equal(offline.err.split('not asked').length, 2);
  const variable = await run(['pull', 'smollm2-135m'], { VITRINE_OFFLINE: '1' });
  assertRefused(variable, 1, /not asked: VITRINE_OFFLINE is set/);
  const env = { HF_ENDPOINT: `http://127.0.0.1:${await freePort()}` };
  const { code, err } = await run(['pull', 'hf:owner/repo/m.gguf'], env);
  assert.equal(code, 1);
  assert.equal(err.split('connection refused').length, 2, err);
});

test('a pull that is stopped says so without an error, exit code 130', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as AddressInfo;
  const env = { VITRINE_DATA_DIR: dataDir, HF_ENDPOINT: `http://127.0.0.1:${port}` };
  const started = new VitrineProcess(['pull', 'hf:owner/repo/m.gguf'], { env });
  try {
    await started.until(({ err }) => err.includes('asking'), 'the source to be asked');
    started.child.kill('SIGINT');
    const { code, err } = await started.ended;
    assert.equal(code, 130);
    assert.match(err, /^vitrine: pulling m was cancelled; nothing is kept\.\n/m);
    assert.doesNotMatch(err, /error/);
  } finally {
    await started.kill();
    silent.close();
  }
});

test('what a server delivers instead of a model is refused and not kept', async () => {
  const hub = await startHub(Buffer.from('<html>sign in first</html>'));
  try {
    const finished = await run(['pull', 'hf:owner/repo/m.gguf'], { HF_ENDPOINT: hub.endpoint });
    assert.equal(finished.code, 1);
    assert.match(finished.err, /expected a GGUF file/);
    assert.deepEqual(await readdir(join(dataDir, 'models')), []);
  } finally {
    await hub.close();
  }
});

test('a model that was changed after it was pulled is refused at load', async () => {
  const hub = await startHub(randomModel());
  const env = { HF_ENDPOINT: hub.endpoint };
  try {
    const pulled = await run(['pull', 'hf:owner/repo/changed.gguf'], env);
    assert.equal(pulled.code, 0, pulled.err);
    const path = join(dataDir, 'models', 'changed.gguf');
    const bytes = randomModel();
    bytes[bytes.length - 1] ^= 1;
    await writeFile(path, bytes);
    const message = /changed\.gguf has SHA-256 [0-9a-f]{64}; expected [0-9a-f]{64}\./;
    assertRefused(await run(['run', 'changed', 'x'], env), 1, message);
    const removed = await run(['rm', 'changed']);
    assert.match(removed.out, /^changed is removed, \d+\.\d [KM]B freed\n$/);
    assertRefused(await run(['rm', 'changed']), 2, /no model "changed" has been pulled/);
  } finally {
    await hub.close();
  }
});

test('a port in use is told before anything is fetched', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const closed = `http://127.0.0.1:${await freePort()}`;
    const finished = await run(['serve', '--port', String(port)], { HF_ENDPOINT: closed });
    assertRefused(finished, 1, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is in use`));
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test('an address that is not of this machine is refused', async () => {
  const finished = await run(['serve', '--host', '203.0.113.1', '--port', '0']);
  assertRefused(finished, 1, /cannot listen on 203\.0\.113\.1/);
});

test('a prompt longer than the context is refused with both counts', async () => {
  await writeFile(join(folder.path, 'good.gguf'), randomModel());
  const finished = await run(['run', './good.gguf', 'x'.repeat(600)]);
  assertRefused(finished, 1, /the prompt has 6\d\d tokens; the context of 512/);
});

test('a data directory that cannot be made is named, with the remedy', async () => {
  await writeFile(join(folder.path, 'a-file'), '');
  const finished = await run(['pull', 'hf:o/r/m.gguf'], {
    VITRINE_DATA_DIR: join(folder.path, 'a-file', 'data'),
  });
  assertRefused(finished, 1, /a-file\/data.*VITRINE_DATA_DIR/);
});

test('a data directory below /proc is refused at once', async () => {
  const env = { VITRINE_DATA_DIR: '/proc/nope' };
  await writeFile(join(folder.path, 'good.gguf'), randomModel());
  for (const words of [['pull', 'hf:o/r/m.gguf'], ['serve'], ['serve', './good.gguf']]) {
    const port = words[0] === 'serve' ? ['--port', '0', '--log-level', 'warn'] : [];
    assertRefused(await run([...words, ...port], env), 1, /\/proc\/nope.*VITRINE_DATA_DIR/);
  }
});

function versionNine(): Uint8Array {
  const bytes = randomModel().slice();
  new DataView(bytes.buffer).setUint32(4, 9, true);
  return bytes;
}

/** The first `llama` in the file is the value of general.architecture. */
function alien(): Uint8Array {
  const bytes = Buffer.from(randomModel());
  bytes.write('mamba', bytes.indexOf('llama'));
  return bytes;
}

function withoutLicence(): Uint8Array {
  return writeGguf(new Map([['general.architecture', { type: 'string', value: 'llama' }]]), []);
}
