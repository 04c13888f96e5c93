/** Events of a generation -> a chat completion of the OpenAI API, whole or as chunks. */
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatLogprob,
  FinishReasonOpenAi,
  OpenAiUsage,
} from '../api/index.ts';
import type { EngineInfo, GenerateEvent, Tokenizer } from '../engine/index.ts';
import { errorBody } from './error-reply.ts';
import type { RequestError } from './error-table.ts';
import { formatEvent } from './event-stream.ts';
import { isLength } from './generation-desk.ts';
import { newId } from './identifiers.ts';
import { LogprobCollector } from './logprob-collector.ts';
import type { StreamFormat } from './stream-reply.ts';

type EndEvent = Extract<GenerateEvent, { type: 'end' }>;
type Head = Pick<ChatCompletion, 'id' | 'created' | 'model' | 'system_fingerprint'>;

export interface CompletionOptions {
  readonly model: string;
  readonly info: EngineInfo;
  readonly requestId: string;
  /** Set when log-probabilities are asked for. */
  readonly logprobsOf?: Tokenizer;
  /** A last chunk with the usage. */
  readonly includeUsage: boolean;
}

/** The whole completion. */
export async function collectCompletion(
  events: AsyncIterable<GenerateEvent>,
  options: CompletionOptions,
): Promise<ChatCompletion> {
  const collector = collectorOf(options);
  const logprobs: ChatLogprob[] = [];
  let content = '';
  let cachedTokens = 0;
  let end: EndEvent | undefined;
  for await (const event of events) {
    if (event.type === 'prefill') {
      cachedTokens = event.cachedTokens;
      continue;
    }
    content += event.text;
    logprobs.push(...(collector?.take(event) ?? []));
    if (event.type === 'end') end = event;
  }
  if (end === undefined) throw new Error('the generation ended without an end event');
  return {
    ...headOf(options),
    object: 'chat.completion',
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content, refusal: null },
        logprobs: collector === undefined ? null : { content: logprobs, refusal: null },
        finish_reason: finishReason(end),
      },
    ],
    usage: usageOf(end, cachedTokens),
  };
}

function headOf({ model, info }: CompletionOptions): Head {
  return {
    id: newId('chatcmpl-'),
    created: Math.floor(Date.now() / 1000),
    model,
    system_fingerprint: `${info.numerics}+${info.model.digest.slice(0, 12)}`,
  };
}

function collectorOf({ logprobsOf }: CompletionOptions): LogprobCollector | undefined {
  return logprobsOf === undefined ? undefined : new LogprobCollector(logprobsOf);
}

function finishReason(end: EndEvent): FinishReasonOpenAi {
  return isLength(end.reason) ? 'length' : 'stop';
}

function usageOf(end: EndEvent, cachedTokens: number): OpenAiUsage {
  return {
    prompt_tokens: end.promptTokens,
    completion_tokens: end.outputTokens,
    total_tokens: end.promptTokens + end.outputTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

type Delta = ChatCompletionChunk['choices'][number]['delta'];

/** The chunks of a stream, `data: [DONE]` last. */
export class CompletionStream implements StreamFormat {
  /** A comment: chunks have no event that means nothing. */
  readonly keepAlive = ': keep-alive\n\n';
  readonly #options: CompletionOptions;
  readonly #head: Head;
  readonly #collector: LogprobCollector | undefined;
  #cachedTokens = 0;

  constructor(options: CompletionOptions) {
    this.#options = options;
    this.#head = headOf(options);
    this.#collector = collectorOf(options);
  }

  start(): string {
    return this.#chunk({ role: 'assistant', content: '', refusal: null });
  }

  event(event: GenerateEvent): string {
    if (event.type === 'prefill') {
      this.#cachedTokens = event.cachedTokens;
      return '';
    }
    const logprobs = this.#collector?.take(event) ?? [];
    const { text } = event;
    const isEmpty = text === '' && logprobs.length === 0;
    const delta = isEmpty ? '' : this.#chunk({ content: text }, logprobs);
    return event.type === 'end' ? delta + this.#end(event) : delta;
  }

  /** As in the API there is no [DONE] after an error: it would look like an end. */
  error(error: RequestError): string {
    return formatEvent(errorBody(error, 'openai', this.#options.requestId));
  }

  #end(event: EndEvent): string {
    const last = this.#chunk({}, [], finishReason(event));
    const usage = this.#options.includeUsage
      ? this.#format([], usageOf(event, this.#cachedTokens))
      : '';
    return `${last}${usage}data: [DONE]\n\n`;
  }

  #chunk(
    delta: Delta,
    logprobs: ChatLogprob[] = [],
    finish_reason: FinishReasonOpenAi | null = null,
  ): string {
    const shown = logprobs.length === 0 ? null : { content: logprobs, refusal: null };
    return this.#format([{ index: 0, delta, logprobs: shown, finish_reason }], null);
  }

  #format(choices: ChatCompletionChunk['choices'], usage: OpenAiUsage | null): string {
    const chunk: ChatCompletionChunk = {
      ...this.#head,
      object: 'chat.completion.chunk',
      choices,
      ...(this.#options.includeUsage ? { usage } : {}),
    };
    return formatEvent(chunk);
  }
}
