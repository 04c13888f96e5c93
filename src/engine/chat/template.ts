/**
 * Chat templates: messages -> prompt text, the way `apply_chat_template` of Hugging Face
 * transformers renders them (trim_blocks and lstrip_blocks; `messages`, `add_generation_prompt`,
 * `bos_token`, `eos_token`, `tools`, `documents`, none, `raise_exception`, `strftime_now`).
 *
 * A template comes out of the model file: its length, its ranges and the steps that it takes are
 * bounded (bounded-interpreter.ts), and the interpreter reaches no JavaScript object.
 *
 * Tools, calls and results go in as OpenAI's shapes, which templates are written for; a template
 * that has no place for them refuses them, but for Gemma's, which get them as text
 * (gemma-prompt.ts).
 *
 * Known differences: `trim` and `strip` use JavaScript's white space (U+FEFF is, U+0085 and U+001C
 * to U+001F are not), Python's are the other way round; a number 1.0 in arguments is written as 1.
 */
import { Environment, parse, tokenize } from '@huggingface/jinja';
import { messageOf, VitrineError } from '../../base/index.ts';
import { BoundedInterpreter, stepsFor } from './bounded-interpreter.ts';
import { checkMessages, checkTools } from './check-messages.ts';
import { unusedCharacter } from './marker.ts';
import { formatTime } from './strftime.ts';
import { messageVariables, toolVariables, unitsOf } from './template-variables.ts';
import { withToolsAsText } from './tool-calls/gemma-prompt.ts';
import type { ToolSyntax } from './tool-calls/index.ts';
import { toolSyntaxOf } from './tool-calls/index.ts';
import type { ChatErrorCode, ChatMessage, PromptOptions, ToolDefinition } from './types.ts';

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
  /** How the model writes tool calls; undefined: in none of the ways that the parser knows. */
  readonly toolSyntax: ToolSyntax | undefined;
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
  const toolSyntax = toolSyntaxOf(text);
  const prepare = toolPreparation(text, toolSyntax);
  return {
    origin: source !== undefined ? 'given' : isChatMl ? 'chatml' : 'plain',
    source: text,
    toolSyntax,
    render(messages, options = {}) {
      checkMessages(messages);
      checkTools(options.tools ?? []);
      const { addGenerationPrompt, continueFinal } = settle(messages, options);
      const run = (given: readonly ChatMessage[]) => {
        const { chat, tools } = prepare(given, options.tools ?? []);
        return runProgram(
          program,
          stepsFor({ messages: chat.length, units: unitsOf(chat, tools) }),
          {
            messages: messageVariables(chat),
            add_generation_prompt: addGenerationPrompt,
            bos_token: tokens.bosToken ?? '',
            eos_token: tokens.eosToken ?? '',
            tools: toolVariables(tools),
            documents: null,
            ...functions(options.nowMs),
          },
        );
      };
      return continueFinal ? renderOpen(messages, text, run) : run(messages);
    },
  };
}

interface Prepared {
  chat: readonly ChatMessage[];
  tools: readonly ToolDefinition[];
}

/** What a template without a place for tools makes of them: text for Gemma, else an error. */
function toolPreparation(
  source: string,
  syntax: ToolSyntax | undefined,
): (chat: readonly ChatMessage[], tools: readonly ToolDefinition[]) => Prepared {
  if (syntax?.name === 'gemma' && !/\btools\b/.test(source)) {
    return (chat, tools) => {
      const isUsed = tools.length > 0 || chat.some(({ toolCalls }) => toolCalls?.length);
      return isUsed ? { chat: withToolsAsText(chat, tools), tools: [] } : { chat, tools };
    };
  }
  return (chat, tools) => {
    const lacks = (name: string) => !new RegExp(`\\b${name}\\b`).test(source);
    if (tools.length > 0 && lacks('tools')) throw bad('it has no place for tools');
    if (chat.some(({ toolCalls }) => toolCalls?.length) && lacks('tool_calls')) {
      throw bad('it has no place for tool calls');
    }
    return { chat, tools };
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
  if (continueFinal && messages.at(-1)?.toolCalls?.length) {
    throw new VitrineError<ChatErrorCode>(
      'bad-request',
      "expected the results of the tool calls behind the assistant's message that made them; " +
        'got that message last, which cannot be continued.',
    );
  }
  return { addGenerationPrompt, continueFinal };
}

/**
 * The prompt up to the end of the last message, as `continue_final_message` of transformers cuts
 * it: a mark and a space are put behind the message; when the space is gone, the template has
 * trimmed the message, and white space before the mark goes as well.
 */
function renderOpen(
  messages: readonly ChatMessage[],
  template: string,
  run: (messages: readonly ChatMessage[]) => string,
): string {
  const last = messages[messages.length - 1];
  const marker = unusedCharacter([template, ...messages.map(({ content }) => content)]);
  const text = run([...messages.slice(0, -1), { ...last, content: `${last.content}${marker} ` }]);
  const end = text.lastIndexOf(marker);
  if (end < 0) throw bad('it leaves out the last message, which is to be continued');
  const open = text.slice(0, end).replaceAll(marker, '');
  return text[end + 1] === ' ' ? open : open.trimEnd();
}

function bad(problem: string, cause?: unknown): VitrineError<ChatErrorCode> {
  return new VitrineError('bad-template', `the chat template cannot be used: ${problem}.`, {
    cause,
  });
}
