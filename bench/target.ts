/**
 * An engine under measurement in a process of its own. It reads one JSON request a line from its
 * standard input and answers each with one JSON line on its standard output, so that several
 * engines can be measured in turns while the others sleep.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

/** How long a target may take to load or to answer, milliseconds. */
const ANSWER_MS_MAX = 10 * 60 * 1000;

export interface TargetOptions {
  /** Module to run with this Node. */
  module: URL;
  args: readonly string[];
}

/** What a target says when it is ready. */
export interface Ready {
  name: string;
  version: string;
  loadMs: number;
  /** Anything worth recording with the results. */
  details: Record<string, unknown>;
}

export class Target {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  readonly #waiting: ((line: string | undefined) => void)[] = [];
  readonly #errors: string[] = [];

  constructor({ module, args }: TargetOptions) {
    this.#child = spawn(process.execPath, [module.pathname, ...args], {
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const { stdout, stderr } = this.#child;
    if (stdout === null || stderr === null) throw new Error('the target has no pipes');
    stderr.setEncoding('utf8').on('data', (text: string) => this.#errors.push(text));
    this.#lines = createInterface({ input: stdout });
    this.#lines.on('line', (line) => {
      // What a library prints on its own is not an answer.
      if (line.startsWith('{')) this.#waiting.shift()?.(line);
    });
    this.#child.once('exit', () => {
      for (const settle of this.#waiting.splice(0)) settle(undefined);
    });
  }

  ready(): Promise<Ready> {
    return this.#answer();
  }

  /** Sends a request and waits for its answer. @throws Error with what the target printed */
  async ask<Answer>(request: Record<string, unknown>): Promise<Answer> {
    this.#child.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.#answer();
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 10_000);
    await gone;
    clearTimeout(timer);
  }

  async #answer<Answer>(): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const line = await new Promise<string | undefined>((resolve) => {
      if (this.#child.exitCode !== null) resolve(undefined);
      this.#waiting.push(resolve);
      timer = setTimeout(() => this.#child.kill('SIGKILL'), ANSWER_MS_MAX);
    });
    clearTimeout(timer);
    if (line === undefined) {
      throw new Error(`the target ended: ${this.#errors.join('').trim().slice(-2000)}`);
    }
    return JSON.parse(line) as Answer;
  }
}

/** The other side: answers each line of standard input, one after the other, until it ends. */
export async function serveTarget(
  ready: Ready,
  answer: (request: Record<string, unknown>) => Promise<unknown>,
): Promise<void> {
  const say = (value: unknown): void => {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  };
  say(ready);
  for await (const line of createInterface({ input: process.stdin })) {
    say(await answer(JSON.parse(line) as Record<string, unknown>));
  }
}
