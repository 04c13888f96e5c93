/** `vitrine run MODEL PROMPT`: one answer, streamed, or as JSON with everything to repeat it. */
import { addAbortSignal } from 'node:stream';
import type { ChatMessage, Engine, FinishReason } from '../../engine/index.ts';
import type { LocalModel } from '../../weights/index.ts';
import type { Command, Context } from '../command.ts';
import { cliError, EXIT_DONE } from '../errors.ts';
import { isSet, listFlag } from '../flags.ts';
import { cutNote, GENERATION_FLAGS, type Generation, generationOf } from '../generation.ts';
import { ACCEPT_LICENCE, checkGivesText, findModel, loadModel } from '../open-model.ts';
import { ProgressDisplay } from '../progress.ts';
import { say } from '../terminal.ts';

/** A prompt longer than this fits no context; reading stops there, bytes. */
const INPUT_BYTES_MAX = 32 * 1024 * 1024;

export const runCommand: Command = {
  name: 'run',
  group: 'Serve',
  summary: 'Answer one prompt and exit',
  description:
    'The answer goes to standard output as it comes, everything else to standard error. A model ' +
    'that is not on disk is pulled first. The prompt - is read from standard input.\n\n' +
    '--json prints one object on one line instead: text, token ids, seed, finish reason, usage, ' +
    "the file's SHA-256 and the numerics version. It is equal for equal input on every machine.",
  arguments: [
    { name: 'MODEL', meaning: 'A name (vitrine models), a path, or a reference as for pull' },
    { name: 'PROMPT', meaning: 'What to say to it; -: standard input' },
  ],
  flags: [
    ...GENERATION_FLAGS,
    {
      ...{ name: 'stop', type: 'text', value: 'TEXT', isRepeated: true },
      meaning: 'End the answer before this text',
    },
    { name: 'json', type: 'switch', meaning: 'Print one JSON object' },
    ACCEPT_LICENCE,
  ],
  settings: [
    'VITRINE_DATA_DIR',
    'VITRINE_THREADS',
    'VITRINE_CONTEXT',
    'VITRINE_CHAT_TEMPLATE',
    'VITRINE_KERNELS',
    'VITRINE_OFFLINE',
  ],
  examples: [
    'vitrine run smollm2-135m "What is the capital of France?" --temperature 0',
    'vitrine run ./model.gguf - --max-tokens 64 --seed 1 --json < prompt.txt',
  ],
  async run(context) {
    const generation = generationOf(context.flags);
    const [reference, words] = context.arguments;
    const prompt = words === '-' ? await readInput(context.stop.signal) : words;
    if (prompt.trim() === '') throw emptyPrompt(words === '-' ? ' on standard input' : '');
    const model = await findModel(context, reference, { isLoaded: true });
    const engine = await loadModel(context, model);
    try {
      checkGivesText(engine, model);
      return await answer(context, { engine, model, prompt, generation });
    } finally {
      await engine.close();
    }
  },
};

interface Work {
  engine: Engine;
  model: LocalModel;
  prompt: string;
  generation: Generation;
}

async function answer(context: Context, work: Work): Promise<number> {
  const { terminal, flags, stop } = context;
  const { engine, generation } = work;
  const isJson = isSet(flags, 'json');
  const messages: ChatMessage[] = [{ role: 'user', content: work.prompt }];
  if (generation.system !== undefined) {
    messages.unshift({ role: 'system', content: generation.system });
  }
  const promptTokens = engine.encodeChat(messages, { nowMs: Date.now() });
  const { maxTokens, sampling } = generation;
  const stopSequences = listFlag(flags, 'stop');
  const request = { promptTokens, maxTokens, sampling, stopSequences };
  const outputTokens: number[] = [];
  let text = '';
  const display = new ProgressDisplay(terminal);
  display.transient(`computing the prompt, ${promptTokens.length} tokens`);
  for await (const event of engine.generate(request, stop.signal)) {
    display.clear();
    if (event.type === 'prefill') continue;
    if (event.type === 'token') outputTokens.push(event.tokenId);
    text += event.text;
    if (!isJson && event.text !== '') terminal.out(event.text);
    if (event.type !== 'end') continue;
    if (isJson) {
      const outcome = { text, promptTokens, outputTokens, reason: event.reason };
      terminal.out(`${JSON.stringify(jsonOf(work, outcome, event.stopSequence))}\n`);
      return EXIT_DONE;
    }
    terminal.out(text.endsWith('\n') ? '' : '\n');
    const cut = cutNote(event.reason, maxTokens);
    if (cut !== undefined) say(terminal, cut);
    const speed = event.decodeMs > 0 ? (1000 * (event.outputTokens - 1)) / event.decodeMs : 0;
    const pace = speed > 0 ? `, ${speed.toFixed(1)} tokens/s` : '';
    const counts = `${event.promptTokens} tokens in, ${event.outputTokens} out${pace}`;
    say(terminal, terminal.errStyle('dim', `${counts}, seed ${sampling.seed}`));
    return EXIT_DONE;
  }
  display.clear();
  if (!isJson && text !== '') terminal.out('\n');
  say(terminal, 'stopped before the end of the answer');
  return stop.exitCode();
}

interface Outcome {
  text: string;
  promptTokens: readonly number[];
  outputTokens: readonly number[];
  reason: FinishReason;
}

function jsonOf({ engine, model, generation }: Work, outcome: Outcome, stopSequence?: string) {
  const { temperature, topK, topP, minP, seed } = generation.sampling;
  return {
    model: model.name,
    digest: `sha256:${engine.info.model.digest}`,
    numerics: engine.info.numerics,
    text: outcome.text,
    finish_reason: outcome.reason,
    stop_sequence: stopSequence ?? null,
    // 64 bits: a JSON number would lose some.
    seed: String(seed),
    sampling: { temperature, top_k: topK, top_p: topP, min_p: minP },
    usage: {
      input_tokens: outcome.promptTokens.length,
      output_tokens: outcome.outputTokens.length,
    },
    prompt_token_ids: outcome.promptTokens,
    token_ids: outcome.outputTokens,
  };
}

async function readInput(signal: AbortSignal): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of addAbortSignal(signal, process.stdin)) {
      bytes += (chunk as Uint8Array).length;
      if (bytes > INPUT_BYTES_MAX) break;
      chunks.push(chunk as Uint8Array);
    }
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  }
  if (bytes > INPUT_BYTES_MAX) {
    throw cliError('failed', 'the prompt on standard input is longer than 32 MB.');
  }
  return Buffer.concat(chunks).toString('utf8');
}

function emptyPrompt(where: string): Error {
  return cliError('missing-argument', `the prompt${where} is empty: expected a text to answer.`);
}
