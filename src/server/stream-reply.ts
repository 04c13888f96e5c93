/** Streams the events of one generation in the format of either API. */
import type { FastifyReply } from 'fastify';
import type { GenerateEvent } from '../engine/index.ts';
import type { RequestError } from './error-table.ts';
import { EventStream } from './event-stream.ts';

/** What each API makes of events: whole server-sent events, or an empty text for none. */
export interface StreamFormat {
  /** Keeps the connection alive: an event or a comment. */
  readonly keepAlive: string;
  start(): string;
  event(event: GenerateEvent): string;
  error(error: RequestError): string;
}

export interface StreamTiming {
  /** Silence after which the stream says that it is alive, milliseconds. */
  readonly keepAliveMs: number;
  /**
   * For so long the stream waits for the prompt to be computed before it sends status 200, because
   * an error until then still gets a status of its own. Milliseconds.
   */
  readonly startDelayMs: number;
  /** For so long a client may read nothing of what is written, milliseconds. */
  readonly drainMs: number;
}

/** `onError` sees errors that come too late for a status. @throws those that do not */
export async function streamReply(
  reply: FastifyReply,
  events: AsyncGenerator<GenerateEvent, void, undefined>,
  format: StreamFormat,
  timing: StreamTiming,
  onError: (error: unknown) => RequestError,
): Promise<void> {
  const first = events.next();
  await settledWithin(first, timing.startDelayMs);
  const keepAlive = { text: format.keepAlive, everyMs: timing.keepAliveMs };
  const stream = new EventStream(reply, { keepAlive, drainMs: timing.drainMs });
  try {
    await stream.write(format.start());
    for (let step = await first; !step.done; step = await events.next()) {
      await stream.write(format.event(step.value));
    }
  } catch (error) {
    await stream.write(format.error(onError(error)));
  } finally {
    // Where the format threw, the generation still runs.
    await events.return();
    stream.end();
  }
}

/** Until the promise is fulfilled or the time is over. @throws what it is rejected with in time */
async function settledWithin(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  try {
    await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
