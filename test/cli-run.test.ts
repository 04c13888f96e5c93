import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openEngine } from '../src/engine/index.ts';
import { startHub } from './hub-server.ts';
import { randomModel } from './random-model.ts';
import {
  CHECKOUT,
  makeFolder,
  runVitrine,
  type StartOptions,
  VitrineProcess,
} from './vitrine-process.ts';

const TINY = join(CHECKOUT, 'models', 'vitrine-tiny', 'vitrine-tiny.gguf');
let folder: Awaited<ReturnType<typeof makeFolder>>;
let options: StartOptions;

before(async () => {
  folder = await makeFolder();
  options = { cwd: folder.path, env: { VITRINE_DATA_DIR: join(folder.path, 'data') } };
  await writeFile(join(folder.path, 'tiny.gguf'), randomModel());
  await writeFile(join(folder.path, 'long.gguf'), randomModel({ contextTokens: 8192, seed: 2 }));
});
after(() => folder.remove());

test('run prints the answer alone on standard output', async () => {
  const words = ['run', './tiny.gguf', 'hello', '--max-tokens', '8', '--temperature', '0'];
  const { code, out, err } = await runVitrine(words, options);
  assert.equal(code, 0, err);
  assert.match(out, /^[ -~]{1,8}\n$/);
  assert.match(err, /the answer was cut at --max-tokens 8/);
  assert.match(err, /\d+ tokens in, 8 out.*, seed \d+/);
});

test('run --json is equal twice, for one seed, and differs for another', async () => {
  const words = ['run', './tiny.gguf', 'hello', '--max-tokens', '12', '--json'];
  const [first, second, other] = await Promise.all([
    runVitrine([...words, '--seed', '18446744073709551615'], options),
    runVitrine([...words, '--seed', '18446744073709551615', '--threads', '1'], options),
    runVitrine([...words, '--seed', '2'], options),
  ]);
  assert.equal(first.code, 0, first.err);
  assert.equal(first.err, '');
  assert.equal(first.out, second.out);
  const answer = JSON.parse(first.out);
  assert.equal(answer.seed, '18446744073709551615');
  assert.equal(answer.finish_reason, 'max-tokens');
  assert.equal(answer.token_ids.length, 12);
  assert.deepEqual(answer.usage, {
    input_tokens: answer.prompt_token_ids.length,
    output_tokens: 12,
  });
  assert.match(answer.digest, /^sha256:[0-9a-f]{64}$/);
  assert.match(answer.numerics, /^vitrine-numerics\//);
  assert.notDeepEqual(JSON.parse(other.out).token_ids, answer.token_ids);
});

test('run ends before a stop sequence and says which', async () => {
  const words = ['run', './tiny.gguf', 'hello', '--temperature', '0', '--json', '--max-tokens'];
  const whole = JSON.parse((await runVitrine([...words, '12'], options)).out);
  const stop = whole.text.slice(3, 5);
  const cut = JSON.parse((await runVitrine([...words, '12', '--stop', stop], options)).out);
  assert.equal(cut.text, whole.text.slice(0, whole.text.indexOf(stop)));
  assert.equal(cut.finish_reason, 'stop-sequence');
  assert.equal(cut.stop_sequence, stop);
});

test('run reads a prompt from standard input', async () => {
  const words = ['--max-tokens', '4', '--temperature', '0', '--json'];
  const given = await runVitrine(['run', './tiny.gguf', 'from a pipe', ...words], options);
  const piped = await runVitrine(['run', './tiny.gguf', '-', ...words], {
    ...options,
    input: 'from a pipe',
  });
  assert.equal(piped.out, given.out);
  const empty = await runVitrine(['run', './tiny.gguf', '-', ...words], { ...options, input: '' });
  assert.equal(empty.code, 2);
});

test('Ctrl-C ends an answer with exit code 130, and what was said stays', async () => {
  const words = ['run', './long.gguf', 'hello', '--max-tokens', '8000'];
  const started = new VitrineProcess(words, options);
  await started.until(({ out }) => out.length > 10, 'some of the answer');
  started.child.kill('SIGINT');
  const { code, out, err } = await started.ended;
  assert.equal(code, 130);
  assert.ok(out.endsWith('\n'));
  assert.match(err, /stopped before the end of the answer/);
});

test('doctor lists the bundled model too, with the memory that it takes', async () => {
  const { code, out } = await runVitrine(['doctor', '--json'], options);
  assert.equal(code, 0);
  const { models } = JSON.parse(out);
  const bundled = models.find(({ name }: { name: string }) => name === 'vitrine-tiny');
  assert.equal(bundled.on_disk, true);
  const engine = await openEngine({ modelPath: TINY, threads: 2 });
  const { memoryBytes } = engine.info.model;
  await engine.close();
  assert.ok(Math.abs(bundled.memory_bytes / memoryBytes - 1) < 0.05, `${memoryBytes} bytes`);
  const { out: text } = await runVitrine(['doctor'], options);
  assert.match(text, /makes these figures lower\.\n$/);
});

test('chat keeps the conversation, forgets it on /reset, and leaves on /exit', async () => {
  const words = ['chat', './tiny.gguf', '--max-tokens', '6', '--temperature', '0'];
  const input = 'hello\nhello\n/reset\nhello\n/what\n/help\n/exit\nnever\n';
  const { code, out, err } = await runVitrine(words, { ...options, input });
  assert.equal(code, 0, err);
  const answers = out.trimEnd().split('\n');
  assert.equal(answers.length, 3);
  assert.notEqual(answers[1], answers[0], 'the second turn has seen the first');
  assert.equal(answers[2], answers[0], 'after /reset it is the first again');
  assert.match(err, /the conversation is forgotten/);
  assert.match(err, /unknown: \/what/);
  assert.match(err, /\/reset {2}forget the conversation/);
});

test('chat says so when the conversation fills the context, and goes on', async () => {
  const words = ['chat', './tiny.gguf', '--max-tokens', '2'];
  const input = `${'x'.repeat(600)}\nhello\n`;
  const { code, out, err } = await runVitrine(words, { ...options, input });
  assert.equal(code, 0);
  assert.match(err, /the prompt has 6\d\d tokens.*\/reset starts anew/);
  assert.equal(out.trimEnd().split('\n').length, 1);
});

test('pull fetches once, models lists it, rm removes it', async () => {
  const content = randomModel({ seed: 3 });
  const hub = await startHub(content);
  const env = { ...options.env, HF_ENDPOINT: hub.endpoint };
  const run = (...words: string[]) => runVitrine(words, { ...options, env });
  try {
    const pulled = await run('pull', 'hf:owner/repo/Some-Model.gguf');
    assert.equal(pulled.code, 0, pulled.err);
    assert.match(pulled.out, /^some-model {2}\d.* {2}apache-2\.0 {2}sha256:[0-9a-f]{64}\n\/.*\n$/);
    const asked = hub.asked.length;
    assert.equal((await run('pull', 'some-model')).code, 0);
    assert.equal(hub.asked.length, asked, 'the second pull asks nobody');
    const answer = await run('run', 'some-model', 'x', '--max-tokens', '1', '--offline', '--json');
    assert.equal(JSON.parse(answer.out).model, 'some-model');
    assert.ok((await readFile(join(folder.path, 'data/models/some-model.gguf'))).equals(content));
    assert.equal((await run('rm', 'some-model')).code, 0);
    assert.deepEqual(await readdir(join(folder.path, 'data/models')), []);
  } finally {
    await hub.close();
  }
});

test('Ctrl-C during a pull says what is kept, and the next pull continues there', async () => {
  const content = randomModel({ seed: 4, width: 256 });
  const hub = await startHub(content);
  const half = content.length >> 1;
  hub.behaviour.stallsAfterBytes.push(half);
  const env = { ...options.env, HF_ENDPOINT: hub.endpoint };
  const words = ['pull', 'hf:owner/repo/half.gguf'];
  try {
    const started = new VitrineProcess(words, { ...options, env });
    await started.until(() => hub.byteRequests().length === 1, 'the download');
    const part = (names: string[]) => names.some((name) => name.endsWith('.part'));
    await started.until(({ err }) => err.includes('asking'), 'the program to say whom it asks');
    while (!part(await readdir(join(folder.path, 'data/models')).catch(() => []))) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    started.child.kill('SIGINT');
    const { code, err } = await started.ended;
    assert.equal(code, 130);
    assert.match(err, /pulling half was cancelled; .*kept/);
    const again = await runVitrine(words, { ...options, env });
    assert.equal(again.code, 0, again.err);
    assert.ok((await readFile(join(folder.path, 'data/models/half.gguf'))).equals(content));
  } finally {
    await hub.close();
  }
});

test('a reader that closes the pipe early is no error', async () => {
  const started = new VitrineProcess(['help', 'serve'], options);
  started.child.stdout?.destroy();
  const { code, err } = await started.ended;
  assert.equal(code, 0);
  assert.equal(err, '');
});

test('--chat-template takes the place of the one in the file', async () => {
  await writeFile(join(folder.path, 'short.jinja'), '{{ messages[0].content }}');
  const words = ['run', TINY, 'hello', '--max-tokens', '1', '--json', '--chat-template'];
  const own = await runVitrine(words.slice(0, -1), options);
  const given = await runVitrine([...words, 'short.jinja'], options);
  assert.equal(given.code, 0, given.err);
  const lengths = [own, given].map(({ out }) => JSON.parse(out).prompt_token_ids.length);
  assert.ok(lengths[1] < lengths[0], String(lengths));
  const missing = await runVitrine([...words, 'none.jinja'], options);
  assert.equal(missing.code === 0, false);
  assert.match(missing.err, /--chat-template none\.jinja: expected a file with a Jinja template/);
  assert.equal(missing.out, '');
});
