/**
 * Downloads over HTTP: the Hugging Face hub (HF_ENDPOINT, HF_TOKEN) and plain URLs. Streams into a
 * part file, retries cut connections, and resumes with Range and If-Range (RFC 9110 sections 13.1.5
 * and 14.2): a server whose file has changed sends it whole, and the download starts again.
 * Does not compare digests with the catalogue's beyond what the hub says in advance.
 */
import type { IncomingMessage } from 'node:http';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatBytes, isVitrineError } from '../base/index.ts';
import { SourceFault } from './errors.ts';
import { connectionFault, type GetAnswer, type GetOptions, get } from './http.ts';
import { hubRefusal, hubUrl, webRefusal } from './hub.ts';
import { PartFile, type PartIdentity } from './part-file.ts';
import type { HubRef, UrlRef } from './refs.ts';
import {
  type OpenFunction,
  type OpenSource,
  type Received,
  received,
  type SourceContext,
} from './source.ts';
import { checkSpace } from './space.ts';

/** Larger files belong behind another engine (DESIGN section 12). */
const FILE_BYTES_MAX = 64 * 2 ** 30;
/** A connection that brought this much counts as progress: the retries start again. */
const PROGRESS_BYTES_MIN = 1 << 20;

const CHANGED = 'the file has changed at its source; the download starts again';

interface Target {
  readonly url: URL;
  readonly bearer?: { readonly origin: string; readonly token: string };
  readonly plainOrigin?: string;
  readonly refusal: (response: IncomingMessage) => SourceFault;
}

export function hubSource(ref: HubRef): OpenFunction {
  return async (context) => {
    const { url, endpoint } = hubUrl(ref, context.environment.HF_ENDPOINT);
    const token = context.environment.HF_TOKEN || undefined;
    return openHttp(context, {
      url,
      plainOrigin: endpoint.origin,
      bearer: token === undefined ? undefined : { origin: endpoint.origin, token },
      refusal: (response) => hubRefusal(ref, response, token !== undefined),
    });
  };
}

export function urlSource(ref: UrlRef): OpenFunction {
  const url = new URL(ref.url);
  return (context) => openHttp(context, { url, refusal: (response) => webRefusal(url, response) });
}

async function openHttp(context: SourceContext, target: Target): Promise<OpenSource> {
  const part = new PartFile(context.partPath);
  await part.resume();
  try {
    const answer = part.isWhole ? undefined : await ask(context, target, part);
    return {
      receive: () => receive(context, target, part, answer),
      close: async () => {
        answer?.response.destroy();
        await part.suspend();
      },
    };
  } catch (error) {
    await part.suspend();
    throw error;
  }
}

/** One request for what is missing. The part is set back when the server has another file. */
async function ask(context: SourceContext, target: Target, part: PartFile): Promise<GetAnswer> {
  const etag = part.identity?.etag;
  if (part.bytes > 0 && etag === undefined) await part.restart(undefined);
  const range: Record<string, string> =
    part.bytes === 0 || etag === undefined
      ? {}
      : { range: `bytes=${part.bytes}-`, 'if-range': etag };
  const options: GetOptions = {
    headers: range,
    bearer: target.bearer,
    plainOrigin: target.plainOrigin,
    environment: context.environment,
    connectMs: context.patience.connectMs,
    answerMs: context.patience.stallMs,
    signal: context.signal,
  };
  const answer = await get(target.url, options);
  try {
    if (await accept(context, target, part, answer)) return answer;
  } catch (error) {
    answer.response.destroy();
    throw error;
  }
  answer.response.destroy();
  note(context, part.bytes, CHANGED);
  await part.restart(undefined);
  return ask(context, target, part);
}

/** False: the range is not in the file (any more), ask for all of it. */
async function accept(
  context: SourceContext,
  target: Target,
  part: PartFile,
  { response, hops }: GetAnswer,
): Promise<boolean> {
  const status = response.statusCode ?? 0;
  if (status === 416 && part.bytes > 0) return false;
  if (status !== 200 && (status !== 206 || part.bytes === 0)) throw target.refusal(response);
  refuseEncoding(target.url, response);
  const promised = linkedDigest(hops, target.bearer?.origin ?? target.url.origin);
  const identity = identityOf(target.url, response, part.bytes, promised);
  checkSize(context, identity.bytesTotal);
  refuseOtherDigest(context, promised);
  const bytesNeeded = identity.bytesTotal - (status === 206 ? part.bytes : 0);
  await checkSpace(dirname(part.path), bytesNeeded);
  if (status === 206 && isSameFile(part, identity)) return true;
  if (status === 206) return false;
  if (part.bytes > 0) note(context, part.bytes, CHANGED);
  await part.restart(identity);
  return true;
}

async function receive(
  context: SourceContext,
  target: Target,
  part: PartFile,
  first: GetAnswer | undefined,
): Promise<Received> {
  let answer = first;
  let retries = 0;
  let bytesBest = part.bytes;
  while (!part.isWhole) {
    try {
      answer ??= await ask(context, target, part);
      await readBody(context, target.url, part, answer.response);
    } catch (error) {
      answer?.response.destroy();
      if (part.bytes - bytesBest >= PROGRESS_BYTES_MIN) retries = 0;
      bytesBest = Math.max(bytesBest, part.bytes);
      await giveUpOrWait(context, part, error, retries);
      retries += 1;
    }
    answer = undefined;
  }
  return received(context, part, part.identity?.sha256);
}

async function giveUpOrWait(
  context: SourceContext,
  part: PartFile,
  error: unknown,
  retries: number,
): Promise<void> {
  if (isVitrineError(error, 'no-space')) await part.discard();
  const isTransient = error instanceof SourceFault && error.transient;
  if (!isTransient || retries >= context.patience.retryCountMax || context.signal.aborted) {
    await part.suspend();
    throw error;
  }
  note(context, part.bytes, `${error.message}; trying again`);
  try {
    await sleep(context.patience.retryMs * 2 ** retries, undefined, { signal: context.signal });
  } catch (aborted) {
    await part.suspend();
    throw aborted;
  }
}

/** Reads the body to its end, never past the length that was announced. */
async function readBody(
  context: SourceContext,
  url: URL,
  part: PartFile,
  response: IncomingMessage,
): Promise<void> {
  const bytesTotal = part.identity?.bytesTotal ?? 0;
  const stallMs = context.patience.stallMs;
  const stalled = new SourceFault(
    `${url.host} sent nothing for ${stallMs / 1000} s`,
    'check the network; the next pull resumes',
    { transient: true },
  );
  const timer = setTimeout(() => response.destroy(stalled), stallMs);
  try {
    for await (const chunk of response as AsyncIterable<Uint8Array>) {
      timer.refresh();
      if (part.bytes + chunk.length > bytesTotal) {
        throw new SourceFault(
          `${url.host} sends more than the ${bytesTotal} bytes that it announced`,
          'use another source',
        );
      }
      await part.append(chunk);
      const source = context.label;
      context.onProgress({ phase: 'download', source, bytesDone: part.bytes, bytesTotal });
    }
  } catch (error) {
    if (isVitrineError(error) || context.signal.aborted) throw error;
    throw connectionFault(url, error);
  } finally {
    clearTimeout(timer);
  }
  if (part.bytes < bytesTotal) {
    throw new SourceFault(
      `${url.host} ended after ${part.bytes} of ${bytesTotal} bytes`,
      'try again; the next pull resumes',
      { transient: true },
    );
  }
}

function isSameFile(part: PartFile, identity: PartIdentity): boolean {
  const had = part.identity;
  return had?.bytesTotal === identity.bytesTotal && had.etag === identity.etag;
}

function identityOf(
  url: URL,
  response: IncomingMessage,
  bytesHad: number,
  promised: string | undefined,
): PartIdentity {
  const etag = response.headers.etag;
  const strong = etag !== undefined && /^"[^"]*"$/.test(etag) ? etag : undefined;
  const bytesTotal =
    response.statusCode === 206
      ? rangeTotal(url, response, bytesHad)
      : Number(response.headers['content-length'] ?? Number.NaN);
  if (!Number.isSafeInteger(bytesTotal) || bytesTotal <= 0 || bytesTotal > FILE_BYTES_MAX) {
    throw new SourceFault(
      `${url.host} gives no usable length (${response.headers['content-length'] ?? 'none'}; ` +
        `at most ${formatBytes(FILE_BYTES_MAX)})`,
      'use another source',
    );
  }
  return { etag: strong, bytesTotal, sha256: promised };
}

/** Total of `content-range: bytes FIRST-LAST/TOTAL`; NaN unless it is what was asked for. */
function rangeTotal(url: URL, response: IncomingMessage, bytesHad: number): number {
  const [, first, last, total] =
    /^bytes (\d+)-(\d+)\/(\d+)$/.exec(response.headers['content-range'] ?? '') ?? [];
  if (Number(first) !== bytesHad || Number(last) !== Number(total) - 1) {
    throw new SourceFault(
      `${url.host} answered with another range than was asked for`,
      'use another source',
    );
  }
  return Number(total);
}

function refuseEncoding(url: URL, response: IncomingMessage): void {
  const encoding = response.headers['content-encoding'] ?? 'identity';
  if (encoding === 'identity') return;
  throw new SourceFault(`${url.host} sends the file as ${encoding}`, 'use another source');
}

function checkSize(context: SourceContext, bytesTotal: number): void {
  const { bytes } = context.expected;
  if (bytes === undefined || bytes === bytesTotal) return;
  throw new SourceFault(
    `has ${bytesTotal} bytes, expected ${bytes}: not the same file`,
    'use another source',
  );
}

function refuseOtherDigest(context: SourceContext, promised: string | undefined): void {
  const { sha256 } = context.expected;
  if (promised === undefined || sha256 === undefined || promised === sha256) return;
  throw new SourceFault(
    `has the SHA-256 ${promised}, expected ${sha256}: not the same file`,
    'use another source',
  );
}

/** The hub names the SHA-256 of a large file before it redirects to where the bytes are. */
function linkedDigest(hops: GetAnswer['hops'], origin: string): string | undefined {
  for (const hop of hops) {
    const linked = hop.headers['x-linked-etag'];
    if (hop.origin !== origin || typeof linked !== 'string') continue;
    const digest = linked.replace(/^"|"$/g, '');
    if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  }
  return undefined;
}

function note(context: SourceContext, bytesDone: number, text: string): void {
  const { label: source, expected } = context;
  context.onProgress({ phase: 'note', source, bytesDone, bytesTotal: expected.bytes, note: text });
}
