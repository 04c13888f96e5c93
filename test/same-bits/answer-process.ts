/**
 * A process of its own that computes one request: `node answer-process.ts`, the task on standard
 * input, hashes as JSON on standard output. What was computed before a restart is compared
 * with it.
 */
import { spawn } from 'node:child_process';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { deserialize, serialize } from 'node:v8';
import type { GenerateRequest } from '../../src/engine/index.ts';
import { answerOf, hashLogits, type Measured, type Setup, withEngine } from './answers.ts';

export interface Task {
  modelPath: string;
  setup: Setup;
  request: GenerateRequest;
  /** Tokens whose logits are hashed. */
  text: readonly number[];
}

/** What a new process gives. */
export async function measureInProcess(task: Task): Promise<Measured> {
  // A test runner inside a test runner would report to the outer one.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    ...{ env, stdio: ['pipe', 'pipe', 'inherit'] },
  });
  // Not JSON: seeds are bigints, biases a map.
  child.stdin.end(serialize(task));
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const output = await text(child.stdout);
  const code = await ended;
  if (code !== 0) throw new Error(`the process ended with ${code}`);
  return JSON.parse(output);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const task = deserialize(await buffer(process.stdin)) as Task;
  const measured = await withEngine(task.modelPath, task.setup, async (engine) => {
    const { hash, tokens } = await answerOf(engine, task.request);
    return { hash, tokens, logits: await hashLogits(engine, task.text) };
  });
  console.log(JSON.stringify(measured));
}
