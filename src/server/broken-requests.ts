/**
 * Answers what the HTTP parser refuses. It never becomes a request: there is neither route nor key
 * yet. An answer is written only where the client must take it for the one to the broken bytes,
 * never into or before the answer of an earlier request on the same connection.
 */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

const ANSWERS: Readonly<Record<string, readonly [number, string]>> = {
  HPE_HEADER_OVERFLOW: [431, 'the headers are too large: expected at most 16 KB.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'the request did not arrive in time.'],
};
const OTHERWISE = [400, 'this is not an HTTP/1.1 request.'] as const;

export class BrokenRequests {
  /** Of each connection, those that had not ended when the latest one began. */
  readonly #exchanges = new WeakMap<object, Exchange[]>();

  /** To be told of every request. */
  began(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#exchanges.set(socket, [...this.#open(socket), { request, response }]);
  }

  /** Closes the connection, after an answer where there is a place for one. */
  answer(error: Error & { code?: string }, socket: Socket): void {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    if (!this.#hasPlace(socket) || !socket.writable) {
      socket.destroy();
      return;
    }
    const [status, message] = ANSWERS[error.code ?? ''] ?? OTHERWISE;
    const type = 'invalid_request_error';
    const body = JSON.stringify({ error: { message, type, param: null, code: null } });
    socket.write(
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\n` +
        `content-type: application/json; charset=utf-8\r\n` +
        `content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
    );
    socket.destroySoon();
  }

  /** No exchange is open, or only one whose own body is what broke, and that is unanswered. */
  #hasPlace(socket: Socket): boolean {
    const open = this.#open(socket);
    if (open.length === 0) return true;
    const [{ request, response }] = open;
    return open.length === 1 && !request.complete && !response.headersSent;
  }

  #open(socket: object): Exchange[] {
    const exchanges = this.#exchanges.get(socket) ?? [];
    return exchanges.filter(
      ({ request, response }) => !request.complete || !response.writableFinished,
    );
  }
}
