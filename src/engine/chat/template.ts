/**
 * Chat templates: messages -> prompt text, the way `apply_chat_template` of Hugging Face
 * transformers renders them (trim_blocks and lstrip_blocks; `messages`, `add_generation_prompt`,
 * `bos_token`, `eos_token`, `tools` and `documents`, both none, `raise_exception`, `strftime_now`).
 *
 * A template comes out of the model file: its length, its ranges and the steps that it takes are
 * bounded (bounded-interpreter.ts), and the interpreter reaches no JavaScript object.
 *
 * Does not do: tools. Known difference: `trim` and `strip` use JavaScript's white space (U+FEFF is,
 * U+0085 and U+001C to U+001F are not), Python's are the other way round.
 */
import { Environment, parse, tokenize } from '@huggingface/jinja';
import { messageOf, VitrineError } from '../../base/index.ts';
import { BoundedInterpreter, stepsFor } from './bounded-interpreter.ts';
import { unusedCharacter } from './marker.ts';
import { formatTime } from './strftime.ts';
import type { ChatErrorCode, ChatMessage, PromptOptions } from './types.ts';

/** UTF-16 units; the longest templates in use have about 25,000. */
const TEMPLATE_UNITS_MAX = 64 * 1024;
/** White space in one piece: the parser takes the square of it. None in use has 100. */
const BLANK_UNITS_MAX = 2000;
/** Items of one `range(...)`. */
const RANGE_MAX = 100_000;

/**
 * ChatML, for files without a template that have its tokens; it puts no words of its own before.
 */
export const CHATML_TEMPLATE =
  "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] " +
  "+ '<|im_end|>' + '\\n' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";

/** For files that have neither: a base model, which continues the text of the messages. */
export const PLAIN_TEMPLATE =
  "{% for message in messages %}{{ message['content'] }}" +
  "{% if not loop.last %}{{ '\\n\\n' }}{% endif %}{% endfor %}";

/** Whose template it is; `plain` and `chatml` stand in for one that the file does not have. */
export type TemplateOrigin = 'given' | 'chatml' | 'plain';

export interface ChatTemplate {
  /** @throws VitrineError bad-template, bad-request */
  render(messages: readonly ChatMessage[], options?: PromptOptions): string;
  readonly origin: TemplateOrigin;
  readonly source: string;
}

/**
 * @param source  `tokenizer.chat_template` of the file, or another; undefined: ChatML or plain text
 * @param tokens  texts of BOS and EOS, for templates that write them; of all control tokens, which
 *   decide between ChatML and plain text
 * @throws VitrineError bad-template
 */
export function createChatTemplate(
  source: string | undefined,
  tokens: { bosToken?: string; eosToken?: string; controlTexts?: readonly string[] } = {},
): ChatTemplate {
  const isChatMl = tokens.controlTexts?.includes('<|im_start|>') ?? true;
  const text = (source ?? (isChatMl ? CHATML_TEMPLATE : PLAIN_TEMPLATE)).toWellFormed();
  if (text.length > TEMPLATE_UNITS_MAX) {
    throw bad(`expected at most ${TEMPLATE_UNITS_MAX} characters, got ${text.length}`);
  }
  if (text.split(/\S+/).some((blank) => blank.length > BLANK_UNITS_MAX)) {
    throw bad(`expected at most ${BLANK_UNITS_MAX} characters of white space in one piece`);
  }
  const program = parseTemplate(text);
  return {
    origin: source !== undefined ? 'given' : isChatMl ? 'chatml' : 'plain',
    source: text,
    render(messages, options = {}) {
      checkMessages(messages);
      const { addGenerationPrompt, continueFinal } = settle(messages, options);
      const run = (chat: readonly ChatMessage[]) =>
        runProgram(program, stepsFor(chat), {
          messages: chat.map(({ role, content }) => ({ role, content: content.toWellFormed() })),
          add_generation_prompt: addGenerationPrompt,
          bos_token: tokens.bosToken ?? '',
          eos_token: tokens.eosToken ?? '',
          tools: null,
          documents: null,
          ...functions(options.nowMs),
        });
      return continueFinal ? renderOpen(messages, text, run) : run(messages);
    },
  };
}

function parseTemplate(text: string): unknown {
  try {
    return parse(tokenize(text, { lstrip_blocks: true, trim_blocks: true }));
  } catch (error) {
    throw bad(messageOf(error), error);
  }
}

function runProgram(
  program: unknown,
  stepsMax: number,
  variables: Record<string, unknown>,
): string {
  const environment = new Environment();
  const constants = { true: true, false: false, none: null, True: true, False: false, None: null };
  for (const [name, value] of Object.entries({ ...constants, ...variables })) {
    environment.set(name, value);
  }
  try {
    const interpreter = new BoundedInterpreter(environment, stepsMax);
    return String(interpreter.run(program).value);
  } catch (error) {
    if (error instanceof VitrineError) throw error;
    throw bad(messageOf(error), error);
  }
}

function functions(nowMs: number | undefined): Record<string, unknown> {
  return {
    raise_exception: (reason: unknown) => {
      throw new VitrineError<ChatErrorCode>(
        'bad-template',
        `the model's chat template refuses these messages: ${messageOf(reason)}`,
      );
    },
    strftime_now: (format: unknown) => {
      if (nowMs === undefined) throw new Error('it asks for the time, and none was given');
      const text = formatTime(String(format), nowMs);
      if (text === undefined) throw new Error(`it asks for the unknown time format "${format}"`);
      return text;
    },
    range: boundedRange,
  };
}

/** Python's range, as a list. */
function boundedRange(...args: number[]): number[] {
  const [start, stop, step] =
    args.length === 1 ? [0, args[0], 1] : [args[0], args[1], args[2] ?? 1];
  const count = Math.max(0, Math.ceil((stop - start) / step));
  if (!(count <= RANGE_MAX)) throw new Error(`range() of more than ${RANGE_MAX} items, or of none`);
  return Array.from({ length: count }, (_, i) => start + i * step);
}

function settle(
  messages: readonly ChatMessage[],
  options: PromptOptions,
): { addGenerationPrompt: boolean; continueFinal: boolean } {
  const ownTurnLast = messages.at(-1)?.role === 'assistant';
  const continueFinal =
    options.continueFinal ?? (ownTurnLast && options.addGenerationPrompt === undefined);
  const addGenerationPrompt = options.addGenerationPrompt ?? (!ownTurnLast && !continueFinal);
  if (continueFinal && (addGenerationPrompt || !ownTurnLast)) {
    const last = messages.at(-1)?.role ?? 'no message';
    throw new VitrineError<ChatErrorCode>(
      'bad-request',
      "expected the assistant's own message last, and no new turn, to continue it; " +
        `got ${last} last${addGenerationPrompt ? ' and a new turn' : ''}.`,
    );
  }
  return { addGenerationPrompt, continueFinal };
}

/**
 * The prompt up to the end of the last message. White space at its end stays if the template
 * leaves it there, as with `continue_final_message` of transformers.
 */
function renderOpen(
  messages: readonly ChatMessage[],
  template: string,
  run: (messages: readonly ChatMessage[]) => string,
): string {
  const last = messages[messages.length - 1];
  const marker = unusedCharacter([template, ...messages.map(({ content }) => content)]);
  const words = last.content.trimEnd();
  const spaces = last.content.slice(words.length);
  const marked = { role: last.role, content: words + marker + spaces };
  const text = run([...messages.slice(0, -1), marked]);
  const end = text.lastIndexOf(marker);
  if (end < 0) throw bad('it leaves out the last message, which is to be continued');
  const kept = text.startsWith(spaces, end + 1) ? spaces : '';
  return text.slice(0, end).replaceAll(marker, '') + kept;
}

/** @throws VitrineError bad-request for messages that callers' types should have excluded */
export function checkMessages(messages: readonly ChatMessage[]): void {
  for (const [index, { role, content }] of messages.entries()) {
    if (/^(system|user|assistant|tool)$/.test(role) && typeof content === 'string') continue;
    throw new VitrineError<ChatErrorCode>(
      'bad-request',
      `expected message ${index} to have a role of system, user, assistant or tool and a text, ` +
        `got the role ${JSON.stringify(role)}.`,
    );
  }
}

function bad(problem: string, cause?: unknown): VitrineError<ChatErrorCode> {
  return new VitrineError('bad-template', `the model's chat template cannot be used: ${problem}.`, {
    cause,
  });
}
