/** The key on every route but the open ones, checked before a byte of the body is read. */
import type { FastifyRequest } from 'fastify';
import type { KeyVerifier } from '../access/index.ts';
import { RequestError } from './error-table.ts';

/** Patterns of routes that need no key. */
const OPEN_ROUTES: ReadonlySet<string> = new Set(['/', '/healthz', '/readyz']);

const KEY_HEADERS = ['x-api-key', 'authorization'];

/** @throws RequestError unauthenticated */
export function checkKey(request: FastifyRequest, keys: KeyVerifier): void {
  if (OPEN_ROUTES.has(request.routeOptions.url ?? '')) return;
  const presented = presentedKeys(request.headers);
  if (presented.some((key) => keys.verify(key))) return;
  const doubled = KEY_HEADERS.filter((name) => countOf(request.raw.rawHeaders, name) > 1);
  if (doubled.length > 0) {
    throw new RequestError(
      'unauthenticated',
      `the header ${doubled.join(' and the header ')} came more than once; send one key, once.`,
    );
  }
  throw new RequestError(
    'unauthenticated',
    presented.length === 0
      ? 'a key is required: send it as "x-api-key: KEY" or "Authorization: Bearer KEY".'
      : 'the key is not valid; the server printed the right one at its first start.',
  );
}

function presentedKeys(headers: FastifyRequest['headers']): string[] {
  const keys: string[] = [];
  const apiKey = headers['x-api-key'];
  if (typeof apiKey === 'string' && apiKey !== '') keys.push(apiKey);
  const bearer = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '');
  if (bearer !== null) keys.push(bearer[1]);
  return keys;
}

/** Node joins some doubled headers and drops others; the raw ones are names and values in turn. */
function countOf(rawHeaders: readonly string[], name: string): number {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length;
}
