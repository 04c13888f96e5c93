/**
 * A real HTTP server that answers like the Hugging Face hub: /owner/repo/resolve/rev/file redirects
 * to a second server on another port, where the bytes are, with ranges and ETags. Tests change how
 * it behaves while it runs, and read what it was asked.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Behaviour {
  content: Uint8Array;
  /** `x-linked-etag`; null sends none. Default: the content's SHA-256. */
  linkedDigest?: string | null;
  /** Answer of the hub instead of the redirect. */
  hubStatus?: number;
  /** Where the hub redirects to, instead of its own second server. */
  redirectTo?: string;
  /** The hub answers nothing at all. */
  isSilent?: boolean;
  extraHeaders?: Record<string, string>;
  /**
   * The second server: bytes after which each of the next answers is cut (one taken per answer).
   */
  cutsAfterBytes: number[];
  /** Bytes after which each of the next answers falls silent. */
  stallsAfterBytes: number[];
  /** `content-length` that is not true; null: chunked, without one. */
  announcedBytes?: number | null;
  noEtag?: boolean;
  /** If-Range is not honoured. */
  ignoresIfRange?: boolean;
}

export interface Asked {
  readonly server: 'hub' | 'bytes';
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
}

export interface HubServer {
  readonly endpoint: string;
  readonly behaviour: Behaviour;
  readonly asked: Asked[];
  /** Those that reached the second server. */
  byteRequests(): Asked[];
  close(): Promise<void>;
}

export async function startHub(content: Uint8Array): Promise<HubServer> {
  const behaviour: Behaviour = { content, cutsAfterBytes: [], stallsAfterBytes: [] };
  const asked: Asked[] = [];
  const bytes = createServer((request, response) => {
    asked.push({ server: 'bytes', url: request.url ?? '', headers: request.headers });
    answerBytes(behaviour, request, response);
  });
  const hub = createServer((request, response) => {
    asked.push({ server: 'hub', url: request.url ?? '', headers: request.headers });
    answerHub(behaviour, response, `http://127.0.0.1:${portOf(bytes)}/blob?signature=abc`);
  });
  await Promise.all([listen(bytes), listen(hub)]);
  return {
    endpoint: `http://127.0.0.1:${portOf(hub)}`,
    behaviour,
    asked,
    byteRequests: () => asked.filter(({ server }) => server === 'bytes'),
    close: async () => {
      await Promise.all([hub, bytes].map(stop));
    },
  };
}

export function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Bytes that do not compress and repeat nowhere, the same for the same seed. */
export function noise(byteCount: number, seed: string): Uint8Array {
  const blocks: Buffer[] = [];
  for (let index = 0; index * 64 < byteCount; index += 1) {
    blocks.push(createHash('sha512').update(`${seed} ${index}`).digest());
  }
  return Buffer.concat(blocks).subarray(0, byteCount);
}

function answerHub(behaviour: Behaviour, response: ServerResponse, bytesUrl: string): void {
  if (behaviour.isSilent === true) return;
  const headers: Record<string, string> = { ...behaviour.extraHeaders };
  const linked = behaviour.linkedDigest;
  if (linked !== null) headers['x-linked-etag'] = `"${linked ?? sha256(behaviour.content)}"`;
  if (behaviour.hubStatus === undefined) headers.location = behaviour.redirectTo ?? bytesUrl;
  response.writeHead(behaviour.hubStatus ?? 302, headers).end();
}

function answerBytes(
  behaviour: Behaviour,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { content } = behaviour;
  const etag = `"${sha256(content).slice(0, 32)}"`;
  const first = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? -1);
  const isFresh = behaviour.ignoresIfRange === true || request.headers['if-range'] === etag;
  if (first >= content.length && isFresh) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const isPartial = first >= 0 && isFresh;
  const body = content.subarray(isPartial ? first : 0);
  const headers: Record<string, string | number> = {};
  if (behaviour.announcedBytes !== null) {
    headers['content-length'] = behaviour.announcedBytes ?? body.length;
  }
  if (behaviour.noEtag !== true) headers.etag = etag;
  if (isPartial) {
    headers['content-range'] = `bytes ${first}-${content.length - 1}/${content.length}`;
  }
  response.writeHead(isPartial ? 206 : 200, headers);
  sendBody(behaviour, response, body);
}

function sendBody(behaviour: Behaviour, response: ServerResponse, body: Uint8Array): void {
  const cut = behaviour.cutsAfterBytes.shift();
  const stall = behaviour.stallsAfterBytes.shift();
  if (cut !== undefined) {
    response.write(body.subarray(0, cut), () => response.destroy());
  } else if (stall !== undefined) {
    response.write(body.subarray(0, stall));
  } else {
    response.end(body);
  }
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
}

function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(() => resolve()));
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
