/** Events of a generation -> a message of the Anthropic API, whole or as a stream. */
import type {
  AnthropicMessage,
  AnthropicStreamEvent,
  AnthropicUsage,
  StopReason,
} from '../api/index.ts';
import type { FinishReason, GenerateEvent } from '../engine/index.ts';
import { errorBody } from './error-reply.ts';
import type { RequestError } from './error-table.ts';
import { formatEvent } from './event-stream.ts';
import { newId } from './identifiers.ts';
import type { StreamFormat } from './stream-reply.ts';

type EndEvent = Extract<GenerateEvent, { type: 'end' }>;

const STOP_REASONS: Readonly<Record<FinishReason, StopReason>> = {
  'end-turn': 'end_turn',
  'stop-sequence': 'stop_sequence',
  'max-tokens': 'max_tokens',
  'context-window': 'model_context_window_exceeded',
};

/** The whole message. */
export async function collectMessage(
  events: AsyncIterable<GenerateEvent>,
  model: string,
): Promise<AnthropicMessage> {
  let text = '';
  let cachedTokens = 0;
  let end: EndEvent | undefined;
  for await (const event of events) {
    if (event.type === 'prefill') cachedTokens = event.cachedTokens;
    else text += event.text;
    if (event.type === 'end') end = event;
  }
  if (end === undefined) throw new Error('the generation ended without an end event');
  return {
    ...emptyMessage(model),
    content: [{ type: 'text', text, citations: null }],
    stop_reason: STOP_REASONS[end.reason],
    stop_sequence: end.stopSequence ?? null,
    usage: usageOf(end.promptTokens, cachedTokens, end.outputTokens),
  };
}

function emptyMessage(model: string): Omit<AnthropicMessage, 'usage'> {
  return {
    id: newId('msg_'),
    type: 'message',
    role: 'assistant',
    model,
    content: [],
    stop_reason: null,
    stop_sequence: null,
  };
}

function usageOf(promptTokens: number, cachedTokens: number, outputTokens: number): AnthropicUsage {
  return {
    input_tokens: promptTokens - cachedTokens,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cachedTokens,
    output_tokens: outputTokens,
  };
}

/** The stream's events, in the API's order. */
export class MessageStream implements StreamFormat {
  readonly keepAlive = written({ type: 'ping' });
  readonly #model: string;
  readonly #promptTokens: number;
  readonly #requestId: string;
  #cachedTokens = 0;

  constructor(options: { model: string; promptTokens: number; requestId: string }) {
    this.#model = options.model;
    this.#promptTokens = options.promptTokens;
    this.#requestId = options.requestId;
  }

  start(): string {
    const usage = usageOf(this.#promptTokens, 0, 0);
    const message = { ...emptyMessage(this.#model), usage };
    const content_block = { type: 'text', text: '', citations: null } as const;
    return (
      written({ type: 'message_start', message }) +
      written({ type: 'content_block_start', index: 0, content_block }) +
      written({ type: 'ping' })
    );
  }

  event(event: GenerateEvent): string {
    if (event.type === 'prefill') {
      this.#cachedTokens = event.cachedTokens;
      return '';
    }
    const delta = textDelta(event.text);
    return event.type === 'end' ? delta + this.#end(event) : delta;
  }

  error(error: RequestError): string {
    return formatEvent(errorBody(error, 'anthropic', this.#requestId), 'error');
  }

  #end(event: EndEvent): string {
    const delta = {
      stop_reason: STOP_REASONS[event.reason],
      stop_sequence: event.stopSequence ?? null,
    };
    const usage = usageOf(event.promptTokens, this.#cachedTokens, event.outputTokens);
    return (
      written({ type: 'content_block_stop', index: 0 }) +
      written({ type: 'message_delta', delta, usage }) +
      written({ type: 'message_stop' })
    );
  }
}

function textDelta(text: string): string {
  if (text === '') return '';
  return written({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } });
}

function written(event: AnthropicStreamEvent): string {
  return formatEvent(event, event.type);
}
