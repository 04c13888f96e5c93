/**
 * `vitrine chat MODEL`: a conversation in the terminal, kept in memory and nowhere else. Lines that
 * come through a pipe are turns too.
 */
import { createInterface, type Interface } from 'node:readline';
import { isVitrineError, messageOf } from '../../base/index.ts';
import type { ChatMessage, Engine } from '../../engine/index.ts';
import type { Command, Context } from '../command.ts';
import { EXIT_DONE } from '../errors.ts';
import { cutNote, GENERATION_FLAGS, type Generation, generationOf } from '../generation.ts';
import { ACCEPT_LICENCE, checkGivesText, findModel, loadModel } from '../open-model.ts';
import { ProgressDisplay } from '../progress.ts';
import { say } from '../terminal.ts';

const HELP = `/help   this text
/reset  forget the conversation
/exit   leave (Ctrl-D too)
Ctrl-C stops the answer; at the prompt it clears the line, and leaves when that is empty.
`;

export const chatCommand: Command = {
  name: 'chat',
  group: 'Serve',
  summary: 'Talk to a model in the terminal',
  description: 'The conversation is kept in memory only. In it: /help, /reset, /exit.',
  arguments: [
    {
      name: 'MODEL',
      meaning: 'A name (vitrine models), a path, or a reference; default: --model',
      isOptional: true,
    },
  ],
  flags: [...GENERATION_FLAGS, ACCEPT_LICENCE],
  settings: [
    'VITRINE_MODEL_PATH',
    'VITRINE_DATA_DIR',
    'VITRINE_THREADS',
    'VITRINE_CONTEXT',
    'VITRINE_CHAT_TEMPLATE',
    'VITRINE_KERNELS',
    'VITRINE_OFFLINE',
  ],
  examples: ['vitrine chat smollm2-135m', 'vitrine chat smollm2-135m --system "Answer in rhymes."'],
  async run(context) {
    const generation = generationOf(context.flags);
    const [given] = context.arguments;
    const reference = given ?? (context.settings.get('VITRINE_MODEL_PATH')?.value as string);
    const model = await findModel(context, reference, { isLoaded: true });
    const engine = await loadModel(context, model);
    try {
      checkGivesText(engine, model);
      await new Conversation(context, engine, generation, model.name).run();
      return context.stop.signal.aborted ? context.stop.exitCode() : EXIT_DONE;
    } finally {
      await engine.close();
    }
  },
};

class Conversation {
  readonly #context: Context;
  readonly #engine: Engine;
  readonly #generation: Generation;
  readonly #name: string;
  readonly #lines: Interface;
  #messages: ChatMessage[] = [];
  /** Of the answer that is being given. */
  #answering: AbortController | undefined;
  #turns = 0;

  constructor(context: Context, engine: Engine, generation: Generation, name: string) {
    this.#context = context;
    this.#engine = engine;
    this.#generation = generation;
    this.#name = name;
    const { isInputTty, isErrTty } = context.terminal;
    // The prompt is for people: it goes to standard error, and only to a terminal.
    this.#lines = createInterface({
      input: process.stdin,
      output: isErrTty ? process.stderr : undefined,
      terminal: isInputTty && isErrTty,
      prompt: isErrTty ? '> ' : '',
    });
    this.#reset();
  }

  async run(): Promise<void> {
    const { terminal, stop } = this.#context;
    const lines = this.#lines;
    say(terminal, `${this.#name}; /help says what else there is`);
    // On a terminal, readline takes Ctrl-C; elsewhere it comes as a signal.
    lines.on('SIGINT', () => this.#interrupt());
    // A pipe may have ended while its lines are still being answered.
    let isClosed = false;
    lines.once('close', () => {
      isClosed = true;
    });
    const onStop = () => lines.close();
    stop.signal.addEventListener('abort', onStop, { once: true });
    if (stop.signal.aborted) onStop();
    try {
      lines.prompt();
      for await (const line of lines) {
        if (!(await this.#take(line.trim()))) break;
        if (stop.signal.aborted) break;
        if (!isClosed) lines.prompt();
      }
    } finally {
      stop.signal.removeEventListener('abort', onStop);
      lines.close();
    }
  }

  #interrupt(): void {
    if (this.#answering !== undefined) this.#answering.abort();
    else if (this.#lines.line === '') this.#lines.close();
    else this.#clearLine();
  }

  /** What Ctrl-E and Ctrl-U do. */
  #clearLine(): void {
    this.#lines.write(null, { ctrl: true, name: 'e' });
    this.#lines.write(null, { ctrl: true, name: 'u' });
  }

  /** False: leave. */
  async #take(line: string): Promise<boolean> {
    const { terminal } = this.#context;
    if (line === '') return true;
    if (line === '/exit' || line === '/quit') return false;
    if (line === '/help') terminal.err(HELP);
    else if (line === '/reset') {
      this.#reset();
      say(terminal, 'the conversation is forgotten');
    } else if (/^\/\w+$/.test(line)) {
      say(terminal, `unknown: ${line}. There are /help, /reset and /exit.`);
    } else {
      await this.#answer(line);
    }
    return true;
  }

  #reset(): void {
    const { system } = this.#generation;
    this.#messages = system === undefined ? [] : [{ role: 'system', content: system }];
  }

  async #answer(line: string): Promise<void> {
    const { terminal, stop } = this.#context;
    const answering = new AbortController();
    this.#answering = answering;
    const messages: ChatMessage[] = [...this.#messages, { role: 'user', content: line }];
    let text = '';
    let note: string | undefined = 'stopped';
    const display = new ProgressDisplay(terminal);
    try {
      const promptTokens = this.#engine.encodeChat(messages, { nowMs: Date.now() });
      display.transient(`computing the prompt, ${promptTokens.length} tokens`);
      const events = this.#engine.generate(
        {
          promptTokens,
          maxTokens: this.#generation.maxTokens,
          sampling: { ...this.#generation.sampling, seed: this.#nextSeed() },
          stopSequences: [],
        },
        AbortSignal.any([answering.signal, stop.signal]),
      );
      for await (const event of events) {
        display.clear();
        if (event.type === 'prefill') continue;
        text += event.text;
        terminal.out(event.text);
        if (event.type === 'end') note = cutNote(event.reason, this.#generation.maxTokens);
      }
    } catch (error) {
      if (!isVitrineError(error)) throw error;
      const remedy = error.code === 'prompt-too-long' ? '; /reset starts anew' : '';
      display.clear();
      say(terminal, `${messageOf(error)}${remedy}`);
      return;
    } finally {
      display.clear();
      this.#answering = undefined;
    }
    terminal.out(text.endsWith('\n') ? '' : '\n');
    if (note !== undefined) say(terminal, note);
    // What was said stands, also when it was stopped in the middle: the reader has seen it.
    this.#messages = text === '' ? messages.slice(0, -1) : [...messages, assistant(text)];
  }

  /**
   * The seed asked for, then others that follow from it: no turn repeats the choices of another.
   */
  #nextSeed(): bigint {
    const { seed } = this.#generation.sampling;
    const next = BigInt.asUintN(64, seed + BigInt(this.#turns));
    this.#turns += 1;
    return next;
  }
}

function assistant(content: string): ChatMessage {
  return { role: 'assistant', content };
}
