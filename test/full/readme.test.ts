/** Every live block of the README, as it stands, against the model that it names. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { blockFor, readmeBlocks } from '../readme-blocks.ts';
import { CHECKOUT } from '../vitrine-process.ts';
import { CACHE, type RealServer, startRealServer } from './real-server.ts';

const OPENAI_FOR_PYTHON = '3.57.0';

const blocks = await readmeBlocks();
let server: RealServer;

before(async () => {
  server = await startRealServer();
});
after(() => server.stop());

/** What the command prints. */
function outputOf(command: string, args: readonly string[]): string {
  const env = { ...process.env, VITRINE_API_KEY: server.key };
  const options = { cwd: CHECKOUT, encoding: 'utf8', env } as const;
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  assert.equal(status, 0, `${command} ${args[0]}: ${error ?? stderr}`);
  return stdout;
}

/** A Python with OpenAI's client, made once. */
function python(): string {
  const folder = join(CACHE, `python-openai-${OPENAI_FOR_PYTHON}`);
  const binary = join(folder, 'bin', 'python');
  const mark = join(folder, 'installed');
  if (!existsSync(mark)) {
    outputOf('python3', ['-m', 'venv', '--clear', folder]);
    outputOf(binary, ['-m', 'pip', 'install', '--quiet', `openai==${OPENAI_FOR_PYTHON}`]);
    outputOf(binary, ['-c', `open(${JSON.stringify(mark)}, 'w')`]);
  }
  return binary;
}

test('curl gets an answer that names Paris', () => {
  const answer = JSON.parse(outputOf('sh', ['-c', blockFor(blocks, 'sh', server.url)]));
  assert.match(answer.content[0].text, /Paris/);
  assert.equal(answer.model, 'smollm2-135m');
});

test("TypeScript with Anthropic's client gets the same answer as a stream", () => {
  const code = blockFor(blocks, 'ts', server.url);
  const args = ['--input-type=module-typescript', '--eval', code];
  const answer = JSON.parse(outputOf('sh', ['-c', blockFor(blocks, 'sh', server.url)]));
  assert.equal(outputOf(process.execPath, args), answer.content[0].text);
});

test("Python with OpenAI's client gets the same answer", () => {
  const answer = JSON.parse(outputOf('sh', ['-c', blockFor(blocks, 'sh', server.url)]));
  const text = outputOf(python(), ['-c', blockFor(blocks, 'python', server.url)]);
  assert.equal(text.trimEnd(), answer.content[0].text);
});
