/**
 * One GET that follows redirects (RFC 9110), for downloads: short connect timeout, bounded headers
 * and redirects, proxies from HTTP_PROXY, HTTPS_PROXY and NO_PROXY (Node's own agent reads them
 * from the environment that is passed in), and a bearer token that never leaves its own origin.
 * Does not read bodies, and does not judge the status.
 */
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { SourceFault } from './errors.ts';
import { isLoopback } from './refs.ts';

const REDIRECT_COUNT_MAX = 5;
const HEADER_BYTES_MAX = 16 * 1024;
const HEADER_COUNT_MAX = 100;
/** One address of several (IPv6 first, say); Node's own 250 ms is less than a far round trip. */
const ADDRESS_ATTEMPT_MS = 1_500;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Sent to this origin only, and no longer once a redirect has left it. */
  readonly bearer?: { readonly origin: string; readonly token: string };
  /** Besides loopback, the only origin that may be asked without TLS. */
  readonly plainOrigin?: string;
  readonly environment: Environment;
  readonly connectMs: number;
  /** From the connection to the headers. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

export interface GetAnswer {
  /** Paused; the caller reads or destroys it. */
  readonly response: IncomingMessage;
  /** Headers of every hop, the last one's included, in order, with the origin that sent them. */
  readonly hops: readonly {
    readonly origin: string;
    readonly headers: IncomingMessage['headers'];
  }[];
}

/** @throws SourceFault */
export async function get(start: URL, options: GetOptions): Promise<GetAnswer> {
  const hops: { origin: string; headers: IncomingMessage['headers'] }[] = [];
  let url = start;
  let bearer = options.bearer;
  for (let hop = 0; hop <= REDIRECT_COUNT_MAX; hop += 1) {
    checkPlain(url, options.plainOrigin);
    if (bearer !== undefined && url.origin !== bearer.origin) bearer = undefined;
    const headers: Record<string, string> = { ...options.headers };
    if (bearer !== undefined) headers.authorization = `Bearer ${bearer.token}`;
    const response = await request(url, headers, options);
    hops.push({ origin: url.origin, headers: response.headers });
    const location = redirectOf(response);
    if (location === undefined) return { response, hops };
    response.destroy();
    url = nextUrl(url, location);
  }
  throw new SourceFault(
    `${start.host} redirected more than ${REDIRECT_COUNT_MAX} times`,
    'check the URL',
  );
}

function redirectOf(response: IncomingMessage): string | undefined {
  const isRedirect = [301, 302, 303, 307, 308].includes(response.statusCode ?? 0);
  return isRedirect ? response.headers.location : undefined;
}

/** Where a redirect leads. @throws SourceFault when it leaves encryption or the web */
export function nextUrl(from: URL, location: string): URL {
  if (!URL.canParse(location, from.href)) {
    throw new SourceFault(`${from.host} redirected to no readable URL`, 'check the URL');
  }
  const to = new URL(location, from);
  const isWeb = to.protocol === 'https:' || to.protocol === 'http:';
  if (!isWeb || (from.protocol === 'https:' && to.protocol === 'http:')) {
    throw new SourceFault(
      `${from.host} redirected from ${from.protocol}// to ${to.protocol}//${to.host}`,
      'use a source that stays on https',
    );
  }
  to.username = '';
  to.password = '';
  return to;
}

function checkPlain(url: URL, plainOrigin: string | undefined): void {
  if (url.protocol === 'https:' || isLoopback(url.hostname) || url.origin === plainOrigin) return;
  throw new SourceFault(
    `${url.protocol}//${url.host} is not encrypted`,
    'use https (plain http is for this machine, or as HF_ENDPOINT)',
  );
}

function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
  options: GetOptions,
): Promise<IncomingMessage> {
  const secure = url.protocol === 'https:';
  const proxyEnv = proxyVariables(options.environment);
  const agent = secure ? new https.Agent({ proxyEnv }) : new http.Agent({ proxyEnv });
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const client = (secure ? https : http).request(url, {
    agent,
    headers: { 'user-agent': 'vitrine', accept: '*/*', 'accept-encoding': 'identity', ...headers },
    maxHeaderSize: HEADER_BYTES_MAX,
    signal: options.signal,
    autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_MS,
  } as https.RequestOptions);
  client.maxHeadersCount = HEADER_COUNT_MAX;

  const connectTime = seconds(options.connectMs);
  const connectLimit = `${url.host} did not accept a connection within ${connectTime}`;
  let timer = setTimeout(() => client.destroy(late(connectLimit)), options.connectMs);
  const connected = () => {
    clearTimeout(timer);
    const answerLimit = `${url.host} did not answer within ${seconds(options.answerMs)}`;
    timer = setTimeout(() => client.destroy(late(answerLimit)), options.answerMs);
  };
  client.on('socket', (socket) => {
    if (!socket.connecting && !secure) connected();
    else socket.once(secure ? 'secureConnect' : 'connect', connected);
  });
  client.on('response', (response) => {
    clearTimeout(timer);
    resolve(response);
  });
  client.on('error', (error) => {
    clearTimeout(timer);
    reject(error instanceof SourceFault ? error : connectionFault(url, error));
  });
  client.end();
  return promise;
}

/** What the agent reads; passed on alone, so that nothing else of the environment leaks into it. */
function proxyVariables(environment: Environment): NodeJS.ProcessEnv {
  const proxyEnv: NodeJS.ProcessEnv = {};
  for (const name of ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY']) {
    const value = environment[name.toLowerCase()] ?? environment[name];
    if (value !== undefined && value !== '') proxyEnv[name] = value;
  }
  return proxyEnv;
}

function late(message: string): SourceFault {
  return new SourceFault(message, 'check the network, or set HTTPS_PROXY', { transient: true });
}

const NETWORK_REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'the name does not resolve',
  EAI_AGAIN: 'the name does not resolve (no DNS answer)',
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  ETIMEDOUT: 'no connection in time',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no network',
  HPE_HEADER_OVERFLOW: `headers longer than ${HEADER_BYTES_MAX} bytes`,
};

/** Names host and cause, never headers or a URL's query. */
export function connectionFault(url: URL, error: unknown): SourceFault {
  const { code = '', message = '' } = error as NodeJS.ErrnoException;
  const isCertificate = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS/.test(code);
  const reason = NETWORK_REASONS[code] ?? (isCertificate ? `TLS: ${code}` : code || message);
  const remedy = isCertificate
    ? 'behind an intercepting proxy, set NODE_EXTRA_CA_CERTS to its certificate'
    : 'check the network, or set HTTPS_PROXY';
  return new SourceFault(`${url.host}: ${reason}`, remedy, { transient: true, cause: error });
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
