/** The key on every route but the open ones, checked before a byte of the body is read. */
import type { FastifyRequest } from 'fastify';
import type { KeyVerifier } from '../access/index.ts';
import { RequestError } from './error-table.ts';

/** Patterns of routes that need no key. */
const OPEN_ROUTES: ReadonlySet<string> = new Set(['/', '/healthz', '/readyz']);

/** @throws RequestError unauthenticated */
export function checkKey(request: FastifyRequest, keys: KeyVerifier): void {
  if (OPEN_ROUTES.has(request.routeOptions.url ?? '')) return;
  const presented = presentedKeys(request.headers);
  if (presented.some((key) => keys.verify(key))) return;
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
